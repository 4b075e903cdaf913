#include "agent/cli/sink_spans.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "agent/net/http_words.h"
#include "agent/net/rfc3339.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"

namespace hitwatch::cli {
namespace {

using nlohmann::ordered_json;
namespace pb = opentelemetry::proto;

constexpr auto kKinds = std::to_array<std::string_view>(
    {"unspecified", "internal", "server", "client", "producer", "consumer"});
constexpr auto kStatuses = std::to_array<std::string_view>({"unset", "ok", "error"});
constexpr std::string_view kServiceName = "service.name";

// What both encodings have, before it is written down.
struct SpanFacts {
  std::string service;
  std::string name;
  std::size_t kind = 0;
  std::uint64_t start = 0;  // nanoseconds since 1970
  std::uint64_t end = 0;
  std::size_t status = 0;
  std::string status_message;
  std::string trace_id;  // hexadecimal
  std::string span_id;
  std::string parent_span_id;
  ordered_json attributes;
  ordered_json events;
};

std::string_view word_of(std::span<const std::string_view> words, std::size_t number) {
  return number < words.size() ? words[number] : "unknown";
}

ordered_json span_json(SpanFacts facts) {
  constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;
  const auto start = static_cast<std::int64_t>(facts.start / kNanosecondsPerMillisecond);
  // Before it is a double, which has too few digits for times; it may be below 0.
  const auto nanoseconds = static_cast<std::int64_t>(facts.end - facts.start);
  ordered_json span{{"service", std::move(facts.service)},
                    {"name", std::move(facts.name)},
                    {"kind", word_of(kKinds, facts.kind)},
                    {"start", net::format_rfc3339_milliseconds(start)},
                    {"durationMs", static_cast<double>(nanoseconds) / kNanosecondsPerMillisecond},
                    {"status", word_of(kStatuses, facts.status)}};
  if (!facts.status_message.empty()) span["statusMessage"] = std::move(facts.status_message);
  span["traceId"] = std::move(facts.trace_id);
  span["spanId"] = std::move(facts.span_id);
  if (!facts.parent_span_id.empty()) span["parentSpanId"] = std::move(facts.parent_span_id);
  if (!facts.attributes.empty()) span["attributes"] = std::move(facts.attributes);
  if (!facts.events.empty()) span["events"] = std::move(facts.events);
  return span;
}

std::string hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

// --- protobuf

ordered_json value_json(const pb::common::v1::AnyValue& value) {
  switch (value.value_case()) {
    case pb::common::v1::AnyValue::kStringValue:
      return value.string_value();
    case pb::common::v1::AnyValue::kBoolValue:
      return value.bool_value();
    case pb::common::v1::AnyValue::kIntValue:
      return value.int_value();
    case pb::common::v1::AnyValue::kDoubleValue:
      return value.double_value();
    case pb::common::v1::AnyValue::kArrayValue: {
      ordered_json list = ordered_json::array();
      for (const auto& item : value.array_value().values()) list.push_back(value_json(item));
      return list;
    }
    case pb::common::v1::AnyValue::VALUE_NOT_SET:
      break;
  }
  return nullptr;
}

ordered_json attributes_json(const auto& attributes) {
  ordered_json object = ordered_json::object();
  for (const auto& attribute : attributes) object[attribute.key()] = value_json(attribute.value());
  return object;
}

ordered_json span_of(const pb::trace::v1::Span& span, std::string service) {
  ordered_json events = ordered_json::array();
  for (const auto& event : span.events()) events.push_back(event.name());
  return span_json({.service = std::move(service),
                    .name = span.name(),
                    .kind = static_cast<std::size_t>(span.kind()),
                    .start = span.start_time_unix_nano(),
                    .end = span.end_time_unix_nano(),
                    .status = static_cast<std::size_t>(span.status().code()),
                    .status_message = span.status().message(),
                    .trace_id = hexadecimal(span.trace_id()),
                    .span_id = hexadecimal(span.span_id()),
                    .parent_span_id = hexadecimal(span.parent_span_id()),
                    .attributes = attributes_json(span.attributes()),
                    .events = std::move(events)});
}

std::expected<ordered_json, std::string> read_protobuf(std::string_view body) {
  pb::collector::trace::v1::ExportTraceServiceRequest request;
  if (!request.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return std::unexpected("the body is no ExportTraceServiceRequest");
  }
  ordered_json spans = ordered_json::array();
  for (const auto& of_resource : request.resource_spans()) {
    std::string service;
    for (const auto& attribute : of_resource.resource().attributes()) {
      if (attribute.key() == kServiceName) service = attribute.value().string_value();
    }
    for (const auto& of_scope : of_resource.scope_spans()) {
      for (const auto& span : of_scope.spans()) spans.push_back(span_of(span, service));
    }
  }
  return spans;
}

// --- JSON: whatever is missing or of another type counts as empty

const ordered_json& part_of(const ordered_json& object, const char* key) {
  static const ordered_json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(key);
  return found == object.end() ? nothing : *found;
}

std::string text_of(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : "";
}

// A number of 64 bits, which JSON has as a string.
template <typename Number>
Number number_of(const ordered_json& value) {
  if (value.is_number_unsigned() || value.is_number_integer()) return value.get<Number>();
  const std::string text = text_of(value);
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

ordered_json plain_value(const ordered_json& value) {
  for (const char* key : {"stringValue", "boolValue", "doubleValue"}) {
    if (const ordered_json& given = part_of(value, key); !given.is_null()) return given;
  }
  if (const ordered_json& given = part_of(value, "intValue"); !given.is_null()) {
    return number_of<std::int64_t>(given);
  }
  const ordered_json& list = part_of(part_of(value, "arrayValue"), "values");
  if (!list.is_array()) return nullptr;
  ordered_json values = ordered_json::array();
  for (const ordered_json& item : list) values.push_back(plain_value(item));
  return values;
}

ordered_json plain_attributes(const ordered_json& list) {
  ordered_json object = ordered_json::object();
  if (!list.is_array()) return object;
  for (const ordered_json& entry : list) {
    object[text_of(part_of(entry, "key"))] = plain_value(part_of(entry, "value"));
  }
  return object;
}

ordered_json span_of(const ordered_json& span, std::string service) {
  ordered_json events = ordered_json::array();
  for (const ordered_json& event : part_of(span, "events")) {
    events.push_back(text_of(part_of(event, "name")));
  }
  const ordered_json& status = part_of(span, "status");
  return span_json({.service = std::move(service),
                    .name = text_of(part_of(span, "name")),
                    .kind = number_of<std::size_t>(part_of(span, "kind")),
                    .start = number_of<std::uint64_t>(part_of(span, "startTimeUnixNano")),
                    .end = number_of<std::uint64_t>(part_of(span, "endTimeUnixNano")),
                    .status = number_of<std::size_t>(part_of(status, "code")),
                    .status_message = text_of(part_of(status, "message")),
                    .trace_id = text_of(part_of(span, "traceId")),
                    .span_id = text_of(part_of(span, "spanId")),
                    .parent_span_id = text_of(part_of(span, "parentSpanId")),
                    .attributes = plain_attributes(part_of(span, "attributes")),
                    .events = std::move(events)});
}

std::expected<ordered_json, std::string> read_json(std::string_view body) {
  const ordered_json request = ordered_json::parse(body, nullptr, false);
  const ordered_json& resources = part_of(request, "resourceSpans");
  if (request.is_discarded() || !(resources.is_array() || resources.is_null())) {
    return std::unexpected("the body is no JSON with resourceSpans");
  }
  ordered_json spans = ordered_json::array();
  for (const ordered_json& of_resource : resources) {
    const ordered_json attributes =
        plain_attributes(part_of(part_of(of_resource, "resource"), "attributes"));
    const std::string service = text_of(part_of(attributes, "service.name"));
    for (const ordered_json& of_scope : part_of(of_resource, "scopeSpans")) {
      for (const ordered_json& span : part_of(of_scope, "spans")) {
        spans.push_back(span_of(span, service));
      }
    }
  }
  return spans;
}

}  // namespace

std::expected<SpanEncoding, std::string> span_encoding(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(' ') + 1);
  for (const SpanEncoding encoding : {SpanEncoding::kProtobuf, SpanEncoding::kJson}) {
    if (net::equal_ignoring_case(type, content_type_of(encoding))) return encoding;
  }
  return std::unexpected("the Content-Type of spans is application/x-protobuf or application/json");
}

std::string_view content_type_of(SpanEncoding encoding) {
  return encoding == SpanEncoding::kJson ? "application/json" : "application/x-protobuf";
}

std::string_view all_spans_taken(SpanEncoding encoding) {
  return encoding == SpanEncoding::kJson ? "{}" : "";  // no field of the message is set
}

std::expected<ordered_json, std::string> read_spans(SpanEncoding encoding, std::string_view body) {
  return encoding == SpanEncoding::kJson ? read_json(body) : read_protobuf(body);
}

}  // namespace hitwatch::cli
