// Numbers as StatsD lines have them.
#pragma once

#include <string_view>

namespace hitwatch::apps {

// Reads the whole of `text` as a decimal number, with or without fraction and exponent. False for
// other bases, infinities, NaN, a leading "+" (values may have one, rates not), blanks, and what a
// double cannot hold (1e400, 1e-400).
bool parse_number(std::string_view text, double& out);

}  // namespace hitwatch::apps
