// `hitwatch keys` from its first question to the server until it ends: rounds, progress, questions
// to the user, signals, reports.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/cli/keys_progress.h"
#include "agent/cli/keys_report.h"
#include "collectors/keyspace/survey.h"

namespace hitwatch::cli {

struct KeysPlan {
  keyspace::SurveyOptions survey;
  KeysView view;  // `databases`, `columns` and `interrupted` are the session's to say
  bool json = false;
  bool permitted = false;                          // a full scan of many keys, without asking
  std::optional<std::chrono::milliseconds> watch;  // between rounds; nothing: one round
  std::uint64_t many_keys = 1'000'000;             // more than these are asked about
};

// Descriptors: standard input, output and error, if not in tests.
struct KeysConsole {
  int input;
  int output;    // reports
  int messages;  // everything else
};

// Survey::start() with all that stays the same from round to round.
using StartSurvey = std::function<std::shared_ptr<keyspace::Survey>(keyspace::SurveyOptions,
                                                                    keyspace::Survey::Callbacks)>;

class KeysSession {
 public:
  // Surveys run on `context`, which this runs. What is given must outlive it.
  KeysSession(boost::asio::io_context& context, KeysPlan plan, KeysConsole console,
              StartSurvey start_survey);

  // Returns when all is said. The exit code: 0; 1 if nothing could be read, the report is partial
  // or the user did not want it; 130 if ended by SIGINT or SIGTERM, of which the first has the
  // survey end with what is known so far and the second ends at once.
  int run();

 private:
  static constexpr int kInterrupted = 130;

  void start_round();
  bool may_begin(const keyspace::Report& report);
  void on_done(const keyspace::Report& report);
  void report_failure(const keyspace::Report& report);
  void print(const keyspace::Report& report);
  std::string shown(const keyspace::Report& report) const;
  std::string text_of(const keyspace::Report& report) const;
  void next_round_or_end();

  void ask_permission();
  void read_answer();
  void on_answer(const std::string& line);

  void wait_for_signal();
  void on_signal();
  void end(int code);
  void say(std::string_view text);

  boost::asio::io_context& context_;
  KeysPlan plan_;
  const KeysConsole console_;
  const StartSurvey start_survey_;

  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  boost::asio::posix::stream_descriptor input_;
  std::string input_text_;
  ProgressLine progress_;
  std::shared_ptr<keyspace::Survey> survey_;  // while one is under way
  std::string cost_;                          // of the scan that waits for permission
  bool interrupted_ = false;
  bool has_reported_ = false;
  int code_ = 0;
};

}  // namespace hitwatch::cli
