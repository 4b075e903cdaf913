#include "rules/promql/grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rules/promql/ast_walk.h"
#include "rules/promql/duration.h"
#include "rules/promql/number.h"
#include "rules/promql/quoting.h"

namespace hitwatch::promql {

namespace {

int precedence_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return 1;
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      return 2;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
      return 4;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kAtan2:
      return kMulPrecedence;
    case BinaryOp::kPow:
      return kPowPrecedence;
    default:
      return 3;  // comparisons
  }
}

std::uint32_t height_of(const Duration& duration) {
  return duration.expression ? duration.expression->height : 0;
}

std::uint32_t height_of(const Modifiers& modifiers) {
  return modifiers.offset ? height_of(*modifiers.offset) : 0;
}

std::uint32_t height_below(const Expr& expr) {
  std::uint32_t height = 0;
  for_each_child(expr, [&](const Expr& child) { height = std::max(height, child.height); });
  if (const auto* vector = std::get_if<VectorSelector>(&expr.node)) {
    height = std::max(height, height_of(vector->modifiers));
  } else if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    height = std::max(height, height_of(matrix->range));
  } else if (const auto* subquery = std::get_if<Subquery>(&expr.node)) {
    height = std::max({height, height_of(subquery->range), height_of(subquery->modifiers)});
    if (subquery->step) height = std::max(height, height_of(*subquery->step));
  }
  return height;
}

}  // namespace

int precedence_of(const Token& token) {
  return token.kind == TokenKind::kBinary ? precedence_of(token.binary) : 0;
}

Grammar::Grammar(std::string_view text, std::size_t height)
    : height_(height), lexer_(text), token_(lexer_.next()) {}

Grammar::Result<ExprPtr> Grammar::whole_expression() {
  if (is(TokenKind::kEnd)) return fault({}, "no expression found in input");
  Result<ExprPtr> expr = expression(1);
  if (expr && !is(TokenKind::kEnd)) return unexpected();
  return expr;
}

Grammar::Result<ExprPtr> Grammar::expression(int least_precedence) {
  const Nesting nesting(*this);
  if (is_too_deep()) return too_deep(token_.at);
  Result<ExprPtr> left = unary();
  while (left) {
    const int precedence = precedence_of(token_);
    if (precedence == 0 || precedence < least_precedence) break;
    left = binary(std::move(*left), precedence);
  }
  return left;
}

Grammar::Result<ExprPtr> Grammar::binary(ExprPtr left, int precedence) {
  const Token op = take();
  Binary node;
  node.op = op.binary;
  if (const Status status = binary_modifiers(node); !status) {
    return std::unexpected(status.error());
  }
  // `^` alone is associative to the right.
  Result<ExprPtr> right = expression(precedence == kPowPrecedence ? precedence : precedence + 1);
  if (!right) return right;
  const bool scalars = left->type == ValueType::kScalar && (*right)->type == ValueType::kScalar;
  const Span at{.begin = left->at.begin, .end = (*right)->at.end};
  node.left = std::move(left);
  node.right = std::move(*right);
  return make(std::move(node), scalars ? ValueType::kScalar : ValueType::kVector, at, op.at);
}

Grammar::Result<ExprPtr> Grammar::unary() {
  if (!is_sign()) return postfixed();
  const Token sign = take();
  // A sign binds like a multiplication: what is below it ends before one.
  Result<ExprPtr> operand = expression(kPowPrecedence);
  if (!operand) return operand;
  return with_sign(sign, std::move(*operand));
}

Grammar::Result<ExprPtr> Grammar::with_sign(const Token& sign, ExprPtr operand) {
  const bool minus = sign.binary == BinaryOp::kSub;
  if (auto* number = std::get_if<NumberLiteral>(&operand->node)) {
    if (minus) number->value = -number->value;
    operand->at.begin = sign.at.begin;
    return operand;
  }
  const Span at{.begin = sign.at.begin, .end = operand->at.end};
  const ValueType type = operand->type;
  return make(Unary{.minus = minus, .expr = std::move(operand)}, type, at);
}

Grammar::Result<ExprPtr> Grammar::postfixed() {
  Result<ExprPtr> expr = primary();
  while (expr) {
    if (is(TokenKind::kLeftBracket)) {
      expr = range(std::move(*expr));
    } else if (is(TokenKind::kOffset)) {
      expr = offset(std::move(*expr));
    } else if (is(TokenKind::kAt)) {
      expr = at(std::move(*expr));
    } else if (is(TokenKind::kAnchored) || is(TokenKind::kSmoothed)) {
      return fault((*expr)->at, fmt::format("{} modifier is not supported",
                                            is(TokenKind::kAnchored) ? "anchored" : "smoothed"));
    } else {
      break;
    }
  }
  return expr;
}

