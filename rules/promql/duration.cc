#include "rules/promql/duration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "rules/promql/functions.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
  bool whole;  // printed only if nothing is left over
};
constexpr std::int64_t kDay = 24LL * 3600 * 1000;
constexpr auto kUnits = std::to_array<Unit>({{"y", 365 * kDay, true},
                                             {"w", 7 * kDay, true},
                                             {"d", kDay, true},
                                             {"h", 3'600'000, false},
                                             {"m", 60'000, false},
                                             {"s", 1000, false},
                                             {"ms", 1, false}});
constexpr std::int64_t kMaxMilliseconds = std::numeric_limits<std::int64_t>::max() / 1'000'000;

using Seconds = std::expected<double, ParseError>;

std::unexpected<ParseError> fault(const Expr& expr, std::string text) {
  return std::unexpected(ParseError{.at = expr.at, .text = std::move(text)});
}

Seconds seconds(const Expr& expr, QueryTimes times);

Seconds binary_seconds(const Expr& expr, const Binary& node, QueryTimes times) {
  const Seconds left = seconds(*node.left, times);
  if (!left) return left;
  const Seconds right = seconds(*node.right, times);
  if (!right) return right;
  switch (node.op) {
    case BinaryOp::kAdd:
      return *left + *right;
    case BinaryOp::kSub:
      return *left - *right;
    case BinaryOp::kMul:
      return *left * *right;
    case BinaryOp::kDiv:
      if (*right == 0) return fault(expr, "division by zero");
      return *left / *right;
    case BinaryOp::kMod:
      if (*right == 0) return fault(expr, "modulo by zero");
      return std::fmod(*left, *right);
    case BinaryOp::kPow:
      return std::pow(*left, *right);
    default:
      return fault(expr, "no operator of durations");
  }
}

Seconds call_seconds(const Expr& expr, const Call& node, QueryTimes times) {
  switch (node.function->id) {
    case FunctionId::kStep:
      return static_cast<double>(times.step) / 1000;
    case FunctionId::kRange:
      return static_cast<double>(times.range) / 1000;
    case FunctionId::kMinOf:
    case FunctionId::kMaxOf: {
      const Seconds left = seconds(*node.arguments[0], times);
      if (!left) return left;
      const Seconds right = seconds(*node.arguments[1], times);
      if (!right) return right;
      return node.function->id == FunctionId::kMinOf ? std::min(*left, *right)
                                                     : std::max(*left, *right);
    }
    default:
      return fault(expr, "no function of durations");
  }
}

Seconds seconds(const Expr& expr, QueryTimes times) {
  if (const auto* number = std::get_if<NumberLiteral>(&expr.node)) return number->value;
  if (const auto* paren = std::get_if<Paren>(&expr.node)) return seconds(*paren->expr, times);
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    return binary_seconds(expr, *binary, times);
  }
  if (const auto* call = std::get_if<Call>(&expr.node)) return call_seconds(expr, *call, times);
  if (const auto* unary = std::get_if<Unary>(&expr.node)) {
    const Seconds value = seconds(*unary->expr, times);
    if (!value) return value;
    return unary->minus ? -*value : *value;
  }
  return fault(expr, "no duration");
}

}  // namespace

std::expected<std::int64_t, std::string> parse_duration(std::string_view text) {
  if (text.empty()) return std::unexpected("empty duration string");
  if (text == "0") return 0;
  std::int64_t total = 0;
  const auto* unit = kUnits.begin();
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    const std::string_view name(read.ptr, rest.data() + rest.size());
    const std::string_view letters = name.substr(0, name.find_first_of("0123456789"));
    unit = std::find_if(unit, kUnits.end(),
                        [&](const Unit& candidate) { return candidate.name == letters; });
    if (read.ec == std::errc::invalid_argument || unit == kUnits.end() || rest.front() == '-') {
      return std::unexpected(fmt::format("not a valid duration string: {}", window::quoted(text)));
    }
    if (read.ec == std::errc::result_out_of_range ||
        count > (kMaxMilliseconds - total) / unit->milliseconds) {
      return std::unexpected("duration out of range");
    }
    total += count * unit->milliseconds;
    ++unit;
    rest = name.substr(letters.size());
  }
  return total;
}

std::string print_duration(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  std::string out = milliseconds < 0 ? "-" : "";
  std::int64_t rest = std::abs(milliseconds);
  for (const Unit& unit : kUnits) {
    if (unit.whole && rest % unit.milliseconds != 0) continue;
    if (rest >= unit.milliseconds) {
      out += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
      rest %= unit.milliseconds;
    }
  }
  return out;
}

std::expected<std::int64_t, ParseError> resolve(const Duration& duration, QueryTimes times,
                                                bool positive) {
  if (!duration.expression) return duration.milliseconds;
  const Expr& expr = *duration.expression;
  const Seconds value = seconds(expr, times);
  if (!value) return std::unexpected(value.error());
  if (!(std::abs(*value) < kMaxDurationSeconds)) return fault(expr, "duration is out of range");
  const auto milliseconds = static_cast<std::int64_t>(std::trunc(*value * 1000));
  if (positive && milliseconds <= 0) return fault(expr, "duration must be greater than 0");
  return milliseconds;
}

}  // namespace hitwatch::promql
