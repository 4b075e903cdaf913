// What the `traces` section, the OTEL_* variables and the flag --otlp have in common.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/trace/settings.h"

namespace hitwatch::config {

// Where spans go below the base of a collector: its path and `/v1/traces`, by the OTLP
// specification (https://opentelemetry.io/docs/specs/otel/protocol/exporter/, "Endpoint URLs for
// OTLP/HTTP"). The error is a sentence about the URL that does not repeat it.
std::expected<std::string, std::string> traces_url(std::string_view base);

// The endpoint of `hitwatch run --otlp URL`: a base, or where spans go, if it ends `/v1/traces`.
std::expected<void, std::string> use_otlp(trace::Settings& settings, std::string_view url);

// Why `name` and `value` cannot be sent as a header, without the value; nothing if they can.
std::optional<std::string> header_fault(std::string_view name, std::string_view value);

// Sends `name` with that value, also where there is one of that name already, in whatever case.
void set_header(trace::Settings& settings, std::string_view name, net::SecretSource value);

struct SamplerName {
  std::string_view name;
  trace::SamplerKind kind;
  bool parent_based;
};
// Those of OTEL_TRACES_SAMPLER.
inline constexpr auto kSamplerNames = std::to_array<SamplerName>({
    {"always_on", trace::SamplerKind::kAlwaysOn, false},
    {"always_off", trace::SamplerKind::kAlwaysOff, false},
    {"traceidratio", trace::SamplerKind::kRatio, false},
    {"parentbased_always_on", trace::SamplerKind::kAlwaysOn, true},
    {"parentbased_always_off", trace::SamplerKind::kAlwaysOff, true},
    {"parentbased_traceidratio", trace::SamplerKind::kRatio, true},
});

inline constexpr auto kTraceProtocols =
    std::to_array<std::pair<std::string_view, trace::Protocol>>({
        {"http/protobuf", trace::Protocol::kProtobuf},
        {"http/json", trace::Protocol::kJson},
    });
inline constexpr std::string_view kNoGrpc =
    "grpc is not supported; collectors take http/protobuf, by default at port 4318";

inline constexpr auto kCompressions =
    std::to_array<std::pair<std::string_view, bool>>({{"gzip", true}, {"none", false}});

inline constexpr std::size_t kMostQueuedSpans = 1'000'000;
inline constexpr std::size_t kMostBatchSpans = 65'536;

// Where spans go and how many, in one line for people: "traces to http://localhost:4318/v1/traces
// (http/protobuf, gzip), 1% of healthy polls". What follows a `?` is not shown.
std::string describe_traces(const trace::Settings& settings);

}  // namespace hitwatch::config
