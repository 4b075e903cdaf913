#include "agent/rules/evaluation_spans.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/notify/alert_trace.h"

namespace hitwatch::rules {
namespace {

bool fires(const alerting::Transition& transition) {
  return transition.to == alerting::AlertState::kFiring;
}

std::string_view outcome_word(const alerting::Transition& transition) {
  if (fires(transition)) return "firing";
  return transition.from == alerting::AlertState::kFiring ? "resolved"
                                                          : alerting::state_text(transition.to);
}

std::string label_list(const metrics::Labels& labels) {
  std::string text;
  metrics::append_label_text(text, labels);
  return text;
}

trace::Span transition_of(const alerting::RuleTransition& change,
                          const EvaluationSpanContext& context) {
  const alerting::Transition& transition = change.transition;
  const alerting::Alert& alert = transition.alert;
  trace::Span span;
  if (is_announced(transition)) {
    const notify::Alert told = announced(alert, change.expr, transition.time, context.announcement);
    span.context =
        notify::transition_span(context.evaluation.trace, told.labels, fires(transition));
  } else {
    span.context = {context.evaluation.trace, trace::new_span_id(), true};
  }
  span.parent = context.evaluation.span;
  span.name = fmt::format("alert {} {}", change.rule_name, outcome_word(transition));
  span.start = context.start;
  span.end = context.end;
  span.attributes = {{"hitwatch.alert.name", change.rule_name},
                     {"hitwatch.alert.from", std::string(alerting::state_text(transition.from))},
                     {"hitwatch.alert.to", std::string(alerting::state_text(transition.to))},
                     {"hitwatch.alert.reason", transition.reason},
                     {"hitwatch.alert.labels", label_list(alert.labels)},
                     {"hitwatch.alert.value", alert.value},
                     {"hitwatch.alert.active_since", alert.active_at / 1000},
                     {"hitwatch.rule.expr", change.expr}};
  if (context.poll_of) {
    const std::string instance(notify::label_value(alert.labels, "instance"));
    if (const auto poll = context.poll_of(instance)) span.links.push_back({*poll, {}});
  }
  return span;
}

// The errors of rules in this evaluation.
std::vector<std::pair<std::string, std::string>> failures_of(const alerting::Group& group) {
  std::vector<std::pair<std::string, std::string>> failures;
  for (std::size_t i = 0; i < group.rules().size(); ++i) {
    const alerting::RuleStatus& status = group.rules()[i];
    if (status.last_evaluation != group.last_evaluation() || status.last_error.empty()) continue;
    failures.emplace_back(group.spec().rules[i].name, status.last_error);
  }
  return failures;
}

}  // namespace

bool is_notable(const alerting::Group& group, const alerting::Outcome& outcome) {
  return !outcome.transitions.empty() || !failures_of(group).empty();
}

std::vector<trace::Span> evaluation_spans(const alerting::Group& group,
                                          const alerting::Outcome& outcome,
                                          const EvaluationSpanContext& context) {
  trace::Span root;
  root.context = context.evaluation;
  root.name = "evaluate " + group.spec().name;
  root.start = context.start;
  root.end = context.end;
  root.attributes = {
      {"hitwatch.rule.group", group.spec().name},
      {"hitwatch.rule.file", group.spec().file},
      {"hitwatch.rule.count", static_cast<std::int64_t>(group.rules().size())},
      {"hitwatch.alert.transitions", static_cast<std::int64_t>(outcome.transitions.size())}};
  for (auto& [rule, error] : failures_of(group)) {
    root.status = trace::Status::kError;
    if (root.status_message.empty()) root.status_message = fmt::format("{}: {}", rule, error);
    root.events.push_back(
        {context.end, "rule failed", {{"hitwatch.rule.name", rule}, {"error.message", error}}});
  }
  if (root.status == trace::Status::kError) {
    root.attributes.push_back({"error.type", std::string("rule")});
  }
  std::vector<trace::Span> spans;
  spans.push_back(std::move(root));
  for (const alerting::RuleTransition& change : outcome.transitions) {
    spans.push_back(transition_of(change, context));
  }
  return spans;
}

}  // namespace hitwatch::rules
