// Calls of functions, and aggregations.
#include <fmt/format.h>

#include <utility>

#include "rules/promql/functions.h"
#include "rules/promql/grammar.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

Grammar::Result<ExprPtr> Grammar::call(const Token& name) {
  Result<std::vector<ExprPtr>> given = arguments();
  if (!given) return std::unexpected(given.error());
  const Function* function = find_function(name.text);
  if (function == nullptr) {
    return fault(name.at, fmt::format("unknown function with name {}", window::quoted(name.text)));
  }
  return make(Call{.function = function, .arguments = std::move(*given)}, function->returns,
              since(name.at), name.at);
}

Grammar::Result<std::vector<ExprPtr>> Grammar::arguments() {
  std::vector<ExprPtr> given;
  if (!accept(TokenKind::kLeftParen)) return unexpected();
  if (accept(TokenKind::kRightParen)) return given;
  for (;;) {
    Result<ExprPtr> argument = expression(1);
    if (!argument) return std::unexpected(argument.error());
    given.push_back(std::move(*argument));
    if (accept(TokenKind::kRightParen)) return given;
    if (!accept(TokenKind::kComma)) return unexpected();
    if (is(TokenKind::kRightParen) || is(TokenKind::kComma)) {
      return fault(taken_, "trailing commas not allowed in function call args");
    }
  }
}

// `sum`, `min` and the like are metrics, too.
bool Grammar::is_aggregation() const {
  return is(TokenKind::kLeftParen) || is(TokenKind::kBy) || is(TokenKind::kWithout);
}

Grammar::Result<ExprPtr> Grammar::aggregation(const Token& op) {
  ++aggregations_;
  Aggregate node;
  node.op = op.aggregate;
  Result<std::vector<ExprPtr>> given;
  Status status;
  if (is(TokenKind::kBy) || is(TokenKind::kWithout)) {
    status = grouping(node);
    if (status) given = arguments();
  } else {
    given = arguments();
    if (given && (is(TokenKind::kBy) || is(TokenKind::kWithout))) status = grouping(node);
  }
  --aggregations_;
  if (!status) return std::unexpected(status.error());
  if (!given) return std::unexpected(given.error());
  return aggregate(op, std::move(node), std::move(*given));
}

Grammar::Status Grammar::grouping(Aggregate& node) {
  node.without = take().kind == TokenKind::kWithout;
  Result<std::vector<std::string>> names = labels();
  if (!names) return std::unexpected(names.error());
  node.grouping = std::move(*names);
  return {};
}

Grammar::Result<ExprPtr> Grammar::aggregate(const Token& op, Aggregate node,
                                            std::vector<ExprPtr> given) {
  if (given.empty()) return fault(op.at, "no arguments for aggregate expression provided");
  const std::size_t wanted = has_parameter(node.op) ? 2 : 1;
  if (given.size() != wanted) {
    return fault(op.at, fmt::format("wrong number of arguments for aggregate expression provided, "
                                    "expected {}, got {}",
                                    wanted, given.size()));
  }
  if (wanted == 2) node.parameter = std::move(given.front());
  node.expr = std::move(given.back());
  return make(std::move(node), ValueType::kVector, since(op.at), op.at);
}

}  // namespace hitwatch::promql
