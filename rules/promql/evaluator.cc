#include "rules/promql/evaluator.h"

#include "rules/promql/calls.h"
#include "rules/promql/functions.h"
#include "rules/promql/operators.h"

namespace hitwatch::promql {

const Expr& unwrap(const Expr& expr) {
  const Expr* inner = &expr;
  while (const auto* paren = std::get_if<Paren>(&inner->node)) inner = paren->expr.get();
  return *inner;
}

std::string_view string_of(const Expr& expr) {
  const auto* literal = std::get_if<StringLiteral>(&unwrap(expr).node);
  return literal == nullptr ? std::string_view{} : std::string_view(literal->value);
}

bool Evaluator::scalar(const Expr& expr, Moment at, double& out) {
  const Expr& inner = unwrap(expr);
  if (const auto* number = std::get_if<NumberLiteral>(&inner.node)) {
    out = number->value;
    return true;
  }
  if (const auto* unary = std::get_if<Unary>(&inner.node)) {
    if (!scalar(*unary->expr, at, out)) return false;
    if (unary->minus) out = -out;
    return true;
  }
  if (const auto* binary = std::get_if<Binary>(&inner.node)) {
    return binary_scalar(*binary, at, out);
  }
  if (const auto* call = std::get_if<Call>(&inner.node)) {
    const CallImplementation* implementation = nodes_[&inner].call;
    if (const auto* compute = std::get_if<ScalarFunction>(&implementation->how)) {
      CallContext context{*this, query_, inner, *call, at};
      return (*compute)(context, out);
    }
  }
  return query_.fail("the expression is no scalar");
}

bool Evaluator::binary_scalar(const Binary& binary, Moment at, double& out) {
  double left = 0;
  double right = 0;
  if (!scalar(*binary.left, at, left) || !scalar(*binary.right, at, right)) return false;
  const Operated operated = operate(binary.op, left, right);
  out = is_comparison(binary.op) ? (operated.keep ? 1.0 : 0.0) : operated.value;
  return true;
}

bool Evaluator::vector(const Expr& expr, Moment at, Vector& out) {
  const Expr& inner = unwrap(expr);
  if (const auto* selector = std::get_if<VectorSelector>(&inner.node)) {
    return select(inner, *selector, at, false, out);
  }
  if (const auto* binary = std::get_if<Binary>(&inner.node)) {
    return binary_vector(inner, *binary, at, out);
  }
  if (const auto* aggregation = std::get_if<Aggregate>(&inner.node)) {
    return aggregate(inner, *aggregation, at, out);
  }
  if (const auto* call = std::get_if<Call>(&inner.node)) {
    return call_vector(*nodes_[&inner].call, {*this, query_, inner, *call, at}, out) &&
           query_.admit(out);
  }
  if (const auto* unary = std::get_if<Unary>(&inner.node)) return negate(*unary, at, out);
  return query_.fail("the expression is no instant vector");
}

bool Evaluator::negate(const Unary& unary, Moment at, Vector& out) {
  const std::size_t first = out.size();
  if (!vector(*unary.expr, at, out)) return false;
  if (!unary.minus) return true;
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].value = -out[i].value;
    out[i].drop_name = true;
  }
  return true;
}

bool Evaluator::binary_vector(const Expr& expr, const Binary& binary, Moment at, Vector& out) {
  if (binary.left->type == ValueType::kScalar || binary.right->type == ValueType::kScalar) {
    return vector_and_scalar(binary, at, out);
  }
  VectorPool::Lease left(query_.vectors());
  VectorPool::Lease right(query_.vectors());
  return vector(*binary.left, at, *left) && vector(*binary.right, at, *right) &&
         nodes_[&expr].matching->apply(*left, *right, out);
}

// A comparison answers the vector's elements, on whichever side they are.
bool Evaluator::vector_and_scalar(const Binary& binary, Moment at, Vector& out) {
  const bool scalar_left = binary.left->type == ValueType::kScalar;
  double number = 0;
  if (!scalar(scalar_left ? *binary.left : *binary.right, at, number)) return false;
  const std::size_t first = out.size();
  if (!vector(scalar_left ? *binary.right : *binary.left, at, out)) return false;
  const bool compares = is_comparison(binary.op);
  std::size_t kept = first;
  for (std::size_t i = first; i < out.size(); ++i) {
    Element element = out[i];
    const Operated operated = scalar_left ? operate(binary.op, number, element.value)
                                          : operate(binary.op, element.value, number);
    if (binary.return_bool) {
      element.value = operated.keep ? 1 : 0;
      element.drop_name = true;
    } else if (compares) {
      if (!operated.keep) continue;
    } else {
      element.value = operated.value;
      element.drop_name = true;
    }
    out[kept++] = element;
  }
  out.resize(kept);
  return true;
}

bool Evaluator::aggregate(const Expr& expr, const Aggregate& aggregation, Moment at, Vector& out) {
  double parameter = 0;
  if (aggregation.parameter != nullptr && aggregation.op != AggregateOp::kCountValues &&
      !scalar(*aggregation.parameter, at, parameter)) {
    return false;
  }
  VectorPool::Lease in(query_.vectors());
  return vector(*aggregation.expr, at, *in) &&
         nodes_[&expr].aggregation->apply(parameter, *in, out);
}

}  // namespace hitwatch::promql
