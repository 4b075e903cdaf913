#include "agent/notify/alert_trace.h"

#include <fmt/format.h>

namespace hitwatch::notify {

trace::Context transition_span(const trace::TraceId& evaluation, const metrics::Labels& labels,
                               bool firing) {
  const std::string text = fmt::format("{} {} {}", trace::to_hex(evaluation), fingerprint(labels),
                                       firing ? "firing" : "resolved");
  return {evaluation, trace::span_id_of(text), true};
}

std::optional<trace::Context> transition_span(const Alert& alert, bool firing) {
  const auto evaluation = trace::parse_trace_id(label_value(alert.annotations, "trace_id"));
  if (!evaluation) return std::nullopt;
  return transition_span(*evaluation, alert.labels, firing);
}

}  // namespace hitwatch::notify
