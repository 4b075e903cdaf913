#include "tests/trace/plain_encoding.h"

#include "agent/trace/otlp_encode.h"
#include "agent/trace/utf8_text.h"
#include "agent/version.h"

namespace hitwatch::trace {
namespace {

namespace common = opentelemetry::proto::common::v1;
namespace wire = opentelemetry::proto::trace::v1;

std::string text(std::string_view value) {
  std::string scratch;
  return std::string(utf8_text(value, kLongestText, scratch));
}

template <typename Id>
std::string bytes(const Id& id) {
  return {id.bytes.begin(), id.bytes.end()};
}

void fill_value(common::AnyValue& out, const Value& value) {
  if (const auto* held = std::get_if<std::string>(&value)) {
    out.set_string_value(text(*held));
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out.set_bool_value(*flag);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out.set_int_value(*number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    out.set_double_value(*real);
  } else {
    auto& list = *out.mutable_array_value();
    for (const auto& one : std::get<std::vector<std::string>>(value)) {
      list.add_values()->set_string_value(text(one));
    }
  }
}

template <typename Message, typename List>
void fill_attributes(Message& out, const List& list) {
  for (const auto& [key, value] : list) {
    auto& attribute = *out.add_attributes();
    attribute.set_key(text(key));
    fill_value(*attribute.mutable_value(), value);
  }
}

void fill_span(wire::Span& out, const Span& span) {
  out.set_trace_id(bytes(span.context.trace));
  out.set_span_id(bytes(span.context.span));
  if (span.parent.valid()) out.set_parent_span_id(bytes(span.parent));
  out.set_name(text(span.name));
  out.set_kind(static_cast<wire::Span_SpanKind>(span.kind));
  out.set_start_time_unix_nano(unix_nanoseconds(span.start));
  out.set_end_time_unix_nano(unix_nanoseconds(span.end));
  fill_attributes(out, span.attributes);
  for (const Event& event : span.events) {
    auto& one = *out.add_events();
    one.set_time_unix_nano(unix_nanoseconds(event.time));
    one.set_name(text(event.name));
    fill_attributes(one, event.attributes);
  }
  for (const Link& link : span.links) {
    auto& one = *out.add_links();
    one.set_trace_id(bytes(link.to.trace));
    one.set_span_id(bytes(link.to.span));
    fill_attributes(one, link.attributes);
    one.set_flags(flags_of(link));
  }
  if (span.status != Status::kUnset) {
    out.mutable_status()->set_code(static_cast<wire::Status_StatusCode>(span.status));
    out.mutable_status()->set_message(text(span.status_message));
  }
  out.set_flags(flags_of(span));
}

}  // namespace

void fill_request(opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest& request,
                  const Resource& resource, std::span<const Span> spans) {
  auto& resource_spans = *request.add_resource_spans();
  fill_attributes(*resource_spans.mutable_resource(), resource);
  auto& scope_spans = *resource_spans.add_scope_spans();
  scope_spans.mutable_scope()->set_name(std::string(kScopeName));
  scope_spans.mutable_scope()->set_version(kVersion);
  for (const Span& span : spans) fill_span(*scope_spans.add_spans(), span);
  scope_spans.set_schema_url(std::string(kSchemaUrl));
  resource_spans.set_schema_url(std::string(kSchemaUrl));
}

}  // namespace hitwatch::trace
