// Numbers as StatsD lines have them.
#pragma once

#include <optional>
#include <string_view>

namespace hitwatch::apps {

// The whole of `text` as a decimal number, with or without fraction and exponent. Nothing for other
// bases, infinities, NaN, a leading "+", blanks, and what a double cannot hold (1e400, 1e-400).
std::optional<double> parse_number(std::string_view text);

}  // namespace hitwatch::apps
