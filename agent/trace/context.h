// Which span of which trace, and how that is told to others.
//
// W3C Trace Context, level 1: https://www.w3.org/TR/trace-context/
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::trace {

struct TraceId {
  std::array<std::uint8_t, 16> bytes{};
  bool valid() const { return *this != TraceId{}; }
  bool operator==(const TraceId&) const = default;
};

struct SpanId {
  std::array<std::uint8_t, 8> bytes{};
  bool valid() const { return *this != SpanId{}; }
  bool operator==(const SpanId&) const = default;
};

struct Context {
  TraceId trace;
  SpanId span;
  bool sampled = false;
  bool valid() const { return trace.valid() && span.valid(); }
  bool operator==(const Context&) const = default;
};

// Random ids, never all zero. Any thread.
TraceId new_trace_id();
SpanId new_span_id();

// Ids that are the same for the same text, and different for another: for what can be seen twice.
TraceId trace_id_of(std::string_view text);
SpanId span_id_of(std::string_view text);

// Lower-case hexadecimal: 32 and 16 digits.
std::string to_hex(const TraceId& id);
std::string to_hex(const SpanId& id);
// Of that many hexadecimal digits in either case; nothing of another text, or if all are zero.
std::optional<TraceId> parse_trace_id(std::string_view text);
std::optional<SpanId> parse_span_id(std::string_view text);

// The header `traceparent` (section 3.2): `00-<trace>-<span>-<flags>`, flags 01 if sampled.
std::string to_traceparent(const Context& context);
// Nothing if it is none, or of the version ff; of higher versions than 00 what 00 has (3.2.2, 4.3).
std::optional<Context> parse_traceparent(std::string_view header);

}  // namespace hitwatch::trace
