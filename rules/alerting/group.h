// A group at work: its rules are evaluated one after the other, each sees what those before it
// recorded, and all of them with the same time.
//
// Prometheus' semantics (rules/group.go in its sources is the specification nobody wrote down):
//  - an error of one rule does not keep the others from being evaluated. The rule keeps its alerts
//    as they are, and its series get no stale markers;
//  - a series that a rule returned the last time and does not return now ends with a stale marker;
//  - with a query offset, queries and the samples made are that much earlier; alerts use the time
//    itself.
// No clock, no I/O: everything comes in through `Surroundings`. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/alerting/alert.h"
#include "rules/alerting/expand.h"
#include "rules/alerting/returned_series.h"
#include "rules/alerting/rule.h"
#include "rules/promql/engine.h"

namespace hitwatch::alerting {

using QueryFunc = std::function<std::expected<promql::Result, promql::EvalError>(
    const promql::Expr& expr, std::string_view text, std::int64_t time)>;
// Stores samples; a reason if some could not be.
using AppendFunc = std::function<std::expected<void, std::string>(std::span<const Sample>)>;
// Seconds from any fixed moment, only to measure with.
using StopwatchFunc = std::function<double()>;

struct Surroundings {
  QueryFunc query;
  AppendFunc append;
  StopwatchFunc stopwatch;
  ExpandFunc expand;  // none: texts are taken as they are
  InputsOf inputs;    // none: everything counts as seen
  NoData no_data = NoData::kKeep;
  std::string trace_id = {};  // of this evaluation, for Alert::trace_id; "" for none
};

// What one evaluation of a rule did, for people who ask.
struct RuleEvaluation {
  std::int64_t time = 0;
  double seconds = 0;
  std::size_t series_read = 0;
  std::size_t samples_read = 0;
  std::size_t results = 0;  // elements of the expression's result
  std::string error;
  struct Change {
    metrics::Labels labels;
    AlertState from;
    AlertState to;
    std::string reason;
  };
  std::vector<Change> changes;  // at most kMostChanges
  std::size_t more_changes = 0;
};

// A rule and what became of it so far.
struct RuleStatus {
  static constexpr std::size_t kHistory = 20;
  static constexpr std::size_t kMostChanges = 20;
  enum class Health : std::uint8_t { kUnknown, kOk, kError };

  std::string identity;
  Health health = Health::kUnknown;
  std::string last_error;
  std::vector<std::string> warnings;             // annotations of the last result
  std::optional<std::int64_t> first_evaluation;  // since the daemon began
  std::optional<std::int64_t> last_evaluation;
  double last_seconds = 0;
  bool ever_matched = false;  // it has read at least one series
  std::uint64_t evaluations = 0;
  std::uint64_t failures = 0;
  std::deque<RuleEvaluation> history;  // the newest at the back
  AlertTable alerts;                   // of an alerting rule
  ReturnedSeries series;
};

// What must be stored and told of an evaluation, in this order (journal.h).
struct StoredChange {
  std::string rule;            // identity
  std::string key;             // in the table
  std::optional<Alert> alert;  // none: it is no more
};
struct RuleTransition {
  std::string rule;       // identity
  std::string rule_name;  // of `alert`
  std::string expr;
  Transition transition;
};
struct Outcome {
  std::vector<StoredChange> changes;
  std::vector<RuleTransition> transitions;
  // The time of this evaluation, if alerts are pending: how far they came is worth storing.
  std::optional<std::int64_t> followed_until;
  std::string group;  // its identity
};

class Group {
 public:
  struct Options {
    std::int64_t interval = 60'000;  // where the file gives none
    std::int64_t lookback = 300'000;
    std::int64_t subquery_step = 60'000;
    std::size_t max_results = 100'000;  // of one rule, whatever the file says
    bool operator==(const Options&) const = default;
  };

  Group(GroupSpec spec, const Options& options);

  const GroupSpec& spec() const { return spec_; }
  std::int64_t interval() const { return interval_; }
  const std::string& identity() const { return identity_; }  // file and name
  // In the order of spec().rules.
  const std::vector<RuleStatus>& rules() const { return status_; }
  std::optional<std::int64_t> last_evaluation() const { return last_evaluation_; }
  double last_seconds() const { return last_seconds_; }

  // Evaluates all rules with this time: that of a schedule, each later than the one before.
  Outcome evaluate(std::int64_t time, const Surroundings& surroundings);

  // Gives alerts that outlived the daemon back to a rule. `followed_until`: how long they had been
  // followed.
  void restore(std::size_t rule, AlertTable alerts, std::int64_t followed_until);
  // Takes over what `old` knows of the same rules (same name and labels, the i-th of several from
  // the i-th); `old` keeps what is left. Series of rules that are no more get their stale marker at
  // the next evaluation.
  void take_over(Group& old);
  // Whether a group made of this would be the same.
  bool same(const GroupSpec& spec, const Options& options) const;
  // The series that the rules returned the last time; they no longer count as theirs.
  std::vector<metrics::Labels> take_series();

 private:
  void evaluate_rule(std::size_t index, std::int64_t time, const Surroundings& surroundings,
                     Outcome& outcome);
  // The labels of the series that the rule returned before and does not return now.
  using Ended = std::expected<std::vector<metrics::Labels>, std::string>;
  Ended run(std::size_t index, std::int64_t time, const Surroundings& surroundings,
            RuleEvaluation& record, Outcome& outcome);
  Ended record_result(std::size_t index, std::int64_t time, const promql::Result& result);
  std::expected<std::vector<Sample>, std::string> step_alerts(std::size_t index, std::int64_t time,
                                                              const Surroundings& surroundings,
                                                              const promql::Result& result,
                                                              RuleEvaluation& record,
                                                              Outcome& outcome);
  std::expected<void, std::string> store(std::size_t index, std::vector<metrics::Labels> ended,
                                         std::int64_t sample_time,
                                         const Surroundings& surroundings);
  void end_left_series(std::int64_t sample_time, const Surroundings& surroundings);
  bool has_pending() const;
  std::int64_t sample_time(std::int64_t time) const {
    return time - spec_.query_offset.value_or(0);
  }

  GroupSpec spec_;
  Options options_;
  std::int64_t interval_;
  std::string identity_;
  std::vector<RuleStatus> status_;
  std::vector<std::int64_t> settle_;  // of each rule, see StepRule
  std::vector<std::int64_t> grace_;
  std::vector<metrics::Labels> left_series_;  // of rules that are no more
  std::optional<std::int64_t> last_evaluation_;
  double last_seconds_ = 0;
};

}  // namespace hitwatch::alerting
