// The figures of a row as short texts. What is not known is "".
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace hitwatch::cli {

// "12345" where `columns` (at least 5) suffice, else "12.3k", "1.23M".
std::string count_text(double count, std::size_t columns);
// Per second: "0.25", "12.5", "340".
std::string rate_text(double per_second);
// 0 to 1 as "92.8"; "100.0" only where nothing is missing.
std::string percent_text(std::optional<double> ratio);
// Half of the interval in percent, "±1.9".
std::string margin_text(std::optional<double> low, std::optional<double> high);
// "400µs", "2.1ms", "1.5s"; at most 5 columns.
std::string latency_text(std::optional<double> seconds);

}  // namespace hitwatch::cli
