// What may stand between a binary operator and its right operand, and lists of labels.
#include <fmt/format.h>

#include <utility>

#include "rules/promql/grammar.h"
#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

Grammar::Status Grammar::binary_modifiers(Binary& node) {
  node.return_bool = accept(TokenKind::kBool);
  Matching& matching = node.matching;
  if (is(TokenKind::kOn) || is(TokenKind::kIgnoring)) {
    matching.given = true;
    matching.on = take().kind == TokenKind::kOn;
    Result<std::vector<std::string>> names = labels();
    if (!names) return std::unexpected(names.error());
    matching.labels = std::move(*names);
    if (is(TokenKind::kGroupLeft) || is(TokenKind::kGroupRight)) {
      const bool left = take().kind == TokenKind::kGroupLeft;
      matching.cardinality = left ? Cardinality::kManyToOne : Cardinality::kOneToMany;
      if (is(TokenKind::kLeftParen)) {
        Result<std::vector<std::string>> include = labels();
        if (!include) return std::unexpected(include.error());
        matching.include = std::move(*include);
      }
    }
  }
  return fills(matching);
}

// fill(…) for both sides, or fill_left(…) and fill_right(…) in any order. Without a parenthesis,
// the word is a metric.
Grammar::Status Grammar::fills(Matching& matching) {
  const auto is_fill = [&](TokenKind kind) {
    return is(kind) && comes_next(TokenKind::kLeftParen);
  };
  if (is_fill(TokenKind::kFill)) {
    const Result<double> value = fill_value();
    if (!value) return std::unexpected(value.error());
    matching.fill_left = *value;
    matching.fill_right = *value;
    return {};
  }
  for (;;) {
    std::optional<double>* side = nullptr;
    if (is_fill(TokenKind::kFillLeft)) side = &matching.fill_left;
    if (is_fill(TokenKind::kFillRight)) side = &matching.fill_right;
    if (side == nullptr || *side) return {};
    const Result<double> value = fill_value();
    if (!value) return std::unexpected(value.error());
    *side = *value;
  }
}

Grammar::Result<double> Grammar::fill_value() {
  advance();  // the word
  advance();  // the parenthesis, which is there
  bool minus = false;
  if (is_sign()) minus = take().binary == BinaryOp::kSub;
  if (!is_literal()) return unexpected();
  const Result<NumberLiteral> number = literal();
  if (!number) return std::unexpected(number.error());
  if (!accept(TokenKind::kRightParen)) return unexpected();
  return minus ? -number->value : number->value;
}

Grammar::Result<std::vector<std::string>> Grammar::labels() {
  constexpr std::string_view kContext = "grouping opts";
  std::vector<std::string> names;
  if (!accept(TokenKind::kLeftParen)) return unexpected_in(kContext, "\"(\"");
  while (!accept(TokenKind::kRightParen)) {
    Result<std::string> name = label();
    if (!name) return std::unexpected(name.error());
    names.push_back(std::move(*name));
    if (!is(TokenKind::kRightParen) && !accept(TokenKind::kComma)) {
      return unexpected_in(kContext, "\",\" or \")\"");
    }
  }
  return names;
}

Grammar::Result<std::string> Grammar::label() {
  if (may_name_label(token_)) return std::string(take().text);
  if (!is(TokenKind::kString)) return unexpected_in("grouping opts", "label");
  std::string name = take_string();
  if (name.empty() || !is_utf8(name)) {
    return fault(taken_, fmt::format("invalid label name for grouping: {}", window::quoted(name)));
  }
  return name;
}

}  // namespace hitwatch::promql
