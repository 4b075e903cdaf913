// What the daemon says of its rules, as metric families. Immutable once published.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/rules/state_keeper.h"
#include "rules/alerting/group.h"
#include "rules/window/window.h"

namespace hitwatch::rules {

// Of one group. Names of files and groups are label values, so both are bounded by the bounds of
// rule files.
struct GroupFigures {
  std::string name;            // "FILE;GROUP", as Prometheus names them in its rule_group label
  double interval = 0;         // seconds
  double last_duration = 0;    // seconds
  double last_evaluation = 0;  // seconds since the Unix epoch; 0: none yet
  std::size_t rules = 0;
  std::uint64_t evaluations = 0;  // of rules
  std::uint64_t failures = 0;
  std::uint64_t missed = 0;  // slots
};

// How many alerts are pending or firing: all of them, and by name and severity.
class AlertFigures {
 public:
  // Severities may be made of labels, so their number has a bound; further ones are `overflow`.
  static constexpr std::size_t kMostNamed = 1000;
  using Key = std::tuple<std::string, std::string, alerting::AlertState>;  // name, severity

  void add(const alerting::Alert& alert);  // of any state; others than these do not count
  std::size_t of(alerting::AlertState state) const;
  const std::map<Key, std::size_t>& named() const { return named_; }

 private:
  std::map<Key, std::size_t> named_;
};

struct Figures {
  std::vector<GroupFigures> groups;
  AlertFigures alerts;
  std::size_t rules_never_matched = 0;
  window::Window::Figures window;
  std::uint64_t samples = 0;  // taken in
  std::uint64_t samples_refused = 0;
  StateKeeper::Figures states;
};

GroupFigures figures_of(const alerting::Group& group, std::uint64_t missed);

std::vector<prometheus::MetricFamily> rule_metrics(const Figures& figures);
// Of all of these.
std::vector<metrics::Description> rule_descriptions();

}  // namespace hitwatch::rules
