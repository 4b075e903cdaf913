// OTLP/JSON: an ExportMetricsServiceRequest in protobuf's format instead.
//
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: keys in lowerCamelCase, trace
// and span ids in hex, enums as numbers (their names are taken, too), 64-bit integers as text or
// numbers, unknown fields skipped.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::apps {

// The body translated, or a sentence on its first fault. The translation is as a rule smaller than
// the body, and never more than a few times as large.
std::expected<std::string, std::string> otlp_from_json(std::string_view body);

}  // namespace hitwatch::apps
