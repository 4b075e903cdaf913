// An evaluation of a rule group as spans: `evaluate GROUP`, and below it one for each alert that
// changed its state, with a link to the poll that supplied the sample. Pure but for ids.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/rules/announcement.h"
#include "agent/trace/span.h"
#include "rules/alerting/group.h"

namespace hitwatch::rules {

// The last poll of the target that a label `instance` names; nothing if there is none.
using PollOf = std::function<std::optional<trace::Context>(const std::string& instance)>;

struct EvaluationSpanContext {
  trace::Context evaluation;
  trace::Time start;
  trace::Time end;
  const AnnouncementContext& announcement;
  const PollOf& poll_of;
};

std::vector<trace::Span> evaluation_spans(const alerting::Group& group,
                                          const alerting::Outcome& outcome,
                                          const EvaluationSpanContext& context);

// Whether somebody will ask about it: an alert changed, or a rule failed.
bool is_notable(const alerting::Group& group, const alerting::Outcome& outcome);

}  // namespace hitwatch::rules
