#include "agent/rules/rules_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <ranges>
#include <string_view>
#include <utility>

#include "agent/net/duration.h"

namespace hitwatch::rules {
namespace {

using alerting::Alert;
using alerting::AlertState;
using alerting::Group;
using alerting::Rule;
using alerting::RuleEvaluation;
using alerting::RuleStatus;
using nlohmann::ordered_json;

// What Go prints for a time that was never set.
constexpr const char* kNever = "0001-01-01T00:00:00Z";

ordered_json labels_json(const metrics::Labels& labels) {
  ordered_json json = ordered_json::object();
  for (const metrics::Label& label : labels) json[label.name] = label.value;
  return json;
}

double seconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

// The shortest digits that read back the same, always with an exponent: `1e+00`.
std::string value_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  const auto result =
      std::to_chars(std::begin(text), std::end(text), value, std::chars_format::scientific);
  return {text, result.ptr};
}

ordered_json alert_json(const Alert& alert) {
  ordered_json json = {{"labels", labels_json(alert.labels)},
                       {"annotations", labels_json(alert.annotations)},
                       {"state", alerting::state_text(alert.state)},
                       {"activeAt", format_time(alert.active_at)},
                       {"value", value_text(alert.value)}};
  if (alert.keep_firing_since) json["keepFiringSince"] = format_time(*alert.keep_firing_since);
  if (alert.fired_at) json["firedAt"] = format_time(*alert.fired_at);
  return json;
}

ordered_json alerts_json(const alerting::AlertTable& alerts) {
  ordered_json json = ordered_json::array();
  for (const auto& [key, alert] : alerts) {
    if (alert.state != AlertState::kInactive) json.push_back(alert_json(alert));
  }
  return json;
}

ordered_json evaluations_json(const RuleStatus& status) {
  ordered_json json = ordered_json::array();
  for (const RuleEvaluation& evaluation : std::views::reverse(status.history)) {
    ordered_json entry = {{"time", format_time(evaluation.time)},
                          {"seconds", evaluation.seconds},
                          {"seriesRead", evaluation.series_read},
                          {"samplesRead", evaluation.samples_read},
                          {"results", evaluation.results}};
    if (!evaluation.error.empty()) entry["error"] = evaluation.error;
    ordered_json changes = ordered_json::array();
    for (const RuleEvaluation::Change& change : evaluation.changes) {
      changes.push_back({{"labels", labels_json(change.labels)},
                         {"from", alerting::state_text(change.from)},
                         {"to", alerting::state_text(change.to)},
                         {"reason", change.reason}});
    }
    if (!changes.empty()) entry["changes"] = std::move(changes);
    if (evaluation.more_changes > 0) entry["moreChanges"] = evaluation.more_changes;
    json.push_back(std::move(entry));
  }
  return json;
}

std::string_view health_text(RuleStatus::Health health) {
  switch (health) {
    case RuleStatus::Health::kUnknown:
      return "unknown";
    case RuleStatus::Health::kOk:
      return "ok";
    case RuleStatus::Health::kError:
      return "err";
  }
  return "unknown";
}

// The state of the alert that is furthest.
AlertState state_of(const RuleStatus& status) {
  AlertState state = AlertState::kInactive;
  for (const auto& [key, alert] : status.alerts) state = std::max(state, alert.state);
  return state;
}

ordered_json rule_json(const Rule& rule, const RuleStatus& status, bool with_alerts) {
  ordered_json json;
  if (rule.kind == Rule::Kind::kAlerting) {
    json["state"] = alerting::state_text(state_of(status));
    json["name"] = rule.name;
    json["query"] = rule.expr;
    json["duration"] = seconds(rule.hold);
    json["keepFiringFor"] = seconds(rule.keep_firing_for);
    json["labels"] = labels_json(rule.labels);
    json["annotations"] = labels_json(rule.annotations);
    json["alerts"] = with_alerts ? alerts_json(status.alerts) : ordered_json::array();
  } else {
    json["name"] = rule.name;
    json["query"] = rule.expr;
    json["labels"] = labels_json(rule.labels);
  }
  json["health"] = health_text(status.health);
  if (!status.last_error.empty()) json["lastError"] = status.last_error;
  json["evaluationTime"] = status.last_seconds;
  json["lastEvaluation"] =
      status.last_evaluation ? format_time(*status.last_evaluation) : std::string(kNever);
  json["type"] = rule.kind == Rule::Kind::kAlerting ? "alerting" : "recording";
  json["everMatched"] = status.ever_matched;
  if (!status.warnings.empty()) json["warnings"] = status.warnings;
  json["evaluations"] = evaluations_json(status);
  return json;
}

bool among(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

bool wants(const RuleFilter& filter, const Rule& rule) {
  const bool alerting = rule.kind == Rule::Kind::kAlerting;
  if (filter.kind == RuleFilter::Kind::kAlerting && !alerting) return false;
  if (filter.kind == RuleFilter::Kind::kRecording && alerting) return false;
  return among(filter.names, rule.name);
}

bool filters_rules(const RuleFilter& filter) {
  return filter.kind != RuleFilter::Kind::kAll || !filter.names.empty();
}

std::vector<const Alert*> active_alerts(const std::vector<const Group*>& groups) {
  std::vector<const Alert*> active;
  for (const Group* group : groups) {
    for (const RuleStatus& status : group->rules()) {
      for (const auto& [key, alert] : status.alerts) {
        if (alert.state != AlertState::kInactive) active.push_back(&alert);
      }
    }
  }
  return active;
}

// By state and severity.
ordered_json alert_counts(const std::vector<const Alert*>& alerts) {
  std::map<std::pair<AlertState, std::string_view>, std::size_t> counts;
  for (const Alert* alert : alerts) {
    const auto severity = std::ranges::find(alert->labels, "severity", &metrics::Label::name);
    const bool known = severity != alert->labels.end();
    ++counts[{alert->state, known ? std::string_view(severity->value) : ""}];
  }
  ordered_json json = ordered_json::array();
  for (const auto& [kind, count] : counts) {
    json.push_back({{"state", alerting::state_text(kind.first)},
                    {"severity", kind.second},
                    {"alerts", count}});
  }
  return json;
}

std::ptrdiff_t alerting_rules(const std::vector<const Group*>& groups) {
  std::ptrdiff_t count = 0;
  for (const Group* group : groups) {
    count += std::ranges::count(group->spec().rules, Rule::Kind::kAlerting, &Rule::kind);
  }
  return count;
}

std::string answer(ordered_json data) {
  const ordered_json json = {{"status", "success"}, {"data", std::move(data)}};
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::expected<RuleFilter, ApiError> RuleFilter::read(const ApiParameters& parameters) {
  RuleFilter filter;
  if (const std::string* type = parameters.find("type")) {
    if (*type != "alert" && *type != "record") {
      return std::unexpected(
          bad_parameter("type", fmt::format("not supported value \"{}\"", *type)));
    }
    filter.kind = *type == "alert" ? Kind::kAlerting : Kind::kRecording;
  }
  if (const std::string* exclude = parameters.find("exclude_alerts")) {
    filter.alerts = *exclude != "true" && *exclude != "1";
  }
  filter.names = parameters.all("rule_name[]");
  filter.groups = parameters.all("rule_group[]");
  filter.files = parameters.all("file[]");
  return filter;
}

std::string rules_answer(const std::vector<const Group*>& groups, const RuleFilter& filter) {
  ordered_json list = ordered_json::array();
  for (const Group* group : groups) {
    const alerting::GroupSpec& spec = group->spec();
    if (!among(filter.groups, spec.name) || !among(filter.files, spec.file)) continue;
    ordered_json rules = ordered_json::array();
    for (std::size_t i = 0; i < spec.rules.size(); ++i) {
      if (!wants(filter, spec.rules[i])) continue;
      rules.push_back(rule_json(spec.rules[i], group->rules()[i], filter.alerts));
    }
    if (rules.empty() && filters_rules(filter)) continue;
    const auto last = group->last_evaluation();
    list.push_back({{"name", spec.name},
                    {"file", spec.file},
                    {"rules", std::move(rules)},
                    {"interval", seconds(group->interval())},
                    {"limit", spec.limit},
                    {"evaluationTime", group->last_seconds()},
                    {"lastEvaluation", last ? format_time(*last) : std::string(kNever)}});
  }
  return answer({{"groups", std::move(list)}});
}

std::string alerts_answer(const std::vector<const Group*>& groups, std::size_t limit) {
  std::vector<const Alert*> alerts = active_alerts(groups);
  ordered_json data;
  if (limit > 0) {
    data["counts"] = alert_counts(alerts);
    data["rules"] = alerting_rules(groups);
    std::ranges::stable_sort(alerts, [](const Alert* a, const Alert* b) {
      return std::pair(a->state, a->active_at) > std::pair(b->state, b->active_at);
    });
    alerts.resize(std::min(limit, alerts.size()));
  }
  ordered_json list = ordered_json::array();
  for (const Alert* alert : alerts) list.push_back(alert_json(*alert));
  data["alerts"] = std::move(list);
  return answer(std::move(data));
}

}  // namespace hitwatch::rules
