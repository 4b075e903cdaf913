// Numbers as Go reads, writes and compares them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::promql {

// All of these are the shortest that read back as the same number; NaN, +Inf and -Inf.
std::string format_plain(double value);    // never an exponent: count_values, printed expressions
std::string format_json(double value);     // an exponent below 1e-6 and from 1e21: the HTTP API
std::string format_general(double value);  // an exponent below 1e-4 and from 1e6: texts (%g, %v)
// %.<digits>g: an exponent below 1e-4 and where there are more digits before the point.
std::string format_general(double value, int digits);

// Go's strconv.ParseFloat: decimal or hexadecimal (whose exponent `p` is needed), any case of inf,
// infinity and nan. No underscores. None if the text is anything else or beyond what a double
// holds.
std::optional<double> parse_go_float(std::string_view text);

// Go's math.Min and math.Max: an infinity that wins in any case wins over NaN, NaN over numbers.
double min_as_go(double left, double right);
double max_as_go(double left, double right);

// round(): to the nearest multiple of `unit`, halves upwards.
double round_to(double value, double unit);
// sgn(): -1, 0 or 1; NaN and zeros as they are.
double sign(double value);

}  // namespace hitwatch::promql
