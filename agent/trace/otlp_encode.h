// Spans as the body of an ExportTraceServiceRequest.
// https://opentelemetry.io/docs/specs/otlp/, trace.proto of OTLP 1.x
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "agent/trace/resource.h"
#include "agent/trace/settings.h"
#include "agent/trace/span.h"
#include "agent/trace/wire_writer.h"

namespace hitwatch::trace {

// The semantic conventions that names of spans and attributes are of.
constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.33.0";
constexpr std::string_view kScopeName = "hitwatch";
constexpr std::size_t kLongestText = 4096;  // bytes; longer ones are cut

// Span.flags and Link.flags: the low byte is that of W3C's `traceparent`; then whether it is known
// if the parent is of another process, and if it is. Parents are, of spans that serve a request.
constexpr std::uint32_t kSampledFlag = 0x001;
constexpr std::uint32_t kKnowsRemoteFlag = 0x100;
constexpr std::uint32_t kRemoteFlag = 0x200;
std::uint32_t flags_of(const Span& span);
std::uint32_t flags_of(const Link& link);

// One thread at a time. Texts become UTF-8 (utf8_text.h). Spans keep their order.
class OtlpEncoder {
 public:
  // Valid until the next call.
  std::string_view encode(Protocol protocol, const Resource& resource, std::span<const Span> spans);

 private:
  WireWriter wire_;
  std::string json_;
  std::string scratch_;
};

// What it is made of: both replace what is in the buffer; `scratch` is for texts.
void write_protobuf(WireWriter& out, const Resource& resource, std::span<const Span> spans,
                    std::string& scratch);
void write_json(std::string& out, const Resource& resource, std::span<const Span> spans,
                std::string& scratch);

// Nanoseconds since 1970; none before.
std::uint64_t unix_nanoseconds(Time time);

}  // namespace hitwatch::trace
