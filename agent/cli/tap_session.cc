#include "agent/cli/tap_session.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/cli/tap_layout.h"
#include "agent/cli/tap_suggestion.h"
#include "agent/cli/tap_text.h"
#include "agent/cli/terminal_output.h"
#include "agent/cli/terminal_screen.h"
#include "agent/tap_json.h"

namespace hitwatch::cli {
namespace {

using std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds kRefresh{1};
constexpr std::size_t kRecentReports = 6;  // the table shows what happened since the oldest

class TapSession {
 public:
  TapSession(const TapPlan& plan, const TerminalSignals& signals,
             const std::function<tap::Report()>& report)
      : plan_(plan), signals_(signals), report_(report) {}

  int run() {
    if (plan_.output == TapOutput::kText && !plan_.once && TerminalScreen::is_possible()) {
      const char* const no_colour = std::getenv("NO_COLOR");
      screen_ = TerminalScreen::open(no_colour == nullptr || *no_colour == '\0');
    }
    while (!has_ended()) {
      if (screen_ != nullptr) show();
      wait();
      while (const int signal = signals_.next()) obey(signal);
      while (screen_ != nullptr && !ended_) {
        const auto key = screen_->next_key();
        if (!key) break;
        ended_ = key->kind == Key::Kind::kCharacter && key->text == "q";
      }
    }
    screen_.reset();
    return print_tap(plan_, report_(), seconds());
  }

 private:
  double seconds() const { return Seconds(steady_clock::now() - started_).count(); }
  bool has_ended() const {
    return ended_ || (plan_.duration && steady_clock::now() - started_ >= *plan_.duration);
  }

  void show() {
    const auto now = steady_clock::now();
    if (recent_.empty() || now - recent_.back().first >= kRefresh) {
      recent_.emplace_back(now, report_());
      if (recent_.size() > kRecentReports) recent_.pop_front();
    }
    const auto& [since, oldest] = recent_.front();
    const auto& [until, latest] = recent_.back();
    const auto rows = recent_.size() < 2
                          ? rows_in_all(latest, seconds())
                          : rows_between(oldest, latest, Seconds(until - since).count(), seconds());
    screen_->draw(lay_out_tap(
        {.report = latest, .rows = rows, .subject = plan_.subject, .seconds = seconds()},
        screen_->size()));
  }

  void wait() {
    std::array<pollfd, 2> sources = {
        {{signals_.descriptor(), POLLIN, 0}, {screen_ != nullptr ? STDIN_FILENO : -1, POLLIN, 0}}};
    std::chrono::milliseconds most = kRefresh;
    if (plan_.duration) {
      const auto left = started_ + *plan_.duration - steady_clock::now();
      most = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left),
                        std::chrono::milliseconds(0), most);
    }
    poll(sources.data(), sources.size(), static_cast<int>(most.count()));
    if ((sources[1].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) ended_ = true;
  }

  void obey(int signal) {
    if (screen_ != nullptr && follow_signal(*screen_, signal)) return;
    if (screen_ == nullptr && signal == SIGTSTP) return TerminalSignals::stop_here();
    const bool is_of_a_screen = signal == SIGWINCH || signal == SIGCONT;
    if (!is_of_a_screen) ended_ = true;
  }

  const TapPlan& plan_;
  const TerminalSignals& signals_;
  const std::function<tap::Report()>& report_;
  steady_clock::time_point started_ = steady_clock::now();
  std::unique_ptr<TerminalScreen> screen_;
  std::deque<std::pair<steady_clock::time_point, tap::Report>> recent_;
  bool ended_ = false;
};

std::string text_of(const TapPlan& plan, const tap::Report& report, double seconds) {
  switch (plan.output) {
    case TapOutput::kJson:
      return tap_json(report, {.show_keys = true}).dump() + '\n';
    case TapOutput::kSuggestion:
      return suggested_keys(report);
    case TapOutput::kText:
      break;
  }
  return tap_report(report, plan.subject, seconds, plan.limit, terminal_columns(STDOUT_FILENO));
}

// What the section cannot say of itself, beside it. Whether there are keys to make it of.
bool tell_doubts(const tap::Report& report) {
  const bool has_keys = !report.rows.empty();
  std::string text = has_keys ? "" : "hitwatch tap: no commands with keys were seen\n";
  text += tap_reasons(report, terminal_columns(STDERR_FILENO));
  write_all(STDERR_FILENO, text);
  return has_keys;
}

}  // namespace

int watch_tap(const TapPlan& plan, const TerminalSignals& signals,
              const std::function<tap::Report()>& report) {
  return TapSession(plan, signals, report).run();
}

int print_tap(const TapPlan& plan, const tap::Report& report, double seconds) {
  const bool has_suggested = plan.output != TapOutput::kSuggestion || tell_doubts(report);
  if (!write_all(STDOUT_FILENO, text_of(plan, report, seconds))) {
    fmt::print(stderr, "hitwatch tap: cannot write the report\n");
    return 1;
  }
  return has_suggested ? 0 : 1;
}

double seconds_of(const tap::Report& report) {
  constexpr double kNanosecondsPerSecond = 1e9;
  return static_cast<double>(report.last - report.first) / kNanosecondsPerSecond;
}

}  // namespace hitwatch::cli
