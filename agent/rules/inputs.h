// What is known of the data that an alert is made of: whether its target was seen, and whether it
// is up. Of the rules' thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "agent/targets.h"
#include "rules/alerting/alert.h"

namespace hitwatch::rules {

class Inputs {
 public:
  // The targets there are now; what is known of those that stay is kept.
  void watch(const WatchedTargets& targets);
  struct News {
    bool state = false;  // a target that was known before went down, came up or has another role
    bool down = false;   // `down_since` says something else now
  };
  News note(const std::string& target, bool up, const std::string& role, std::int64_t time);

  // Of the targets that are down: when they last answered, or were first asked, in milliseconds
  // since 1970. If all are, "" is among them, with the time since which nothing has come.
  std::map<std::string, std::int64_t> down_since() const;

  // By the label `instance`; without one, by all targets.
  alerting::Inputs of(const metrics::Labels& labels) const;

 private:
  struct State {
    bool seen = false;
    bool up = false;
    std::int64_t since = 0;  // when it last answered, or was first asked
    std::string role;
  };
  static alerting::Inputs of(const State& state);
  std::map<std::string, State> targets_;
};

}  // namespace hitwatch::rules
