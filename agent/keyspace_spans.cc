#include "agent/keyspace_spans.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/server_attributes.h"

namespace hitwatch {

void trace_round(trace::Tracer& tracer, const KeyspaceRound& round) {
  if (!tracer.enabled()) return;
  trace::Span span;
  span.context = {trace::new_trace_id(), trace::new_span_id(), true};
  const auto worth = round.fault.empty() ? trace::Worth::kRoutine : trace::Worth::kNotable;
  if (!tracer.samples(span.context.trace, worth)) return;
  span.name = round.name;
  span.kind = trace::Kind::kClient;
  span.start = round.start;
  span.end = std::max<trace::Time>(std::chrono::system_clock::now(), round.start);
  span.attributes = server_attributes(round.target);
  if (!round.source.empty()) {
    span.attributes.push_back({"hitwatch.keyspace.source", std::string(round.source)});
  }
  if (const keyspace::Report* report = round.report) {
    span.attributes.push_back(
        {"hitwatch.keyspace.sampled", static_cast<std::int64_t>(report->sampled)});
    span.attributes.push_back(
        {"hitwatch.keyspace.commands", static_cast<std::int64_t>(report->commands)});
    span.attributes.push_back({"hitwatch.keyspace.server_seconds", report->server_seconds});
  }
  if (!round.fault.empty()) {
    span.status = trace::Status::kError;
    span.status_message = round.fault;
    span.attributes.push_back({"error.type", std::string(round.failed ? "failed" : "incomplete")});
  }
  tracer.record(std::move(span));
}

}  // namespace hitwatch
