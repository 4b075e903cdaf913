// An alerting rule with one alert that is taken from evaluation to evaluation, every 15 seconds
// from 0.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rules/alerting/alert.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;

inline ActiveSample sample(std::string instance, double value = 1,
                           metrics::Labels annotations = {}) {
  return {
      {{"alertname", "Down"}, {"instance", std::move(instance)}}, std::move(annotations), value};
}

inline std::string key_of(const std::string& instance) {
  return label_key(sample(instance).labels);
}

class Steps {
 public:
  StepRule rule{.name = "Down", .interval = 15 * kSecond};
  InputsOf inputs;
  AlertTable alerts;
  std::int64_t first = 0;

  Step at(std::int64_t time, const std::vector<ActiveSample>& active) {
    Step done = step(rule, std::move(alerts), active, time, time, first, inputs);
    alerts = done.alerts;
    return done;
  }

  const Alert* alert(const std::string& instance = "a") const {
    const auto found = alerts.find(key_of(instance));
    return found == alerts.end() ? nullptr : &found->second;
  }
  // "none" if there is no such alert.
  std::string state(const std::string& instance = "a") const {
    return alert(instance) == nullptr ? "none" : std::string(state_text(alert(instance)->state));
  }
};

// "inactive->pending: the expression holds", one text for each.
inline std::vector<std::string> texts(const std::vector<Transition>& transitions) {
  std::vector<std::string> all;
  for (const Transition& transition : transitions) {
    all.push_back(std::string(state_text(transition.from)) + "->" +
                  std::string(state_text(transition.to)) + ": " + transition.reason);
  }
  return all;
}

}  // namespace hitwatch::alerting
