// Number literals of PromQL, which are those of Go.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::promql {

// Decimal, `0x` hexadecimal, octal after a leading `0` (unless a digit is too large for that), with
// `_` between digits; `Inf` and `NaN` in any case. No sign. Too large a number is an error, too
// small a one is 0. The error is worded as Prometheus does.
std::expected<double, std::string> parse_number(std::string_view text);

}  // namespace hitwatch::promql
