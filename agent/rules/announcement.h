// Alerts of rules as those who are told of them see them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/notify/alert.h"
#include "rules/alerting/group.h"

namespace hitwatch::rules {

// What is added to each alert.
struct AnnouncementContext {
  metrics::Labels external_labels;  // where the alert has none of that name
  std::string external_url;         // of the link to the alert's expression
};

// A firing or resolved alert: it starts when it fired, and ends when it was resolved. Where the
// evaluation that did it is traced, an annotation `trace_id` leads there.
notify::Alert announced(const alerting::Alert& alert, std::string_view expr, std::int64_t time,
                        const AnnouncementContext& context);

// Whether others are told of a transition: it begins or ends to fire.
bool is_announced(const alerting::Transition& transition);

// All alerts of these groups that fire.
std::vector<notify::Alert> all_firing(const std::vector<const alerting::Group*>& groups,
                                      std::int64_t time, const AnnouncementContext& context);

}  // namespace hitwatch::rules
