#include "rules/promql/type_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "rules/promql/functions.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

namespace {

using Status = std::expected<void, ParseError>;

std::unexpected<ParseError> fault(Span at, std::string text) {
  return std::unexpected(ParseError{.at = at, .text = std::move(text)});
}

Status check_is(Expr& expr, ValueType wanted, std::string_view where) {
  if (Status status = check_types(expr); !status) return status;
  if (expr.type == wanted) return {};
  return fault(expr.at, fmt::format("expected type {} in {}, got {}", type_text(wanted), where,
                                    type_text(expr.type)));
}

bool is_operand(const Expr& expr) {
  return expr.type == ValueType::kScalar || expr.type == ValueType::kVector;
}

Status check(Expr&, NumberLiteral&) { return {}; }
Status check(Expr&, StringLiteral&) { return {}; }
Status check(Expr&, Paren& node) { return check_types(*node.expr); }
Status check(Expr&, MatrixSelector& node) { return check_types(*node.vector); }

Status check(Expr& expr, Unary& node) {
  if (Status status = check_types(*node.expr); !status) return status;
  if (is_operand(*node.expr)) return {};
  return fault(expr.at,
               fmt::format("unary expression only allowed on expressions of type scalar or "
                           "instant vector, got {}",
                           window::quoted(type_text(node.expr->type))));
}

Status check_operator(const Expr& expr, const Binary& node) {
  if (node.return_bool && !is_comparison(node.op)) {
    return fault(expr.head, "bool modifier can only be used on comparison operators");
  }
  if (is_comparison(node.op) && !node.return_bool && node.left->type == ValueType::kScalar &&
      node.right->type == ValueType::kScalar) {
    return fault(expr.head, "comparisons between scalars must use BOOL modifier");
  }
  const Matching& matching = node.matching;
  for (const std::string& label : matching.labels) {
    if (matching.on && std::ranges::find(matching.include, label) != matching.include.end()) {
      return fault(expr.head, fmt::format("label {} must not occur in ON and GROUP clause at once",
                                          window::quoted(label)));
    }
  }
  for (const Expr* operand : {node.left.get(), node.right.get()}) {
    if (!is_operand(*operand)) {
      return fault(operand->at,
                   "binary expression must contain only scalar and instant vector types");
    }
  }
  return {};
}

// Of two vectors.
Status check_matching(const Expr& expr, Binary& node) {
  if (!is_set_operator(node.op)) return {};
  Matching& matching = node.matching;
  if (matching.cardinality != Cardinality::kOneToOne) {
    return fault(expr.at, fmt::format("no grouping allowed for {} operation",
                                      window::quoted(op_text(node.op))));
  }
  matching.cardinality = Cardinality::kManyToMany;
  if (matching.fill_left || matching.fill_right) {
    return fault(expr.at, "filling in missing series not allowed for set operators");
  }
  return {};
}

Status check(Expr& expr, Binary& node) {
  for (Expr* operand : {node.left.get(), node.right.get()}) {
    if (Status status = check_types(*operand); !status) return status;
  }
  if (Status status = check_operator(expr, node); !status) return status;
  if (node.left->type == ValueType::kVector && node.right->type == ValueType::kVector) {
    return check_matching(expr, node);
  }
  const Matching given = std::exchange(node.matching, {});
  if (!given.labels.empty()) {
    return fault(expr.at, "vector matching only allowed between instant vectors");
  }
  if (given.fill_left || given.fill_right) {
    return fault(expr.at, "filling in missing series only allowed between instant vectors");
  }
  if (is_set_operator(node.op)) {
    return fault(expr.at, fmt::format("set operator {} not allowed in binary scalar expression",
                                      window::quoted(op_text(node.op))));
  }
  return {};
}

Status check(Expr&, Aggregate& node) {
  if (Status status = check_is(*node.expr, ValueType::kVector, "aggregation expression"); !status) {
    return status;
  }
  if (!node.parameter) return {};
  const ValueType wanted =
      node.op == AggregateOp::kCountValues ? ValueType::kString : ValueType::kScalar;
  return check_is(*node.parameter, wanted, "aggregation parameter");
}

Status check_argument_count(const Expr& expr, const Call& node) {
  const Function& function = *node.function;
  const std::size_t given = node.arguments.size();
  const std::string call =
      fmt::format("argument(s) in call to {}, got {}", window::quoted(function.name), given);
  if (function.variadic == 0) {
    if (given == function.arguments.size()) return {};
    return fault(expr.at, fmt::format("expected {} {}", function.arguments.size(), call));
  }
  const std::size_t least = function.arguments.size() - 1;
  if (given < least) return fault(expr.at, fmt::format("expected at least {} {}", least, call));
  const std::size_t most = least + static_cast<std::size_t>(std::max(function.variadic, 0));
  if (function.variadic > 0 && given > most) {
    return fault(expr.at, fmt::format("expected at most {} {}", most, call));
  }
  return {};
}

// The second argument of info() says which labels to add: a selector without a name.
Status check_info_labels(const Expr& expr, const Expr& argument) {
  if (argument.type != ValueType::kVector) {
    return fault(expr.at, fmt::format("expected type {} in call to function \"info\", got {}",
                                      type_text(ValueType::kVector), type_text(argument.type)));
  }
  const auto* selector = std::get_if<VectorSelector>(&argument.node);
  if (selector == nullptr) return fault(argument.at, "expected label selectors only");
  if (!selector->name.empty()) {
    return fault(argument.at, "expected label selectors only, got vector selector instead");
  }
  return {};
}

Status check(Expr& expr, Call& node) {
  if (Status status = check_argument_count(expr, node); !status) return status;
  const Function& function = *node.function;
  for (std::size_t i = 0; i < node.arguments.size(); ++i) {
    Expr& argument = *node.arguments[i];
    if (function.id == FunctionId::kInfo && i == 1) {
      if (Status status = check_info_labels(expr, argument); !status) return status;
      continue;
    }
    const ValueType wanted = function.arguments[std::min(i, function.arguments.size() - 1)];
    const std::string where = fmt::format("call to function {}", window::quoted(function.name));
    if (Status status = check_is(argument, wanted, where); !status) return status;
  }
  return {};
}

Status check(Expr& expr, Subquery& node) {
  if (Status status = check_types(*node.expr); !status) return status;
  if (node.expr->type == ValueType::kVector) return {};
  const std::string_view got = node.expr->type == ValueType::kMatrix   ? "matrix"
                               : node.expr->type == ValueType::kString ? "string"
                                                                       : "scalar";
  return fault(expr.at,
               fmt::format("subquery is only allowed on instant vector, got {} instead", got));
}

// At least one matcher must refuse the empty value: nobody asks for every series by mistake.
Status check(Expr& expr, VectorSelector& node) {
  if (std::ranges::none_of(node.matchers,
                           [](const window::Matcher& matcher) { return !matcher.matches(""); })) {
    return fault(expr.at, "vector selector must contain at least one non-empty matcher");
  }
  return {};
}

}  // namespace

std::expected<void, ParseError> check_types(Expr& expr) {
  return std::visit([&](auto& node) { return check(expr, node); }, expr.node);
}

}  // namespace hitwatch::promql
