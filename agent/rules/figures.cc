#include "agent/rules/figures.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hitwatch::rules {
namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  return made;
}

prometheus::ClientMetric sample(prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

struct GroupColumn {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  double (*value)(const GroupFigures&);
};

constexpr auto kCounter = prometheus::MetricType::Counter;
constexpr auto kGauge = prometheus::MetricType::Gauge;

constexpr GroupColumn kGroupColumns[] = {
    {"hitwatch_rule_group_interval_seconds", "Time between two evaluations of a rule group.",
     kGauge, [](const GroupFigures& group) { return group.interval; }},
    {"hitwatch_rule_group_last_duration_seconds", "How long the last evaluation of a group took.",
     kGauge, [](const GroupFigures& group) { return group.last_duration; }},
    {"hitwatch_rule_group_last_evaluation_timestamp_seconds",
     "The time that a group was last evaluated with; 0 before the first.", kGauge,
     [](const GroupFigures& group) { return group.last_evaluation; }},
    {"hitwatch_rule_group_rules", "Rules of a group.", kGauge,
     [](const GroupFigures& group) { return static_cast<double>(group.rules); }},
    {"hitwatch_rule_group_iterations_missed_total",
     "Evaluations of a group that were left out because the one before took too long.", kCounter,
     [](const GroupFigures& group) { return static_cast<double>(group.missed); }},
    {"hitwatch_rule_evaluations_total", "Evaluations of rules.", kCounter,
     [](const GroupFigures& group) { return static_cast<double>(group.evaluations); }},
    {"hitwatch_rule_evaluation_failures_total", "Evaluations of rules that ended with an error.",
     kCounter, [](const GroupFigures& group) { return static_cast<double>(group.failures); }},
};

struct Row {
  const char* name;
  const char* help;
  prometheus::MetricType type;
  double (*value)(const Figures&);
};

constexpr Row kRows[] = {
    {"hitwatch_rules_never_matched",
     "Rules of files, not bundled, that have not read a single series so far.", kGauge,
     [](const Figures& figures) { return static_cast<double>(figures.rules_never_matched); }},
    {"hitwatch_window_series", "Series that rules and queries can read.", kGauge,
     [](const Figures& figures) { return static_cast<double>(figures.window.series); }},
    {"hitwatch_window_samples", "Samples of these series.", kGauge,
     [](const Figures& figures) { return static_cast<double>(figures.window.samples); }},
    {"hitwatch_window_bytes", "Memory that these series and their samples take, estimated.", kGauge,
     [](const Figures& figures) { return static_cast<double>(figures.window.bytes); }},
    {"hitwatch_window_series_refused_total", "Series for which there was no room.", kCounter,
     [](const Figures& figures) { return static_cast<double>(figures.window.refused_series); }},
    {"hitwatch_window_samples_taken_total", "Samples taken in.", kCounter,
     [](const Figures& figures) { return static_cast<double>(figures.samples); }},
    {"hitwatch_window_samples_refused_total",
     "Samples that were not newer than the last of their series.", kCounter,
     [](const Figures& figures) { return static_cast<double>(figures.samples_refused); }},
    {"hitwatch_state_writes_total", "Transactions that were written to the file of states.",
     kCounter, [](const Figures& figures) { return static_cast<double>(figures.states.writes); }},
    {"hitwatch_state_behind", "Whether the file of states lacks something, because of an error.",
     kGauge, [](const Figures& figures) { return figures.states.behind ? 1.0 : 0.0; }},
    {"hitwatch_state_transitions_dropped_total",
     "Changes of alerts that were given up because too many waited to be told.", kCounter,
     [](const Figures& figures) { return static_cast<double>(figures.states.dropped); }},
};

std::string label_of(const alerting::Alert& alert, std::string_view name) {
  const auto label = std::ranges::find(alert.labels, name, &metrics::Label::name);
  return label == alert.labels.end() ? std::string() : label->value;
}

prometheus::MetricFamily alerts_by_state(const AlertFigures& alerts) {
  prometheus::MetricFamily made =
      family("hitwatch_alerts", "Alerts by state: pending or firing.", kGauge);
  for (const auto state : {alerting::AlertState::kPending, alerting::AlertState::kFiring}) {
    prometheus::ClientMetric metric = sample(kGauge, static_cast<double>(alerts.of(state)));
    metric.label.push_back({"state", std::string(alerting::state_text(state))});
    made.metric.push_back(std::move(metric));
  }
  return made;
}

prometheus::MetricFamily alerts_by_name(const AlertFigures& alerts) {
  prometheus::MetricFamily made = family(
      "hitwatch_alerts_active", "Alerts that are pending or firing, by name and severity.", kGauge);
  for (const auto& [key, count] : alerts.named()) {
    const auto& [name, severity, state] = key;
    prometheus::ClientMetric metric = sample(kGauge, static_cast<double>(count));
    metric.label = {{"alertname", name},
                    {"severity", severity},
                    {"state", std::string(alerting::state_text(state))}};
    made.metric.push_back(std::move(metric));
  }
  return made;
}

}  // namespace

void AlertFigures::add(const alerting::Alert& alert) {
  if (alert.state == alerting::AlertState::kInactive) return;
  Key key{label_of(alert, "alertname"), label_of(alert, "severity"), alert.state};
  if (named_.size() >= kMostNamed && !named_.contains(key)) {
    key = {"overflow", "overflow", alert.state};
  }
  ++named_[std::move(key)];
}

std::size_t AlertFigures::of(alerting::AlertState state) const {
  std::size_t count = 0;
  for (const auto& [key, alerts] : named_) {
    if (std::get<alerting::AlertState>(key) == state) count += alerts;
  }
  return count;
}

GroupFigures figures_of(const alerting::Group& group, std::uint64_t missed) {
  GroupFigures figures;
  figures.name = group.spec().file + ";" + group.spec().name;
  figures.interval = static_cast<double>(group.interval()) / 1000;
  figures.last_duration = group.last_seconds();
  if (const auto last = group.last_evaluation()) {
    figures.last_evaluation = static_cast<double>(*last) / 1000;
  }
  figures.rules = group.rules().size();
  for (const alerting::RuleStatus& rule : group.rules()) {
    figures.evaluations += rule.evaluations;
    figures.failures += rule.failures;
  }
  figures.missed = missed;
  return figures;
}

std::vector<prometheus::MetricFamily> rule_metrics(const Figures& figures) {
  std::vector<prometheus::MetricFamily> families;
  for (const GroupColumn& column : kGroupColumns) {
    prometheus::MetricFamily made = family(column.name, column.help, column.type);
    for (const GroupFigures& group : figures.groups) {
      prometheus::ClientMetric metric = sample(column.type, column.value(group));
      metric.label.push_back({"rule_group", group.name});
      made.metric.push_back(std::move(metric));
    }
    families.push_back(std::move(made));
  }
  families.push_back(alerts_by_state(figures.alerts));
  families.push_back(alerts_by_name(figures.alerts));
  for (const Row& row : kRows) {
    prometheus::MetricFamily made = family(row.name, row.help, row.type);
    made.metric.push_back(sample(row.type, row.value(figures)));
    families.push_back(std::move(made));
  }
  return families;
}

}  // namespace hitwatch::rules
