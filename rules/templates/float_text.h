// Numbers as Go writes them (strconv.FormatFloat) and reads them (strconv.ParseFloat).
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::templates {

// `verb` is one of e, E, f, g and G; without a precision the shortest text that reads back as the
// same number. g writes an exponent below 1e-4 and from 10 to the power of the precision on (6 if
// there is none). Infinities are `+Inf` and `-Inf`, and NaN is `NaN`.
std::string format_float(double value, char verb, std::optional<int> precision = std::nullopt);

// `1`, `-1.5e3`, `.5`, `1_000`, `0x1p-2`, `inf`, `NaN`. The error is the one that Go would answer:
// `strconv.ParseFloat: parsing "x": invalid syntax`.
std::expected<double, std::string> parse_float(std::string_view text);

// Whether the underscores in a number are only between its digits, or between a base prefix and a
// digit. `after_prefix`: the prefix has been cut off.
bool underscores_fit(std::string_view digits, bool after_prefix);
std::string without_underscores(std::string_view text);

}  // namespace hitwatch::templates