Grammar::Result<ExprPtr> Grammar::primary() {
  switch (token_.kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return number();
    case TokenKind::kString:
      return string();
    case TokenKind::kLeftParen:
      return parenthesized();
    case TokenKind::kLeftBrace:
      return selector(nullptr);
    default:
      return may_name_metric(token_) ? word() : unexpected();
  }
}

Grammar::Result<ExprPtr> Grammar::number() {
  Result<NumberLiteral> value = literal();
  if (!value) return std::unexpected(value.error());
  return make(*value, ValueType::kScalar, taken_);
}

Grammar::Result<ExprPtr> Grammar::string() {
  std::string value = take_string();
  return make(StringLiteral{.value = std::move(value)}, ValueType::kString, taken_);
}

Grammar::Result<ExprPtr> Grammar::parenthesized() {
  const Token open = take();
  Result<ExprPtr> inner = expression(1);
  if (!inner) return inner;
  if (!accept(TokenKind::kRightParen)) return unexpected();
  const ValueType type = (*inner)->type;
  return make(Paren{.expr = std::move(*inner)}, type, since(open.at));
}

// A name begins a selector, a call or an aggregation.
Grammar::Result<ExprPtr> Grammar::word() {
  const Token name = take();
  if (name.kind == TokenKind::kAggregator) {
    return is_aggregation() ? aggregation(name) : selector(&name);
  }
  switch (name.kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kStart:
    case TokenKind::kStop:
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      if (is(TokenKind::kLeftParen)) return call(name);
      break;
    default:
      break;
  }
  return selector(&name);
}

Grammar::Result<NumberLiteral> Grammar::literal() {
  const Token token = take();
  if (token.kind == TokenKind::kNumber) {
    const auto value = parse_number(token.text);
    if (!value) return fault(token.at, value.error());
    return NumberLiteral{.value = *value};
  }
  const auto milliseconds = parse_duration(token.text);
  if (!milliseconds) return fault(token.at, milliseconds.error());
  return NumberLiteral{.value = static_cast<double>(*milliseconds) / 1000, .duration = true};
}

std::string Grammar::take_string() {
  // The lexer has looked at its escapes.
  return unquote(take().text).value_or(std::string());
}

Grammar::Result<ExprPtr> Grammar::make(Expr::Node node, ValueType type, Span at, Span head) {
  auto expr =
      std::make_unique<Expr>(Expr{.node = std::move(node), .type = type, .at = at, .head = head});
  expr->height = height_below(*expr) + 1;
  if (expr->height > height_) return too_deep(head.end > 0 ? head : at);
  return expr;
}

bool Grammar::is_sign() const {
  return is(TokenKind::kBinary) &&
         (token_.binary == BinaryOp::kAdd || token_.binary == BinaryOp::kSub);
}

bool Grammar::accept(TokenKind kind) {
  if (!is(kind)) return false;
  advance();
  return true;
}

Token Grammar::take() {
  Token token = token_;
  advance();
  return token;
}

void Grammar::advance() {
  taken_ = token_.at;
  token_ = lexer_.next();
}

bool Grammar::comes_next(TokenKind kind) const {
  Lexer ahead = lexer_;
  return ahead.next().kind == kind;
}

Span Grammar::since(Span begin) const { return {.begin = begin.begin, .end = taken_.end}; }

std::unexpected<ParseError> Grammar::unexpected() const {
  return unexpected_in(aggregations_ > 0 ? "aggregation" : "", "");
}

std::unexpected<ParseError> Grammar::unexpected_in(std::string_view context,
                                                   std::string_view expected) const {
  if (is(TokenKind::kError)) return fault(token_.at, token_.error);
  std::string text = "unexpected " + describe(token_);
  if (!context.empty()) text += fmt::format(" in {}", context);
  if (!expected.empty()) text += fmt::format(", expected {}", expected);
  return fault(token_.at, std::move(text));
}

std::unexpected<ParseError> Grammar::fault(Span at, std::string text) {
  return std::unexpected(ParseError{.at = at, .text = std::move(text)});
}

std::unexpected<ParseError> Grammar::too_deep(Span at) const {
  return fault(at, fmt::format("expression is nested too deeply: more than {} levels", height_));
}

}  // namespace hitwatch::promql
