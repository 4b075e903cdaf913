// How an alert leads to the trace of the evaluation that made it: the annotation `trace_id` names
// the trace, and the span of the transition is made of that and the alert, so nothing else needs to
// be kept with messages that may wait for hours.
#pragma once

#include <optional>

#include "agent/notify/alert.h"
#include "agent/trace/context.h"

namespace hitwatch::notify {

// The span of the transition by which the alert with these labels began (or ended) to fire, in an
// evaluation of that trace.
trace::Context transition_span(const trace::TraceId& evaluation, const metrics::Labels& labels,
                               bool firing);

// The span of the transition that a message about the alert tells of; nothing if it has no trace.
std::optional<trace::Context> transition_span(const Alert& alert, bool firing);

}  // namespace hitwatch::notify
