// Selectors: `up`, `up{job="redis"}`, `{"a.b", c=~"d|e"}`.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rules/promql/grammar.h"
#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

using window::Matcher;

constexpr std::string_view kContext = "label matching";
constexpr std::string_view kNameLabel = "__name__";

std::optional<Matcher::Kind> matcher_kind(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEqual:
      return Matcher::Kind::kEqual;
    case TokenKind::kMatches:
      return Matcher::Kind::kMatches;
    case TokenKind::kDoesNotMatch:
      return Matcher::Kind::kDoesNotMatch;
    case TokenKind::kBinary:
      return Matcher::Kind::kNotEqual;  // no other sign within braces
    default:
      return std::nullopt;
  }
}

// What another matcher of the name asks for, if there is one besides that which asks for `first`.
const std::string* second_name(const VectorSelector& node, const std::string& first) {
  const std::string* found = nullptr;
  bool seen = false;
  for (const Matcher& matcher : node.matchers) {
    if (matcher.name() != kNameLabel) continue;
    const bool is_first = matcher.kind() == Matcher::Kind::kEqual && matcher.value() == first;
    if (is_first && !seen) {
      seen = true;
    } else if (found == nullptr) {
      found = &matcher.value();
    }
  }
  return found;
}

}  // namespace

Grammar::Result<std::vector<Matcher>> Grammar::whole_selector() {
  if (!is(TokenKind::kLeftBrace) && !may_name_metric(token_)) return unexpected();
  Result<ExprPtr> expr;
  if (is(TokenKind::kLeftBrace)) {
    expr = selector(nullptr);
  } else {
    const Token name = take();
    expr = selector(&name);
  }
  if (!expr) return std::unexpected(expr.error());
  if (!is(TokenKind::kEnd)) return unexpected();
  return std::move(std::get<VectorSelector>((*expr)->node).matchers);
}

Grammar::Result<ExprPtr> Grammar::selector(const Token* name) {
  const Span begin = name != nullptr ? name->at : token_.at;
  VectorSelector node;
  InnerName inner;
  if (is(TokenKind::kLeftBrace)) {
    Result<InnerName> read = matchers(node);
    if (!read) return std::unexpected(read.error());
    inner = std::move(*read);
  }
  const Span at = since(begin);
  if (name != nullptr) {
    node.name = name->text;
    auto matcher = Matcher::make(Matcher::Kind::kEqual, std::string(kNameLabel), node.name);
    if (!matcher) return fault(at, matcher.error());
    node.matchers.push_back(std::move(*matcher));
  }
  if (name != nullptr || inner) {
    const std::string& first = name != nullptr ? node.name : *inner;
    const std::string* second = second_name(node, first);
    if (second != nullptr) {
      return fault(at, fmt::format("metric name must not be set twice: {} or {}",
                                   window::quoted(first), window::quoted(*second)));
    }
  }
  return make(std::move(node), ValueType::kVector, at);
}

Grammar::Result<Grammar::InnerName> Grammar::matchers(VectorSelector& node) {
  advance();  // the brace
  InnerName name;
  while (!accept(TokenKind::kRightBrace)) {
    if (const Status status = matcher(node, name); !status) {
      return std::unexpected(status.error());
    }
    if (!is(TokenKind::kRightBrace) && !accept(TokenKind::kComma)) {
      return unexpected_in(kContext, "\",\" or \"}\"");
    }
  }
  return name;
}

Grammar::Status Grammar::matcher(VectorSelector& node, InnerName& inner) {
  const bool quoted = is(TokenKind::kString);
  if (!quoted && !is(TokenKind::kIdentifier)) {
    return unexpected_in(kContext, "identifier or \"}\"");
  }
  const Span begin = token_.at;
  std::string name = quoted ? take_string() : std::string(take().text);
  auto kind = matcher_kind(token_);
  std::string value;
  if (kind) {
    advance();
    if (!is(TokenKind::kString)) return unexpected_in(kContext, "string");
    value = take_string();
  } else if (quoted) {
    kind = Matcher::Kind::kEqual;
    value = std::exchange(name, std::string(kNameLabel));
    if (!inner) inner = value;
  } else {
    return unexpected_in(kContext, "label matching operator");
  }
  auto made = Matcher::make(*kind, std::move(name), std::move(value));
  if (!made) return fault(since(begin), made.error());
  node.matchers.push_back(std::move(*made));
  return {};
}

}  // namespace hitwatch::promql
