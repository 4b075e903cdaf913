// Durations in brackets and behind `offset`: `5m`, `2 * step()`, `-(1h + 5m)`.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "rules/promql/duration.h"
#include "rules/promql/functions.h"
#include "rules/promql/grammar.h"

namespace hitwatch::promql {

namespace {

bool is_arithmetic(const Token& token) {
  return token.kind == TokenKind::kBinary && token.binary <= BinaryOp::kPow;
}

bool is_zero(const Expr& expr) {
  const auto* number = std::get_if<NumberLiteral>(&expr.node);
  return number != nullptr && number->value == 0;
}

bool is_negative(const Expr& expr) {
  const auto* number = std::get_if<NumberLiteral>(&expr.node);
  return number != nullptr && std::signbit(number->value);
}

// A number without the parentheses around it, which hold no other parentheses.
ExprPtr bare(ExprPtr expr) {
  auto* paren = std::get_if<Paren>(&expr->node);
  if (paren == nullptr || !std::holds_alternative<NumberLiteral>(paren->expr->node)) return expr;
  return std::move(paren->expr);
}

// A constant is kept as milliseconds.
Duration make_duration(ExprPtr expr) {
  expr = bare(std::move(expr));
  if (const auto* number = std::get_if<NumberLiteral>(&expr->node)) {
    const double nanoseconds = std::round(number->value * 1e9);
    return {.milliseconds = static_cast<std::int64_t>(std::trunc(nanoseconds / 1e6)),
            .expression = nullptr};
  }
  return {.milliseconds = 0, .expression = std::move(expr)};
}

}  // namespace

Grammar::Result<Duration> Grammar::positive_duration(Wanted wanted) {
  Result<ExprPtr> expr = duration_expression(1, wanted);
  if (!expr) return std::unexpected(expr.error());
  const Span at = (*expr)->at;
  Duration duration = make_duration(std::move(*expr));
  if (!duration.expression && duration.milliseconds <= 0) {
    return fault(at, "duration must be greater than 0");
  }
  return duration;
}

// An arithmetic operator behind a number does not belong to the offset: `a offset 5m + b`. So it is
// with the other forms, except within their parentheses.
Grammar::Result<Duration> Grammar::offset_duration(Wanted wanted) {
  if (!is_sign()) {
    Result<ExprPtr> expr = duration_primary(wanted);
    if (!expr) return std::unexpected(expr.error());
    return make_duration(std::move(*expr));
  }
  const Token sign = take();
  Result<ExprPtr> operand = duration_primary(wanted);
  if (!operand) return std::unexpected(operand.error());
  Result<ExprPtr> expr = with_sign(sign, bare(std::move(*operand)));
  if (!expr) return std::unexpected(expr.error());
  return make_duration(std::move(*expr));
}

Grammar::Result<ExprPtr> Grammar::duration_expression(int least_precedence, Wanted wanted) {
  const Nesting nesting(*this);
  if (is_too_deep()) return too_deep(token_.at);
  Result<ExprPtr> left = duration_operand(wanted);
  while (left && is_arithmetic(token_)) {
    const int precedence = precedence_of(token_);
    if (precedence < least_precedence) break;
    const Token op = take();
    Result<ExprPtr> right =
        duration_expression(precedence == kPowPrecedence ? precedence : precedence + 1, wanted);
    if (!right) return right;
    if (is_zero(**right) && op.binary == BinaryOp::kDiv) return fault(op.at, "division by zero");
    if (is_zero(**right) && op.binary == BinaryOp::kMod) return fault(op.at, "modulo by zero");
    const Span at{.begin = (*left)->at.begin, .end = (*right)->at.end};
    Binary node;
    node.op = op.binary;
    node.left = std::move(*left);
    node.right = std::move(*right);
    left = make(std::move(node), ValueType::kScalar, at, op.at);
  }
  return left;
}

Grammar::Result<ExprPtr> Grammar::duration_operand(Wanted wanted) {
  if (!is_sign()) return duration_primary(wanted);
  const Token sign = take();
  Result<ExprPtr> operand = duration_expression(kPowPrecedence, wanted);
  if (!operand) return operand;
  return with_sign(sign, bare(std::move(*operand)));
}

Grammar::Result<ExprPtr> Grammar::duration_primary(Wanted wanted) {
  switch (token_.kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration: {
      const Result<NumberLiteral> value = literal();
      if (!value) return std::unexpected(value.error());
      // A NaN is not in range either.
      if (!(value->value <= kMaxDurationSeconds)) return fault(taken_, "duration out of range");
      return make(*value, ValueType::kScalar, taken_);
    }
    case TokenKind::kLeftParen:
      return duration_parenthesized(wanted);
    case TokenKind::kAggregator:
      if (token_.aggregate == AggregateOp::kMin || token_.aggregate == AggregateOp::kMax) {
        return duration_call(wanted);
      }
      break;
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return duration_call(wanted);
    default:
      break;
  }
  return unexpected_in(wanted.context, wanted.expected);
}

Grammar::Result<ExprPtr> Grammar::duration_parenthesized(Wanted wanted) {
  const Token open = take();
  Result<ExprPtr> inner = duration_expression(1, wanted);
  if (!inner) return inner;
  if (!accept(TokenKind::kRightParen)) return unexpected_in(wanted.context, wanted.expected);
  // Parentheses around a number are not kept, unless its sign needs them.
  *inner = bare(std::move(*inner));
  if (std::holds_alternative<NumberLiteral>((*inner)->node) && !is_negative(**inner)) {
    return inner;
  }
  return make(Paren{.expr = std::move(*inner)}, ValueType::kScalar, since(open.at));
}

// step(), range(), min_of(a, b), max_of(a, b); the last two were once called min and max.
Grammar::Result<ExprPtr> Grammar::duration_call(Wanted wanted) {
  const Token name = take();
  std::string_view text;
  switch (name.kind) {
    case TokenKind::kStep:
      text = "step";
      break;
    case TokenKind::kRange:
      text = "range";
      break;
    case TokenKind::kMinOf:
      text = "min_of";
      break;
    case TokenKind::kMaxOf:
      text = "max_of";
      break;
    default:
      text = name.aggregate == AggregateOp::kMin ? "min_of" : "max_of";
      break;
  }
  Call node;
  node.function = find_function(text);
  if (!accept(TokenKind::kLeftParen)) return unexpected_in(wanted.context, wanted.expected);
  for (std::size_t i = 0; i < node.function->arguments.size(); ++i) {
    if (i > 0 && !accept(TokenKind::kComma)) {
      return unexpected_in(wanted.context, wanted.expected);
    }
    Result<ExprPtr> argument = duration_expression(1, wanted);
    if (!argument) return argument;
    node.arguments.push_back(std::move(*argument));
  }
  if (!accept(TokenKind::kRightParen)) return unexpected_in(wanted.context, wanted.expected);
  return make(std::move(node), ValueType::kScalar, since(name.at), name.at);
}

}  // namespace hitwatch::promql
