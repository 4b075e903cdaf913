#include "agent/cli/keys_session.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/cli/keys_cost.h"
#include "agent/cli/keys_redaction.h"
#include "agent/cli/terminal_output.h"
#include "agent/cli/terminal_text.h"
#include "agent/keyspace_json.h"

namespace hitwatch::cli {
namespace {

using keyspace::Report;

// Whether the server said anything at all. It may hold no keys.
bool knows_something(const Report& report) {
  return report.complete || report.keys > 0 || report.sampled > 0 || !report.role.empty();
}

bool can_be_cleared(int descriptor) {
  const char* name = std::getenv("TERM");
  const std::string_view terminal = name == nullptr ? "" : name;
  return isatty(descriptor) == 1 && !terminal.empty() && terminal != "dumb";
}

}  // namespace

KeysSession::KeysSession(boost::asio::io_context& context, KeysPlan plan, KeysConsole console,
                         StartSurvey start_survey)
    : context_(context),
      plan_(std::move(plan)),
      console_(console),
      start_survey_(std::move(start_survey)),
      signals_(context, SIGINT, SIGTERM),
      timer_(context),
      input_(context),
      progress_(console.messages, plan_.survey.full) {}

int KeysSession::run() {
  wait_for_signal();
  start_round();
  context_.run();
  return code_;
}

void KeysSession::start_round() {
  survey_ = start_survey_(
      plan_.survey,
      {.begin = [this](const Report& report) { return may_begin(report); },
       .progress =
           [this](const keyspace::Progress& progress) {
             if (!interrupted_) progress_.show(progress, ProgressLine::Clock::now());
           },
       .done = [this](const std::shared_ptr<const Report>& report) { on_done(*report); }});
}

bool KeysSession::may_begin(const Report& report) {
  if (!plan_.survey.full || plan_.permitted || report.keys <= plan_.many_keys) return true;
  cost_ = cost_text(report, plan_.survey.budget);
  return false;
}

void KeysSession::on_done(const Report& report) {
  // It has just called this: it may not go before it has returned.
  boost::asio::post(context_, [survey = std::exchange(survey_, nullptr)] {});
  progress_.clear();
  if (!cost_.empty() && !interrupted_) return ask_permission();
  if (!knows_something(report)) return report_failure(report);
  print(report);
}

void KeysSession::report_failure(const Report& report) {
  for (const std::string& note : report.notes) say(printable(note));
  if (report.notes.empty() && !interrupted_) say("nothing could be read from the server");
  if (interrupted_) return end(kInterrupted);
  if (!has_reported_) return end(1);
  next_round_or_end();  // it was there before: perhaps it comes back
}

void KeysSession::print(const Report& report) {
  if (!write_all(console_.output, shown(report))) {
    say(fmt::format("cannot write the report: {}", std::strerror(errno)));
    return end(1);
  }
  has_reported_ = true;
  if (interrupted_) return end(kInterrupted);
  const bool saw_nothing = report.keys > 0 && report.sampled == 0;
  if (saw_nothing) say("no key could be looked at");
  if (!report.complete && !saw_nothing) say("the report is partial");
  code_ = report.complete && !saw_nothing ? 0 : 1;
  next_round_or_end();
}

std::string KeysSession::shown(const Report& report) const {
  // Nobody said that what these types are read from is no secret.
  const bool redacted = plan_.view.by_first_segment && !plan_.view.show_keys;
  return text_of(redacted ? redact_types(report) : report);
}

std::string KeysSession::text_of(const Report& report) const {
  if (plan_.json) {
    const auto json = keyspace_json(report, {.show_keys = plan_.view.show_keys});
    return json.dump(plan_.watch ? -1 : 2) + "\n";
  }
  KeysView view = plan_.view;
  view.databases = plan_.survey.databases;
  view.interrupted = interrupted_;
  view.columns = terminal_columns(console_.output);
  std::string text = keys_report(report, view);
  if (!plan_.watch) return text;
  if (can_be_cleared(console_.output)) return "\x1b[H\x1b[2J" + text;
  return has_reported_ ? "\n" + text : text;
}

void KeysSession::next_round_or_end() {
  if (!plan_.watch) return end(code_);
  timer_.expires_after(*plan_.watch);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_round();
  });
}

void KeysSession::ask_permission() {
  write_all(console_.messages, std::exchange(cost_, ""));
  if (isatty(console_.input) != 1 || isatty(console_.messages) != 1) {
    say("not done without a yes: add --yes to scan all the same");
    return end(1);
  }
  write_all(console_.messages, "Scan all keys? [y/N] ");
  // A copy, since closing it must not close the console's.
  const int copy = dup(console_.input);
  boost::system::error_code failed;
  input_.assign(copy, failed);
  if (failed) {
    say(fmt::format("cannot read an answer: {}", failed.message()));
    return end(1);
  }
  read_answer();
}

void KeysSession::read_answer() {
  constexpr std::size_t kLongestLine = 4096;
  boost::asio::async_read_until(input_, boost::asio::dynamic_buffer(input_text_, kLongestLine),
                                '\n', [this](const boost::system::error_code& error, std::size_t) {
                                  if (error == boost::asio::error::operation_aborted) return;
                                  on_answer(input_text_);  // "" at the end of the input
                                });
}

void KeysSession::on_answer(const std::string& line) {
  input_.close();
  if (!line.starts_with('y') && !line.starts_with('Y')) {
    say("not done");
    return end(1);
  }
  plan_.permitted = true;
  start_round();
}

void KeysSession::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) on_signal();
  });
}

void KeysSession::on_signal() {
  progress_.clear();
  if (!survey_ || interrupted_) return end(kInterrupted);
  interrupted_ = true;
  wait_for_signal();
  survey_->finish_now();
}

void KeysSession::end(int code) {
  code_ = code;
  if (const auto survey = std::exchange(survey_, nullptr)) survey->cancel();
  context_.stop();
}

void KeysSession::say(std::string_view text) {
  write_all(console_.messages, fmt::format("hitwatch keys: {}\n", text));
}

}  // namespace hitwatch::cli
