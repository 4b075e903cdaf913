// What one source of targets adds to the log and to the events: so many a minute. Who lies, or an
// installation that goes to and fro, would else fill the disk, and push out of the events what is
// looked for there.
//
// Each kind of event and each text of a line has a budget of its own, so that a flood of one hides
// none of the others. What goes beyond it is counted, and told as "… and N more" by the first call
// after the minute; with no other call, by turn().
//
// All calls are on one thread; `happened` is called from within them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "agent/log/log.h"
#include "collectors/topology/event.h"

namespace hitwatch::topology {

class Telling {
 public:
  using Clock = std::chrono::steady_clock;
  using Fields = std::initializer_list<log::Field>;

  static constexpr std::chrono::minutes kPeriod{1};
  static constexpr std::size_t kMostEvents = 200;  // of a kind
  static constexpr std::size_t kMostLines = 60;    // of a text

  // `source`: "sentinel:10.0.0.1:26379". `log` must outlive this.
  Telling(log::Log& log, std::string source, std::function<void(Event)> happened);

  void event(Event event, Clock::time_point now = Clock::now());
  void info(std::string_view text, Fields fields, Clock::time_point now = Clock::now());
  void warn(std::string_view text, Fields fields, Clock::time_point now = Clock::now());
  // If the minute is over, tells what was left out.
  void turn(Clock::time_point now = Clock::now());

  const std::string& source() const { return source_; }
  // What went beyond the budget, since the beginning.
  std::uint64_t untold_events() const { return untold_events_; }
  std::uint64_t untold_lines() const { return untold_lines_; }

 private:
  struct Events {
    std::size_t told = 0;
    std::uint64_t untold = 0;
    std::string group;  // of all those that are untold; "" if they have not the same
  };
  struct Lines {
    std::size_t told = 0;
    std::uint64_t untold = 0;
  };

  bool may_log(std::string_view text, Clock::time_point now);
  void tell_rest();

  log::Log& log_;
  const std::string source_;
  const std::function<void(Event)> happened_;
  Clock::time_point began_{};                          // the minute
  std::map<std::string, Events, std::less<>> events_;  // by kind
  std::map<std::string, Lines, std::less<>> lines_;    // by text
  std::uint64_t untold_events_ = 0;
  std::uint64_t untold_lines_ = 0;
};

}  // namespace hitwatch::topology
