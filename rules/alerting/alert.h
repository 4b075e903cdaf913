// Alerts of one rule, and the step that takes them from one evaluation to the next.
//
// An alert begins pending and fires once its expression has held for the rule's `for`; a firing
// alert whose expression no longer holds is resolved, kept for a while so that everybody can be
// told, and forgotten. That is Prometheus' machine. Two things are added:
//  - after a restart, the window is empty and samples are missing because nothing was read yet.
//    Alerts that were restored are held as they were until their data is there (see `Inputs`);
//  - what happens if a sample is missing because its target is down is configurable (`NoData`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"

namespace hitwatch::alerting {

// kInactive: resolved.
enum class AlertState : std::uint8_t { kInactive, kPending, kFiring };
std::string_view state_text(AlertState state);  // "inactive", "pending", "firing"

struct Alert {
  AlertState state = AlertState::kPending;
  metrics::Labels labels;  // all of them, `alertname` included
  metrics::Labels annotations;
  double value = 0;
  std::int64_t active_at = 0;  // since when the expression holds
  std::optional<std::int64_t> fired_at;
  std::optional<std::int64_t> keep_firing_since;
  std::optional<std::int64_t> resolved_at;
  bool no_data = false;  // raised by NoData::kAlert beside an alert that is kept
  // Of the evaluation that took it to its state, in hexadecimal; "" where nobody traces.
  std::string trace_id;
  // After a restart, until an evaluation has shown what became of it: the time up to which the
  // alert had been followed when the daemon ended.
  std::optional<std::int64_t> followed_until;
};

// By label_key of the alert's labels.
using AlertTable = std::map<std::string, Alert>;

// What becomes of a firing alert whose sample is missing because its target is down.
enum class NoData : std::uint8_t {
  kKeep,     // goes on firing, with its last value; keep_firing_for does not run meanwhile
  kResolve,  // is resolved, as Prometheus does
  kAlert     // goes on firing, and there is an alert `NoData` beside it: the labels of the alert it
             // stands for, whose name is in `rulename`
};

// Why a sample may be missing: what is known of the data that an alert with these labels is made
// of. Usually that of the target which its `instance` names; of all targets if it names none.
enum class Inputs : std::uint8_t {
  kSeen,        // there is data: the expression does not hold
  kNotYetSeen,  // the target was not asked since the daemon began
  kTargetDown   // the target was asked and did not answer
};
using InputsOf = std::function<Inputs(const metrics::Labels& labels)>;

// One element of the expression's result, with the alert's final labels.
struct ActiveSample {
  metrics::Labels labels;
  metrics::Labels annotations;
  double value = 0;
};

struct StepRule {
  std::string_view name;
  std::int64_t hold = 0;  // `for`
  std::int64_t keep_firing_for = 0;
  std::size_t limit = 0;  // 0: none
  NoData no_data = NoData::kKeep;
  std::int64_t interval = 0;  // between two evaluations
  // A restored alert is held without its sample until so long after the first evaluation of its
  // rule: for `settle` in any case, because ranges are not filled before (0 for a rule that reads
  // none), and for `grace` at most, if its inputs are not seen.
  std::int64_t settle = 0;
  std::int64_t grace = 300'000;
};

// A change of state. Alerts that are forgotten after they were resolved are none.
struct Transition {
  AlertState from = AlertState::kInactive;
  AlertState to = AlertState::kInactive;
  std::int64_t time = 0;
  std::string reason;  // a clause without a full stop: "the expression has held for 5m"
  Alert alert;         // as it is after the change
};

struct Sample {
  metrics::Labels labels;
  std::int64_t time = 0;
  double value = 0;
};

// What a step made of the alerts.
struct Step {
  AlertTable alerts;
  std::vector<Sample> samples;          // ALERTS and ALERTS_FOR_STATE at `sample_time`
  std::vector<Transition> transitions;  // in the order of the alerts' keys
  std::vector<std::string> changed;     // keys of alerts that are to be stored anew
  std::vector<std::string> removed;     // keys of those that are no more
  std::string error;                    // the limit was exceeded: all alerts are gone
};

// How long a resolved alert is remembered, and its resolution repeated.
constexpr std::int64_t kResolvedRetention = 15 * 60 * 1000;

// Labels of `active` must differ from each other (see candidates.h). `first` is the time of the
// rule's first evaluation since the daemon began; `sample_time` is that of the samples: `time` less
// the group's query offset. Without `inputs` everything counts as seen. Pure.
Step step(const StepRule& rule, AlertTable alerts, const std::vector<ActiveSample>& active,
          std::int64_t time, std::int64_t sample_time, std::int64_t first, const InputsOf& inputs);

// All alerts of a rule that is no more: each pending or firing one ends, with this reason.
std::vector<Transition> end_all(const AlertTable& alerts, std::int64_t time,
                                std::string_view reason);

}  // namespace hitwatch::alerting
