// When to evaluate because targets went down, came up or changed their role, and which.
//
// The first change is answered at once, that is, after kGather, in which others that happened at
// the same moment come in. Targets of one network go down together: what changes within kDistance
// of such an evaluation is collected into one more. Holds no clock and starts no timer.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace hitwatch::rules {

class Reactions {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kGather{10};
  static constexpr std::chrono::milliseconds kDistance{200};

  // A target has changed. When to evaluate; nothing if that was answered for an earlier change.
  std::optional<Clock::time_point> note(std::string target, Clock::time_point now);
  // An evaluation begins: the targets that changed since the one before.
  std::set<std::string> take();
  // It has ended.
  void evaluated(Clock::time_point now) { evaluated_ = now; }

 private:
  std::set<std::string> changed_;
  std::optional<Clock::time_point> evaluated_;
};

}  // namespace hitwatch::rules
