// The binary encoding. The last field is written first (wire_writer.h); the numbers of fields are
// those of agent/otlp.
#include <algorithm>
#include <ranges>

#include "agent/trace/otlp_encode.h"
#include "agent/trace/utf8_text.h"
#include "agent/version.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace hitwatch::trace {
namespace {

namespace common = opentelemetry::proto::common::v1;
namespace wire = opentelemetry::proto::trace::v1;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

class ProtobufBody {
 public:
  ProtobufBody(WireWriter& out, std::string& scratch) : out_(out), scratch_(scratch) {}

  void request(const Resource& resource, std::span<const Span> spans) {
    const auto before = out_.size();
    text(wire::ResourceSpans::kSchemaUrlFieldNumber, kSchemaUrl);
    scope_spans(spans);
    const auto before_resource = out_.size();
    attributes(opentelemetry::proto::resource::v1::Resource::kAttributesFieldNumber, resource);
    out_.message_field(wire::ResourceSpans::kResourceFieldNumber, before_resource);
    out_.message_field(ExportTraceServiceRequest::kResourceSpansFieldNumber, before);
  }

 private:
  void scope_spans(std::span<const Span> spans) {
    const auto before = out_.size();
    text(wire::ScopeSpans::kSchemaUrlFieldNumber, kSchemaUrl);
    for (const Span& one : std::views::reverse(spans)) span(one);
    const auto before_scope = out_.size();
    text(common::InstrumentationScope::kVersionFieldNumber, kVersion);
    text(common::InstrumentationScope::kNameFieldNumber, kScopeName);
    out_.message_field(wire::ScopeSpans::kScopeFieldNumber, before_scope);
    out_.message_field(wire::ResourceSpans::kScopeSpansFieldNumber, before);
  }

  void span(const Span& span) {
    const auto before = out_.size();
    out_.fixed32_field(wire::Span::kFlagsFieldNumber, flags_of(span));
    status(span);
    for (const Link& one : std::views::reverse(span.links)) link(one);
    for (const Event& one : std::views::reverse(span.events)) event(one);
    attributes(wire::Span::kAttributesFieldNumber, span.attributes);
    out_.fixed64_field(wire::Span::kEndTimeUnixNanoFieldNumber, unix_nanoseconds(span.end));
    out_.fixed64_field(wire::Span::kStartTimeUnixNanoFieldNumber, unix_nanoseconds(span.start));
    out_.varint_field(wire::Span::kKindFieldNumber, static_cast<std::uint64_t>(span.kind));
    text(wire::Span::kNameFieldNumber, span.name);
    if (span.parent.valid()) id(wire::Span::kParentSpanIdFieldNumber, span.parent);
    id(wire::Span::kSpanIdFieldNumber, span.context.span);
    id(wire::Span::kTraceIdFieldNumber, span.context.trace);
    out_.message_field(wire::ScopeSpans::kSpansFieldNumber, before);
  }

  void status(const Span& span) {
    if (span.status == Status::kUnset) return;
    const auto before = out_.size();
    out_.varint_field(wire::Status::kCodeFieldNumber, static_cast<std::uint64_t>(span.status));
    if (!span.status_message.empty()) {
      text(wire::Status::kMessageFieldNumber, span.status_message);
    }
    out_.message_field(wire::Span::kStatusFieldNumber, before);
  }

  void event(const Event& event) {
    const auto before = out_.size();
    attributes(wire::Span_Event::kAttributesFieldNumber, event.attributes);
    text(wire::Span_Event::kNameFieldNumber, event.name);
    out_.fixed64_field(wire::Span_Event::kTimeUnixNanoFieldNumber, unix_nanoseconds(event.time));
    out_.message_field(wire::Span::kEventsFieldNumber, before);
  }

  void link(const Link& link) {
    const auto before = out_.size();
    out_.fixed32_field(wire::Span_Link::kFlagsFieldNumber, flags_of(link));
    attributes(wire::Span_Link::kAttributesFieldNumber, link.attributes);
    id(wire::Span_Link::kSpanIdFieldNumber, link.to.span);
    id(wire::Span_Link::kTraceIdFieldNumber, link.to.trace);
    out_.message_field(wire::Span::kLinksFieldNumber, before);
  }

  template <typename List>
  void attributes(int number, const List& list) {
    for (const auto& [key, value] : std::views::reverse(list)) {
      const auto before = out_.size();
      any_value(common::KeyValue::kValueFieldNumber, value);
      text(common::KeyValue::kKeyFieldNumber, key);
      out_.message_field(number, before);
    }
  }

  void any_value(int number, const Value& value) {
    const auto before = out_.size();
    std::visit([this](const auto& held) { held_value(held); }, value);
    out_.message_field(number, before);
  }
  void held_value(const std::string& held) {
    text(common::AnyValue::kStringValueFieldNumber, held);
  }
  void held_value(bool held) {
    out_.varint_field(common::AnyValue::kBoolValueFieldNumber, held ? 1 : 0);
  }
  void held_value(std::int64_t held) {
    out_.varint_field(common::AnyValue::kIntValueFieldNumber, static_cast<std::uint64_t>(held));
  }
  void held_value(double held) {
    out_.double_field(common::AnyValue::kDoubleValueFieldNumber, held);
  }
  void held_value(const std::vector<std::string>& held) {
    const auto before = out_.size();
    for (const std::string& one : std::views::reverse(held)) {
      const auto before_one = out_.size();
      held_value(one);
      out_.message_field(common::ArrayValue::kValuesFieldNumber, before_one);
    }
    out_.message_field(common::AnyValue::kArrayValueFieldNumber, before);
  }

  void text(int number, std::string_view value) {
    out_.bytes_field(number, utf8_text(value, kLongestText, scratch_));
  }
  template <typename Id>
  void id(int number, const Id& id) {
    out_.bytes_field(number, {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }

  WireWriter& out_;
  std::string& scratch_;
};

}  // namespace

void write_protobuf(WireWriter& out, const Resource& resource, std::span<const Span> spans,
                    std::string& scratch) {
  out.clear();
  ProtobufBody(out, scratch).request(resource, spans);
}

}  // namespace hitwatch::trace
