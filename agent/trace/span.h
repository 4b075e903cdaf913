// Spans as OpenTelemetry's trace data model has them: what the stages of the daemon hand to the
// Tracer (tracer.h), and what the exporter sends.
// https://opentelemetry.io/docs/specs/otel/trace/api/ and
// https://github.com/open-telemetry/opentelemetry-proto, trace.proto
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/trace/context.h"

namespace hitwatch::trace {

// Nanoseconds since 1970, of the system's clock.
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;

using Value = std::variant<std::string, bool, std::int64_t, double, std::vector<std::string>>;

struct Attribute {
  std::string_view key;  // static text
  Value value;
  bool operator==(const Attribute&) const = default;
};
using Attributes = std::vector<Attribute>;

struct Event {
  Time time;
  std::string name;
  Attributes attributes = {};
  bool operator==(const Event&) const = default;
};

struct Link {
  Context to;
  Attributes attributes = {};
  bool operator==(const Link&) const = default;
};

// The numbers are those of OTLP.
enum class Kind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3 };
enum class Status : std::uint8_t { kUnset = 0, kOk = 1, kError = 2 };

struct Span {
  Context context;
  SpanId parent = {};  // not valid: it is the root of its trace
  std::string name;
  Kind kind = Kind::kInternal;
  Time start;
  Time end;
  Attributes attributes = {};
  std::vector<Event> events = {};
  std::vector<Link> links = {};
  Status status = Status::kUnset;
  std::string status_message = {};  // of kError
  // Called once, on any thread, when the receiver has taken the span, or it was given up: refused
  // for good, expired, or no room in the queue. Not if the daemon ends before: then it was neither.
  // Must not record spans. May be empty.
  std::function<void()> settled = {};
};

}  // namespace hitwatch::trace
