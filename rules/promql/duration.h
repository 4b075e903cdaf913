// Lengths of time: `1h30m`, and the expressions that durations may be.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "rules/promql/ast.h"
#include "rules/promql/position.h"

namespace hitwatch::promql {

// The longest that Prometheus can hold, about 292 years.
constexpr double kMaxDurationSeconds = 9'223'372'036.854775807;

// Milliseconds of `1y2w3d4h5m6s7ms` (each at most once, in this order) or `0`. A year has 365 days.
// The error is worded as Prometheus does.
std::expected<std::int64_t, std::string> parse_duration(std::string_view text);
// `1h30m`; years, weeks and days only where nothing is left over: `25h`, `8d`. `-5m`, `0s`.
std::string print_duration(std::int64_t milliseconds);

// What duration expressions may ask about the query: of an instant query, both are 0.
struct QueryTimes {
  std::int64_t step = 0;   // ms, step()
  std::int64_t range = 0;  // ms, range(): from the start to the end
};

// What a duration is worth. Ranges and steps must be `positive`; offsets need not. Rounded towards
// zero to milliseconds.
std::expected<std::int64_t, ParseError> resolve(const Duration& duration, QueryTimes times,
                                                bool positive);

}  // namespace hitwatch::promql
