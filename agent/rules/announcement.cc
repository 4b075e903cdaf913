#include "agent/rules/announcement.h"

#include <fmt/core.h>

#include <algorithm>

#include "rules/templates/builtins.h"

namespace hitwatch::rules {

notify::Alert announced(const alerting::Alert& alert, std::string_view expr, std::int64_t time,
                        const AnnouncementContext& context) {
  notify::Alert out;
  out.labels = alert.labels;
  notify::complete(out.labels, context.external_labels);
  out.annotations = alert.annotations;
  if (!alert.trace_id.empty() && notify::label_value(out.annotations, "trace_id").empty()) {
    out.annotations.push_back({"trace_id", alert.trace_id});
  }
  std::ranges::sort(out.annotations, {}, &metrics::Label::name);
  out.starts_at = alert.fired_at.value_or(alert.active_at);
  if (alert.state != alerting::AlertState::kFiring) out.ends_at = alert.resolved_at.value_or(time);
  out.generator_url = fmt::format("{}/graph?g0.expr={}&g0.tab=1", context.external_url,
                                  templates::query_escape(expr));
  out.updated_at = time;
  return out;
}

bool is_announced(const alerting::Transition& transition) {
  return transition.to == alerting::AlertState::kFiring ||
         transition.from == alerting::AlertState::kFiring;
}

std::vector<notify::Alert> all_firing(const std::vector<const alerting::Group*>& groups,
                                      std::int64_t time, const AnnouncementContext& context) {
  std::vector<notify::Alert> alerts;
  for (const alerting::Group* group : groups) {
    for (std::size_t i = 0; i < group->rules().size(); ++i) {
      for (const auto& [key, alert] : group->rules()[i].alerts) {
        if (alert.state != alerting::AlertState::kFiring) continue;
        alerts.push_back(announced(alert, group->spec().rules[i].expr, time, context));
      }
    }
  }
  return alerts;
}

}  // namespace hitwatch::rules
