// What a server answered that it would answer again: settings, and that there are no latency
// events.
//
// A server that counts its subcommands, as Redis does since 7, tells by INFO commandstats how often
// CONFIG SET was called. That it counts so is seen by our own CONFIG GET. Its settings stand until
// that count moves or the counts begin anew (CONFIG RESETSTAT), for a minute at most: a service may
// have a way of its own to change them. That they begin anew is seen by calls of INFO, which are
// more in each INFO than in the one before, and by the time that CONFIG RESETSTAT took, which is
// told of its last call alone. A server that monitors no latencies, and has no latency events, has
// none as long as its settings stand.
//
// Within a poll: INFO is followed, what was asked is kept, and settle() says what the next poll
// need not ask unless its INFO tells otherwise. Belongs to a connection, and to the server behind
// it: whoever sees that it is another one forgets what the former answered.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hitwatch::redis {

// Calls and time of one command, from INFO commandstats.
struct CommandTotals {
  double calls = 0;
  double usec = 0;
  bool operator==(const CommandTotals&) const = default;
};

class CommandTable;

class StandingAnswers {
 public:
  using Time = std::chrono::system_clock::time_point;
  using Settings = std::vector<std::pair<std::string, std::string>>;  // names and values
  // What is asked for, of the options: settings that were asked for otherwise do not stand.
  struct Question {
    std::string command;  // for CONFIG
    bool all = false;     // settings
    bool dump_file = false;
    bool operator==(const Question&) const = default;
  };
  static constexpr std::chrono::minutes kLongest{1};
  // The setting that is 0 where no latencies are monitored.
  static constexpr std::string_view kMonitorThreshold = "latency-monitor-threshold";

  // Whether the plan of this poll does without.
  bool has_settings(const Question& question) const { return settings_of_ == question; }
  bool has_any_settings() const { return settings_of_.has_value(); }
  bool has_no_latency_events() const { return has_no_latency_events_; }

  // INFO has these counts of commands. False: nothing stands any more, and it is forgotten.
  bool follow(const CommandTable& counts, const Question& question, Time now);
  // The answer to CONFIG GET, after an INFO with these counts.
  void keep(Settings settings, Question question, const CommandTable& counts, Time now);
  // LATENCY LATEST was answered after INFO.
  void keep_latency_events(bool none) { no_latency_events_ = none; }
  // Nothing stands any more. What the plan of this poll does without stays as it is.
  void forget();
  // The poll ends.
  void settle();

  // To be called where they stand.
  const Settings& settings() const { return kept_->settings; }

 private:
  struct Kept {
    Settings settings;
    Question question;
    double sets = 0;  // calls of CONFIG SET and GET in the INFO before
    double gets = 0;
    CommandTotals resets;  // of CONFIG RESETSTAT
    double infos = 0;      // calls of INFO in the last one
    Time asked;
  };

  std::optional<Kept> kept_;
  bool counted_ = false;  // the server counts CONFIG GET
  bool no_latency_events_ = false;
  // From settle() to settle().
  std::optional<Question> settings_of_;
  bool has_no_latency_events_ = false;
};

}  // namespace hitwatch::redis
