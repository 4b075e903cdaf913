#include "rules/promql/go_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace hitwatch::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

// Significant digits, and where the point is: 0.d1d2… times 10 to the power of `point`.
struct Decimal {
  bool negative = false;
  std::string digits;
  int point = 0;
};

// `digits` < 0: as few as tell the number apart.
Decimal decimal_of(double value, int digits) {
  std::array<char, 64> buffer;
  char* const end =
      digits < 0
          ? std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific).ptr
          : std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::scientific,
                          std::min(digits, 40) - 1)
                .ptr;
  std::string_view text(buffer.begin(), end);
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative) text.remove_prefix(1);
  const std::size_t exponent = text.find('e');
  for (const char c : text.substr(0, exponent)) {
    if (c != '.') decimal.digits += c;
  }
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
  const std::size_t skip = text[exponent + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + exponent + skip, text.data() + text.size(), decimal.point);
  ++decimal.point;
  return decimal;
}

std::string plain(const Decimal& decimal) {
  std::string out = decimal.negative ? "-" : "";
  const auto count = static_cast<int>(decimal.digits.size());
  if (decimal.point <= 0) {
    out += decimal.digits == "0" ? "0" : "0." + std::string(-decimal.point, '0') + decimal.digits;
  } else if (decimal.point >= count) {
    out += decimal.digits + std::string(decimal.point - count, '0');
  } else {
    out += decimal.digits.substr(0, decimal.point) + '.' + decimal.digits.substr(decimal.point);
  }
  return out;
}

std::string scientific(const Decimal& decimal) {
  std::string out = decimal.negative ? "-" : "";
  out += decimal.digits.front();
  if (decimal.digits.size() > 1) out += '.' + decimal.digits.substr(1);
  const int exponent = decimal.point - 1;
  out += exponent < 0 ? "e-" : "e+";
  if (std::abs(exponent) < 10) out += '0';
  return out + std::to_string(std::abs(exponent));
}

std::string format(double value, int digits, int least, int most) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  const Decimal decimal = decimal_of(value, digits);
  const int exponent = decimal.point - 1;
  if (value != 0 && (exponent < least || exponent >= most)) return scientific(decimal);
  return plain(decimal);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? left - 'A' + 'a' : left) == right;
  });
}

std::optional<double> parse_unsigned(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) return kInf;
  if (equal_ignoring_case(text, "nan")) return kNotANumber;
  auto kind = std::chars_format::general;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    if (text.find_first_of("pP") == text.npos) return std::nullopt;
    kind = std::chars_format::hex;
  }
  // from_chars would take a sign and words here, too.
  if (text.empty() ||
      (text.front() != '.' && !std::isxdigit(static_cast<unsigned char>(text.front())))) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, kind);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero to Go; what is too large ends in an exponent without a minus.
    const std::size_t exponent = text.find_last_of(kind == std::chars_format::hex ? "pP" : "eE");
    const bool small = exponent != text.npos && text.substr(exponent + 1).starts_with('-');
    if (small) return 0;
    return std::nullopt;
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

std::string format_plain(double value) {
  return format(value, -1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
}

std::string format_json(double value) { return format(value, -1, -6, 21); }

std::string format_general(double value) { return format(value, -1, -4, 6); }

std::string format_general(double value, int digits) {
  return format(value, std::max(digits, 1), -4, std::max(digits, 1));
}

std::optional<double> parse_go_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto value = parse_unsigned(text);
  if (value && negative) return -*value;
  return value;
}

double min_as_go(double left, double right) {
  if (left == -kInf || right == -kInf) return -kInf;
  if (std::isnan(left) || std::isnan(right)) return kNotANumber;
  if (left == 0 && right == 0) return std::signbit(left) ? left : right;
  return std::min(left, right);
}

double max_as_go(double left, double right) {
  if (left == kInf || right == kInf) return kInf;
  if (std::isnan(left) || std::isnan(right)) return kNotANumber;
  if (left == 0 && right == 0) return std::signbit(left) ? right : left;
  return std::max(left, right);
}

double round_to(double value, double unit) {
  const double per_unit = 1 / unit;
  return std::floor(value * per_unit + 0.5) / per_unit;
}

double sign(double value) {
  if (value < 0) return -1;
  if (value > 0) return 1;
  return value;
}

}  // namespace hitwatch::promql
