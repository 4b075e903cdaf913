#include "rules/templates/float_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <system_error>

#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

// No double has more digits than that, so more precision only adds zeros.
constexpr int kAllDigits = 1100;

std::string converted(double value, std::chars_format format, std::optional<int> precision) {
  std::array<char, kAllDigits + 400> buffer;
  const auto result =
      precision ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format,
                                std::min(*precision, kAllDigits))
                : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return {buffer.data(), result.ptr};
}

// Decimal digits without trailing zeros and the exponent of the first one.
struct Decimal {
  std::string digits;
  int exponent;
};

Decimal decimal(double value, std::optional<int> digits) {
  const auto text = converted(std::fabs(value), std::chars_format::scientific,
                              digits ? std::optional(*digits - 1) : std::nullopt);
  const auto e = text.find('e');
  Decimal out{text.substr(0, 1), 0};
  if (e > 1) out.digits += text.substr(2, e - 2);
  while (out.digits.size() > 1 && out.digits.back() == '0') out.digits.pop_back();
  const auto start = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(start, text.data() + text.size(), out.exponent);
  return out;
}

std::string general(double value, std::optional<int> precision, bool upper_case) {
  const auto [digits, exponent] =
      decimal(value, precision ? std::optional(std::clamp(*precision, 1, kAllDigits)) : precision);
  const int count = static_cast<int>(digits.size());
  std::string out = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= (precision ? std::max(*precision, 1) : 6)) {
    out += digits[0];
    if (count > 1) out += '.' + digits.substr(1);
    return out + fmt::format("{}{}{:02}", upper_case ? 'E' : 'e', exponent < 0 ? '-' : '+',
                             std::abs(exponent));
  }
  if (exponent < 0) return out + "0." + std::string(-exponent - 1, '0') + digits;
  if (count <= exponent + 1) return out + digits + std::string(exponent + 1 - count, '0');
  return out + digits.substr(0, exponent + 1) + '.' + digits.substr(exponent + 1);
}

// Of a number that is out of range: whether it is too small rather than too large.
bool is_tiny(std::string_view digits, bool hexadecimal) {
  const auto exponent = digits.find(hexadecimal ? 'p' : 'e');
  if (exponent != std::string_view::npos && exponent + 1 < digits.size()) {
    return digits[exponent + 1] == '-';
  }
  return digits.starts_with('0') || digits.starts_with('.');
}

}  // namespace

std::string format_float(double value, char verb, std::optional<int> precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  if (verb == 'g' || verb == 'G') return general(value, precision, verb == 'G');
  auto out = converted(
      value, verb == 'f' ? std::chars_format::fixed : std::chars_format::scientific, precision);
  const int zeros = std::max(precision.value_or(0) - kAllDigits, 0);
  const auto e = verb == 'f' ? out.size() : out.find('e');
  out.insert(e, static_cast<std::size_t>(zeros), '0');
  if (verb == 'E') std::replace(out.begin(), out.end(), 'e', 'E');
  return out;
}

bool underscores_fit(std::string_view digits, bool after_prefix) {
  const auto is_digit = [](char c) { return c != '_' && c != '.' && c != '+' && c != '-'; };
  bool digit_before = after_prefix;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (digits[i] == '_' && !(digit_before && i + 1 < digits.size() && is_digit(digits[i + 1]))) {
      return false;
    }
    digit_before = is_digit(digits[i]);
  }
  return true;
}

std::string without_underscores(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c != '_'; });
  return out;
}

std::expected<double, std::string> parse_float(std::string_view text) {
  const auto fault = [&](std::string_view what) {
    return std::unexpected(fmt::format("strconv.ParseFloat: parsing {}: {}", quote(text), what));
  };
  auto digits = to_lower(text);
  const bool negative = digits.starts_with('-');
  const bool has_sign = negative || digits.starts_with('+');
  if (has_sign) digits.erase(0, 1);
  const bool hexadecimal = digits.starts_with("0x");
  if (hexadecimal) {
    digits.erase(0, 2);
    // Go wants the exponent that C++ leaves to the writer.
    if (digits.find('p') == std::string::npos) return fault("invalid syntax");
  }
  if (!underscores_fit(digits, hexadecimal)) return fault("invalid syntax");
  digits = without_underscores(digits);
  const bool is_name = digits == "inf" || digits == "infinity" || (digits == "nan" && !has_sign);
  const bool starts_well = digits.find_first_of("0123456789.") == 0 ||
                           (hexadecimal && digits.find_first_of("abcdef") == 0);
  if (hexadecimal ? !starts_well : !starts_well && !is_name) return fault("invalid syntax");
  double value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(
      digits.data(), end, value, hexadecimal ? std::chars_format::hex : std::chars_format::general);
  if (stop != end || error == std::errc::invalid_argument) return fault("invalid syntax");
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(digits, hexadecimal)) return fault("value out of range");
    value = 0;
  }
  return negative ? -value : value;
}

}  // namespace hitwatch::templates
