// What follows a selector or another expression: `[…]`, `offset …`, `@ …`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "rules/promql/grammar.h"

namespace hitwatch::promql {

namespace {

// Milliseconds, about 71,000 years: up to here, what is printed with three decimals is read as the
// same time.
constexpr double kMaxAt = 2'251'799'813'685'248;

Modifiers* modifiers_of(Expr& expr) {
  if (auto* vector = std::get_if<VectorSelector>(&expr.node)) return &vector->modifiers;
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return modifiers_of(*matrix->vector);
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) return &subquery->modifiers;
  return nullptr;
}

std::string misplaced(std::string_view modifier) {
  return fmt::format(
      "{} modifier must be preceded by an instant vector selector or range vector selector or a "
      "subquery",
      modifier);
}

std::string c_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:.6f}", value);
}

}  // namespace

Grammar::Result<ExprPtr> Grammar::range(ExprPtr expr) {
  const Token bracket = take();
  Result<Duration> length = positive_duration({.context = "subquery or range selector",
                                               .expected = "number, duration, step(), or range()"});
  if (!length) return std::unexpected(length.error());
  if (accept(TokenKind::kRightBracket)) {
    return range_selector(std::move(expr), bracket, std::move(*length));
  }
  if (!accept(TokenKind::kColon)) return unexpected_in("subquery or range", "\":\" or \"]\"");
  return subquery(std::move(expr), std::move(*length));
}

Grammar::Result<ExprPtr> Grammar::range_selector(ExprPtr expr, const Token& bracket,
                                                 Duration range) {
  const auto* selector = std::get_if<VectorSelector>(&expr->node);
  const Span brackets = since(bracket.at);
  if (selector == nullptr) return fault(brackets, "ranges only allowed for vector selectors");
  if (selector->modifiers.offset) {
    return fault(brackets, "no offset modifiers allowed before range");
  }
  if (selector->modifiers.at != Modifiers::At::kNone) {
    return fault(brackets, "no @ modifiers allowed before range");
  }
  const Span at = since(expr->at);
  return make(MatrixSelector{.vector = std::move(expr), .range = std::move(range)},
              ValueType::kMatrix, at);
}

Grammar::Result<ExprPtr> Grammar::subquery(ExprPtr expr, Duration range) {
  Subquery node;
  node.range = std::move(range);
  if (!is(TokenKind::kRightBracket)) {
    Result<Duration> step =
        positive_duration({.context = "subquery selector",
                           .expected = "number, duration, step(), range(), or \"]\""});
    if (!step) return std::unexpected(step.error());
    node.step = std::move(*step);
  }
  if (!accept(TokenKind::kRightBracket)) return unexpected_in("subquery selector", "\"]\"");
  const Span at = since(expr->at);
  node.expr = std::move(expr);
  return make(std::move(node), ValueType::kMatrix, at);
}

Grammar::Result<ExprPtr> Grammar::offset(ExprPtr expr) {
  advance();  // the keyword
  Result<Duration> length =
      offset_duration({.context = "offset", .expected = "number, duration, step(), or range()"});
  if (!length) return std::unexpected(length.error());
  Modifiers* modifiers = modifiers_of(*expr);
  if (modifiers == nullptr) return fault(expr->at, misplaced("offset"));
  if (modifiers->offset) return fault(expr->at, "offset may not be set multiple times");
  if (length->expression) expr->height = std::max(expr->height, length->expression->height + 1);
  if (expr->height > height_) return too_deep(expr->at);
  // No offset and one of nothing are the same, as they are to Prometheus.
  if (length->expression || length->milliseconds != 0) modifiers->offset = std::move(*length);
  expr->at = since(expr->at);
  return expr;
}

Grammar::Result<ExprPtr> Grammar::at(ExprPtr expr) {
  constexpr std::string_view kContext = "@";
  constexpr std::string_view kExpected = "timestamp";
  advance();  // the sign
  Modifiers found;
  if (is(TokenKind::kStart) || is(TokenKind::kStop)) {
    found.at = take().kind == TokenKind::kStart ? Modifiers::At::kStart : Modifiers::At::kEnd;
    if (!accept(TokenKind::kLeftParen) || !accept(TokenKind::kRightParen)) {
      return unexpected_in(kContext, kExpected);
    }
  } else {
    bool minus = false;
    if (is_sign()) minus = take().binary == BinaryOp::kSub;
    if (!is_literal()) return unexpected_in(kContext, kExpected);
    const Result<NumberLiteral> number = literal();
    if (!number) return std::unexpected(number.error());
    const double seconds = minus ? -number->value : number->value;
    const double milliseconds = std::round(seconds * 1000);
    if (!(std::abs(milliseconds) <= kMaxAt)) {
      return fault(expr->at,
                   fmt::format("timestamp out of bounds for @ modifier: {}", c_text(seconds)));
    }
    found.at = Modifiers::At::kTime;
    found.at_time = static_cast<std::int64_t>(milliseconds);
  }
  Modifiers* modifiers = modifiers_of(*expr);
  if (modifiers == nullptr) return fault(expr->at, misplaced("@"));
  if (modifiers->at != Modifiers::At::kNone) {
    return fault(expr->at, "@ <timestamp> may not be set multiple times");
  }
  modifiers->at = found.at;
  modifiers->at_time = found.at_time;
  expr->at = since(expr->at);
  return expr;
}

}  // namespace hitwatch::promql
