// The body of POST /v1/lookups: one JSON object, an array of them, or one a line (NDJSON).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "agent/trace/context.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

constexpr std::size_t kMaxLookupsBody = 8U << 20;  // bytes, unpacked
constexpr std::size_t kMaxReports = 100'000;       // in one body

// One object. `{"tenant","type","key","operation","layer","result","count","latency_ms","trace_id",
// "span_id"}`, of which `result` must be there ("hit", "miss" or "error"); `count` is a whole
// number from 1 (default 1) and `latency_ms` what each of these lookups took. `trace_id` (32
// hexadecimal digits, not all zero) and, with it, `span_id` (16) say where one of them is traced.
struct Report {
  std::string tenant;
  std::string type;
  std::string key;
  std::string operation;
  std::string layer;
  lookups::Outcome outcome = lookups::Outcome::kHit;
  double count = 1;
  double latency_seconds = -1;  // below 0: not given
  trace::TraceId trace = {};    // not valid: not given
  trace::SpanId span = {};

  lookups::Subject subject() const {
    return {.tenant = tenant, .type = type, .key = key, .operation = operation, .layer = layer};
  }
};

// What is wrong, as a sentence, and in which line of the body, from 1.
struct BodyFault {
  std::size_t line;
  std::string text;
};

// All reports, or the first fault: nothing of a faulty body is counted, so it can be mended and
// sent again.
std::expected<std::vector<Report>, BodyFault> parse_lookups_body(std::string_view body);

}  // namespace hitwatch::apps
