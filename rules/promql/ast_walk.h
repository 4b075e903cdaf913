// The parts of an expression.
#pragma once

#include <variant>

#include "rules/promql/ast.h"

namespace hitwatch::promql {

// Calls `visit` with each expression directly within `expr`, in the order of the text except that
// the vector of an aggregation comes last. The selector of a range selector is one of them; the
// expressions of durations are not.
template <class Visit>
void for_each_child(const Expr& expr, Visit&& visit) {
  struct Children {
    Visit& visit;
    void operator()(const NumberLiteral&) const {}
    void operator()(const StringLiteral&) const {}
    void operator()(const VectorSelector&) const {}
    void operator()(const Paren& node) const { visit(*node.expr); }
    void operator()(const Unary& node) const { visit(*node.expr); }
    void operator()(const Binary& node) const {
      visit(*node.left);
      visit(*node.right);
    }
    void operator()(const Aggregate& node) const {
      if (node.parameter) visit(*node.parameter);
      visit(*node.expr);
    }
    void operator()(const Call& node) const {
      for (const ExprPtr& argument : node.arguments) visit(*argument);
    }
    void operator()(const MatrixSelector& node) const { visit(*node.vector); }
    void operator()(const Subquery& node) const { visit(*node.expr); }
  };
  std::visit(Children{visit}, expr.node);
}

}  // namespace hitwatch::promql
