// Evaluator: what is done once per query, before the first moment.
#include <fmt/format.h>

#include "rules/promql/calls.h"
#include "rules/promql/duration.h"
#include "rules/promql/evaluator.h"
#include "rules/promql/functions.h"
#include "rules/promql/info.h"
#include "rules/promql/utf8.h"
#include "rules/window/quote.h"

namespace hitwatch::promql {

bool Evaluator::resolve_into(const Duration& duration, bool may_be_negative, std::int64_t& out) {
  const Timeline& query = query_.timeline();
  const auto resolved =
      resolve(duration, {query.step, earlier(query.end, query.start)}, !may_be_negative);
  if (!resolved) {
    const ParseError& error = resolved.error();
    return query_.fail(fmt::format("{}:{}: {}", error.at.begin, error.at.end, error.text));
  }
  out = *resolved;
  return true;
}

bool Evaluator::resolve_modifiers(const Modifiers& modifiers, Node& node) {
  return !modifiers.offset || resolve_into(*modifiers.offset, true, node.offset);
}

bool Evaluator::prepare(const Expr& expr) {
  const Expr& inner = unwrap(expr);
  return std::visit(
      [&]<class Kind>(const Kind& node) {
        if constexpr (std::is_same_v<Kind, Unary>) {
          return prepare(*node.expr);
        } else if constexpr (requires { prepare_node(inner, node); }) {
          return prepare_node(inner, node);
        } else {
          return true;  // literals
        }
      },
      inner.node);
}

bool Evaluator::prepare_node(const Expr& expr, const Binary& binary) {
  if (!prepare(*binary.left) || !prepare(*binary.right)) return false;
  if (binary.left->type == ValueType::kVector && binary.right->type == ValueType::kVector) {
    nodes_[&expr].matching = std::make_unique<VectorMatching>(query_, binary);
  }
  return true;
}

bool Evaluator::prepare_node(const Expr& expr, const Aggregate& aggregate) {
  std::string label;
  if (aggregate.op == AggregateOp::kCountValues) {
    label = string_of(*aggregate.parameter);
    if (label.empty() || !is_utf8(label)) {
      return query_.fail("invalid label name " + window::quoted(label));
    }
  } else if (aggregate.parameter != nullptr && !prepare(*aggregate.parameter)) {
    return false;
  }
  nodes_[&expr].aggregation = std::make_unique<Aggregation>(query_, aggregate, std::move(label));
  return prepare(*aggregate.expr);
}

bool Evaluator::prepare_node(const Expr& expr, const Call& call) {
  const CallImplementation* implementation = find_implementation(call.function->name);
  if (implementation == nullptr) {
    return query_.fail(fmt::format("function {}() is not supported", call.function->name));
  }
  nodes_[&expr].call = implementation;
  if (call.function->id == FunctionId::kInfo) return prepare_info(expr, call);
  for (const ExprPtr& argument : call.arguments) {
    if (!prepare(*argument)) return false;
  }
  return true;
}

// The second argument of info() is no selector of its own.
bool Evaluator::prepare_info(const Expr& expr, const Call& call) {
  Node& node = nodes_[&expr];
  node.series = &query_.window().select(info_matchers(call));
  query_.series_read += node.series->size();
  if (const VectorSelector* selector = first_selector(*call.arguments.front())) {
    node.modifiers = &selector->modifiers;
    if (!resolve_modifiers(selector->modifiers, node)) return false;
  }
  return query_.work(node.series->size()) && prepare(*call.arguments.front());
}

bool Evaluator::prepare_node(const Expr& expr, const VectorSelector& selector) {
  Node& node = nodes_[&expr];
  node.series = &query_.window().select(selector.matchers);
  query_.series_read += node.series->size();
  return resolve_modifiers(selector.modifiers, node) && query_.work(node.series->size());
}

bool Evaluator::prepare_node(const Expr& expr, const MatrixSelector& selector) {
  return prepare(*selector.vector) && resolve_into(selector.range, false, nodes_[&expr].range);
}

bool Evaluator::prepare_node(const Expr& expr, const Subquery& subquery) {
  Node& node = nodes_[&expr];
  node.step = query_.options().subquery_step;
  return resolve_into(subquery.range, false, node.range) &&
         (!subquery.step || resolve_into(*subquery.step, false, node.step)) &&
         resolve_modifiers(subquery.modifiers, node) && prepare(*subquery.expr);
}

}  // namespace hitwatch::promql
