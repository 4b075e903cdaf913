#include "rules/alerting/group.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "rules/alerting/settle.h"
#include "rules/promql/needs.h"
#include "rules/window/series.h"

namespace hitwatch::alerting {
namespace {

std::int64_t longest_history(const promql::Expr& expr, const Group::Options& options) {
  std::int64_t longest = options.lookback;
  for (const promql::Need& need : promql::needs(expr, options.lookback, options.subquery_step)) {
    longest = std::max(longest, need.history);
  }
  return longest;
}

void note_changes(const std::vector<Transition>& transitions, RuleEvaluation& record) {
  for (const Transition& transition : transitions) {
    if (record.changes.size() == RuleStatus::kMostChanges) {
      ++record.more_changes;
      continue;
    }
    record.changes.push_back(RuleEvaluation::Change{transition.alert.labels, transition.from,
                                                    transition.to, transition.reason});
  }
}

std::vector<Sample> markers(std::vector<metrics::Labels> ended, std::int64_t time) {
  std::vector<Sample> samples;
  samples.reserve(ended.size());
  for (metrics::Labels& labels : ended) {
    samples.push_back(Sample{std::move(labels), time, window::stale_marker()});
  }
  return samples;
}

std::string identity_of(const GroupSpec& spec) {
  GroupSpec nameless{spec.file, spec.name, {}, {}, 0, {}};
  return alerting::identity(nameless, Rule{}, 0);
}

}  // namespace

Group::Group(GroupSpec spec, const Options& options)
    : spec_(std::move(spec)),
      options_(options),
      interval_(spec_.interval.value_or(options.interval)),
      identity_(identity_of(spec_)) {
  for (std::string& id : identities(spec_)) {
    status_.emplace_back().identity = std::move(id);
  }
  for (const Rule& rule : spec_.rules) {
    const std::int64_t history =
        rule.parsed == nullptr ? options.lookback : longest_history(*rule.parsed, options);
    grace_.push_back(history);
    settle_.push_back(rule.parsed == nullptr ? 0 : settle_time(*rule.parsed, history));
  }
}

Outcome Group::evaluate(std::int64_t time, const Surroundings& surroundings) {
  Outcome outcome;
  outcome.group = identity_;
  const double begun = surroundings.stopwatch ? surroundings.stopwatch() : 0;
  for (std::size_t i = 0; i < spec_.rules.size(); ++i) {
    evaluate_rule(i, time, surroundings, outcome);
  }
  end_left_series(sample_time(time), surroundings);
  if (has_pending()) outcome.followed_until = time;
  last_evaluation_ = time;
  last_seconds_ = surroundings.stopwatch ? surroundings.stopwatch() - begun : 0;
  return outcome;
}

void Group::evaluate_rule(std::size_t index, std::int64_t time, const Surroundings& surroundings,
                          Outcome& outcome) {
  RuleStatus& status = status_[index];
  RuleEvaluation record;
  record.time = time;
  if (!status.first_evaluation) status.first_evaluation = time;
  const double begun = surroundings.stopwatch ? surroundings.stopwatch() : 0;

  auto ended = run(index, time, surroundings, record, outcome);
  std::expected<void, std::string> done;
  if (!ended) {
    done = std::unexpected(ended.error());
  } else {
    if (spec_.rules[index].kind == Rule::Kind::kRecording) record.results = status.series.size();
    done = store(index, *std::move(ended), sample_time(time), surroundings);
  }

  record.seconds = surroundings.stopwatch ? surroundings.stopwatch() - begun : 0;
  if (!done) record.error = done.error();
  ++status.evaluations;
  status.failures += done ? 0 : 1;
  status.health = done ? RuleStatus::Health::kOk : RuleStatus::Health::kError;
  status.last_error = record.error;
  status.last_evaluation = time;
  status.last_seconds = record.seconds;
  status.ever_matched = status.ever_matched || record.series_read > 0;
  status.history.push_back(std::move(record));
  if (status.history.size() > RuleStatus::kHistory) status.history.pop_front();
}

Group::Ended Group::run(std::size_t index, std::int64_t time, const Surroundings& surroundings,
                        RuleEvaluation& record, Outcome& outcome) {
  const Rule& rule = spec_.rules[index];
  if (rule.parsed == nullptr) return std::unexpected("the rule has no expression");
  const auto result = surroundings.query(*rule.parsed, rule.expr, sample_time(time));
  if (!result) return std::unexpected(result.error().text);
  record.series_read = result->series_read;
  record.samples_read = result->samples_read;
  status_[index].warnings.clear();
  for (const promql::Annotation& annotation : result->annotations) {
    status_[index].warnings.push_back(annotation.text);
  }
  if (rule.kind == Rule::Kind::kRecording) {
    return record_result(index, sample_time(time), *result);
  }
  auto samples = step_alerts(index, time, surroundings, *result, record, outcome);
  if (!samples) return std::unexpected(std::move(samples.error()));
  return status_[index].series.replace(*std::move(samples));
}

Group::Ended Group::record_result(std::size_t index, std::int64_t sample_time,
                                  const promql::Result& result) {
  ReturnedSeries& series = status_[index].series;
  if (series.renew(spec_.rules[index], result, sample_time)) return {};
  auto samples = recorded(spec_.rules[index], result, sample_time);
  if (!samples) return std::unexpected(std::move(samples.error()));
  const std::size_t limit = spec_.limit > 0 ? spec_.limit : options_.max_results;
  if (samples->size() > limit) {
    return std::unexpected(
        fmt::format("exceeded limit of {} with {} series", limit, samples->size()));
  }
  return series.replace(*std::move(samples));
}

std::expected<std::vector<Sample>, std::string> Group::step_alerts(
    std::size_t index, std::int64_t time, const Surroundings& surroundings,
    const promql::Result& result, RuleEvaluation& record, Outcome& outcome) {
  const Rule& rule = spec_.rules[index];
  RuleStatus& status = status_[index];
  const auto active = active_samples(rule, result, time, surroundings.expand);
  if (!active) return std::unexpected(active.error());
  record.results = active->size();
  const StepRule settings{.name = rule.name,
                          .hold = rule.hold,
                          .keep_firing_for = rule.keep_firing_for,
                          .limit = spec_.limit > 0 ? spec_.limit : options_.max_results,
                          .no_data = surroundings.no_data,
                          .interval = interval_,
                          .settle = settle_[index],
                          .grace = grace_[index]};
  Step stepped = step(settings, std::move(status.alerts), *active, time, sample_time(time),
                      *status.first_evaluation, surroundings.inputs);
  status.alerts = std::move(stepped.alerts);
  for (Transition& transition : stepped.transitions) {
    transition.alert.trace_id = surroundings.trace_id;
    const auto alert = status.alerts.find(label_key(transition.alert.labels));
    if (alert != status.alerts.end()) alert->second.trace_id = surroundings.trace_id;
  }
  note_changes(stepped.transitions, record);
  for (const std::string& key : stepped.changed) {
    outcome.changes.push_back(StoredChange{status.identity, key, status.alerts.at(key)});
  }
  for (std::string& key : stepped.removed) {
    outcome.changes.push_back(StoredChange{status.identity, std::move(key), std::nullopt});
  }
  for (Transition& transition : stepped.transitions) {
    outcome.transitions.push_back(
        RuleTransition{status.identity, rule.name, rule.expr, std::move(transition)});
  }
  if (!stepped.error.empty()) return std::unexpected(std::move(stepped.error));
  return std::move(stepped.samples);
}

std::expected<void, std::string> Group::store(std::size_t index, std::vector<metrics::Labels> ended,
                                              std::int64_t sample_time,
                                              const Surroundings& surroundings) {
  if (!surroundings.append) return {};
  const std::span<const Sample> samples = status_[index].series.samples();
  std::expected<void, std::string> stored;
  if (!samples.empty()) stored = surroundings.append(samples);
  if (ended.empty()) return stored;
  const auto ends = surroundings.append(markers(std::move(ended), sample_time));
  return stored ? ends : stored;
}

void Group::end_left_series(std::int64_t sample_time, const Surroundings& surroundings) {
  if (left_series_.empty()) return;
  // A rule that took the place of the old one may go on with its series.
  std::unordered_set<std::string> going_on;
  for (const RuleStatus& status : status_) {
    for (const Sample& sample : status.series.samples()) going_on.insert(label_key(sample.labels));
  }
  std::erase_if(left_series_, [&](const metrics::Labels& labels) {
    return going_on.contains(label_key(labels));
  });
  const std::vector<Sample> ends = markers(std::exchange(left_series_, {}), sample_time);
  // A series that cannot be ended has no rule whose error this could be; it ends by itself after
  // the lookback.
  if (!ends.empty() && surroundings.append) static_cast<void>(surroundings.append(ends));
}

bool Group::has_pending() const {
  bool pending = false;
  for (const RuleStatus& status : status_) {
    for (const auto& [key, alert] : status.alerts) {
      if (alert.state != AlertState::kPending) continue;
      // One that waits for its data must still be found where it was.
      if (alert.followed_until) return false;
      pending = true;
    }
  }
  return pending;
}

void Group::restore(std::size_t rule, AlertTable alerts, std::int64_t followed_until) {
  for (auto& [key, alert] : alerts) {
    if (alert.state != AlertState::kInactive) alert.followed_until = followed_until;
  }
  status_.at(rule).alerts = std::move(alerts);
}

bool Group::same(const GroupSpec& spec, const Options& options) const {
  return spec.file == spec_.file && spec.name == spec_.name && spec.limit == spec_.limit &&
         spec.query_offset == spec_.query_offset && options == options_ &&
         spec.interval.value_or(options.interval) == interval_ &&
         std::ranges::equal(spec.rules, spec_.rules, same_rule);
}

void Group::take_over(Group& old) {
  std::vector<bool> taken(old.status_.size(), false);
  for (std::size_t i = 0; i < spec_.rules.size(); ++i) {
    const Rule& rule = spec_.rules[i];
    for (std::size_t j = 0; j < old.status_.size(); ++j) {
      const Rule& before = old.spec_.rules[j];
      if (taken[j] || before.kind != rule.kind || before.name != rule.name ||
          before.labels != rule.labels) {
        continue;
      }
      taken[j] = true;
      RuleStatus& from = old.status_[j];
      status_[i].alerts = std::exchange(from.alerts, {});
      status_[i].series = std::exchange(from.series, {});
      status_[i].history = std::exchange(from.history, {});
      status_[i].first_evaluation = from.first_evaluation;
      status_[i].ever_matched = from.ever_matched && before.expr == rule.expr;
      break;
    }
  }
  std::ranges::move(old.take_series(), std::back_inserter(left_series_));
}

std::vector<metrics::Labels> Group::take_series() {
  std::vector<metrics::Labels> all = std::exchange(left_series_, {});
  for (RuleStatus& status : status_) {
    std::ranges::move(status.series.take(), std::back_inserter(all));
  }
  return all;
}

}  // namespace hitwatch::alerting
