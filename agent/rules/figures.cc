#include "agent/rules/figures.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace hitwatch::rules {
namespace {

using metrics::Description;
using enum metrics::Type;

using GroupColumn = metrics::FigureRow<GroupFigures>;

constexpr GroupColumn kGroupColumns[] = {
    {{"hitwatch_rule_group_interval_seconds", kGauge,
      "Time between two evaluations of a rule group.", "rule_group"},
     [](const GroupFigures& group) { return group.interval; }},
    {{"hitwatch_rule_group_last_duration_seconds", kGauge,
      "How long the last evaluation of a group took.", "rule_group"},
     [](const GroupFigures& group) { return group.last_duration; }},
    {{"hitwatch_rule_group_last_evaluation_timestamp_seconds", kGauge,
      "The time that a group was last evaluated with; 0 before the first.", "rule_group"},
     [](const GroupFigures& group) { return group.last_evaluation; }},
    {{"hitwatch_rule_group_rules", kGauge, "Rules of a group.", "rule_group"},
     [](const GroupFigures& group) { return static_cast<double>(group.rules); }},
    {{"hitwatch_rule_group_iterations_missed_total", kCounter,
      "Evaluations of a group that were left out because the one before took too long.",
      "rule_group"},
     [](const GroupFigures& group) { return static_cast<double>(group.missed); }},
    {{"hitwatch_rule_evaluations_total", kCounter, "Evaluations of rules.", "rule_group"},
     [](const GroupFigures& group) { return static_cast<double>(group.evaluations); }},
    {{"hitwatch_rule_evaluation_failures_total", kCounter,
      "Evaluations of rules that ended with an error.", "rule_group"},
     [](const GroupFigures& group) { return static_cast<double>(group.failures); }},
};

constexpr Description kAlerts = {"hitwatch_alerts", kGauge, "Alerts by state: pending or firing.",
                                 "state"};
constexpr Description kAlertsActive = {"hitwatch_alerts_active", kGauge,
                                       "Alerts that are pending or firing, by name and severity.",
                                       "alertname, severity, state"};

constexpr metrics::FigureRow<Figures> kRows[] = {
    {{"hitwatch_rules_never_matched", kGauge,
      "Rules of files, not bundled, that have not read a single series so far."},
     [](const Figures& figures) { return static_cast<double>(figures.rules_never_matched); }},
    {{"hitwatch_window_series", kGauge, "Series that rules and queries can read."},
     [](const Figures& figures) { return static_cast<double>(figures.window.series); }},
    {{"hitwatch_window_samples", kGauge, "Samples of these series."},
     [](const Figures& figures) { return static_cast<double>(figures.window.samples); }},
    {{"hitwatch_window_bytes", kGauge,
      "Memory that these series and their samples take, estimated."},
     [](const Figures& figures) { return static_cast<double>(figures.window.bytes); }},
    {{"hitwatch_window_series_refused_total", kCounter, "Series for which there was no room."},
     [](const Figures& figures) { return static_cast<double>(figures.window.refused_series); }},
    {{"hitwatch_window_samples_taken_total", kCounter, "Samples taken in."},
     [](const Figures& figures) { return static_cast<double>(figures.samples); }},
    {{"hitwatch_window_samples_refused_total", kCounter,
      "Samples that were not newer than the last of their series."},
     [](const Figures& figures) { return static_cast<double>(figures.samples_refused); }},
    {{"hitwatch_state_writes_total", kCounter,
      "Transactions that were written to the file of states."},
     [](const Figures& figures) { return static_cast<double>(figures.states.writes); }},
    {{"hitwatch_state_behind", kGauge,
      "Whether the file of states lacks something, because of an error."},
     [](const Figures& figures) { return figures.states.behind ? 1.0 : 0.0; }},
    {{"hitwatch_state_transitions_dropped_total", kCounter,
      "Changes of alerts that were given up because too many waited to be told."},
     [](const Figures& figures) { return static_cast<double>(figures.states.dropped); }},
};

std::string label_of(const alerting::Alert& alert, std::string_view name) {
  const auto label = std::ranges::find(alert.labels, name, &metrics::Label::name);
  return label == alert.labels.end() ? std::string() : label->value;
}

prometheus::MetricFamily alerts_by_state(const AlertFigures& alerts) {
  prometheus::MetricFamily made = metrics::family_of(kAlerts);
  for (const auto state : {alerting::AlertState::kPending, alerting::AlertState::kFiring}) {
    metrics::add_sample(made, static_cast<double>(alerts.of(state))).label = {
        {"state", std::string(alerting::state_text(state))}};
  }
  return made;
}

prometheus::MetricFamily alerts_by_name(const AlertFigures& alerts) {
  prometheus::MetricFamily made = metrics::family_of(kAlertsActive);
  for (const auto& [key, count] : alerts.named()) {
    const auto& [name, severity, state] = key;
    metrics::add_sample(made, static_cast<double>(count)).label = {
        {"alertname", name},
        {"severity", severity},
        {"state", std::string(alerting::state_text(state))}};
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
    prometheus::MetricFamily made = metrics::family_of(column.about);
    for (const GroupFigures& group : figures.groups) {
      metrics::add_sample(made, column.value(group)).label = {{"rule_group", group.name}};
    }
    families.push_back(std::move(made));
  }
  families.push_back(alerts_by_state(figures.alerts));
  families.push_back(alerts_by_name(figures.alerts));
  metrics::add_figures(families, kRows, figures);
  return families;
}

std::vector<Description> rule_descriptions() {
  std::vector<Description> all;
  metrics::describe(all, kGroupColumns);
  all.insert(all.end(), {kAlerts, kAlertsActive});
  metrics::describe(all, kRows);
  return all;
}

}  // namespace hitwatch::rules
