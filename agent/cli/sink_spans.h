// Spans that `hitwatch sink` is sent: the body of POST /v1/traces in OTLP/HTTP.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hitwatch::cli {

enum class SpanEncoding : std::uint8_t { kProtobuf, kJson };

// By the Content-Type; an error if it is none of OTLP's two.
std::expected<SpanEncoding, std::string> span_encoding(std::string_view content_type);
// "application/x-protobuf", "application/json"
std::string_view content_type_of(SpanEncoding encoding);

// All spans of a request, the same for both encodings, in the order of the request:
//
//   [{"service","name","kind","start","durationMs","status","statusMessage","traceId","spanId",
//     "parentSpanId","attributes":{…},"events":[names]}]
//
// of which what is empty is left out. The error is a sentence.
std::expected<nlohmann::ordered_json, std::string> read_spans(SpanEncoding encoding,
                                                              std::string_view body);

// ExportTraceServiceResponse without a partial success.
std::string_view all_spans_taken(SpanEncoding encoding);

// A line for each span of what read_spans gives: when it began, how long it took, of which service
// it is, its name, status, a few attributes and events, its trace. Fit for a terminal.
std::string spans_text(const nlohmann::ordered_json& spans);

}  // namespace hitwatch::cli
