#include "rules/promql/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

bool is_letter_or_digit(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
         (letter >= 'A' && letter <= 'Z');
}

// `_` stands between digits; the `0` of an octal and the `0x` of a hexadecimal number count as
// some.
bool are_underscores_placed_well(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    if (i == 0 || i + 1 == text.size()) return false;
    if (!is_letter_or_digit(text[i - 1]) || !is_letter_or_digit(text[i + 1])) return false;
    if (text[i - 1] == 'e' || text[i - 1] == 'E') {
      if (!text.starts_with("0x") && !text.starts_with("0X")) return false;
    }
  }
  return true;
}

std::optional<double> parse_integer(std::string_view digits) {
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-') {
    return std::nullopt;
  }
  return static_cast<double>(value);
}

// Of a number that a double cannot hold: is it too large, rather than too small?
bool is_above_one(std::string_view text) {
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  std::string_view digits = text.substr(0, mark);
  std::string_view exponent_text = text.substr(std::min(mark + 1, text.size()));
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  const bool negative = exponent_text.starts_with('-');
  std::int64_t exponent = 0;
  const auto read =
      std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (read.ec == std::errc::result_out_of_range) return !negative;
  const std::size_t point = std::min(digits.find('.'), digits.size());
  const std::size_t first = std::min(digits.find_first_of("123456789"), digits.size());
  const auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return places > -exponent;
}

std::string fault(std::string_view text, std::string_view what) {
  return fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}",
                     window::quoted(text), what);
}

}  // namespace

std::expected<double, std::string> parse_number(std::string_view text) {
  if (text.size() == 3 && (text[0] == 'i' || text[0] == 'I')) {
    return std::numeric_limits<double>::infinity();
  }
  if (text.size() == 3 && (text[0] == 'n' || text[0] == 'N')) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (!are_underscores_placed_well(text)) return std::unexpected(fault(text, "invalid syntax"));
  std::string digits(text);
  std::erase(digits, '_');
  if (const auto value = parse_integer(digits)) return *value;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size()) {
    return std::unexpected(fault(text, "invalid syntax"));
  }
  if (error == std::errc::result_out_of_range) {
    if (is_above_one(digits)) return std::unexpected(fault(text, "value out of range"));
    return 0;
  }
  return value;
}

}  // namespace hitwatch::promql
