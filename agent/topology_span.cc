#include "agent/topology_span.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "agent/event_kinds.h"
#include "agent/server_attributes.h"

namespace hitwatch {

trace::Span topology_span(const topology::Event& event, const trace::Context& context) {
  trace::Span span;
  span.context = context;
  span.name = event.kind;
  std::ranges::replace(span.name, '_', ' ');
  const std::string& subject = event.group.empty() ? event.instance : event.group;
  if (!subject.empty()) span.name += ' ' + subject;
  span.kind = trace::Kind::kInternal;
  span.start = trace::Time(std::chrono::time_point_cast<std::chrono::nanoseconds>(event.time));
  span.end = span.start;
  span.attributes = named_server_attributes(event.instance);
  const auto add = [&span](std::string_view key, const std::string& text) {
    if (!text.empty()) span.attributes.push_back({key, text});
  };
  add("hitwatch.event.kind", event.kind);
  add("hitwatch.source", event.source);
  add("hitwatch.group", event.group);
  add("hitwatch.event.from", event.from);
  add("hitwatch.event.to", event.to);
  add("hitwatch.event.told_by", event.told_by);
  add("hitwatch.event.text", event_sentence(event));
  return span;
}

}  // namespace hitwatch
