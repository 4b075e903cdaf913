#include "rules/alerting/settle.h"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace hitwatch::alerting {
namespace {

class SettleWalk {
 public:
  explicit SettleWalk(std::int64_t unknown) : unknown_(unknown) {}

  std::int64_t of(const promql::Expr& expr) const {
    return std::visit([this](const auto& node) { return this->node(node); }, expr.node);
  }

 private:
  std::int64_t of(const promql::ExprPtr& expr) const { return expr == nullptr ? 0 : of(*expr); }

  std::int64_t length(const promql::Duration& duration) const {
    return duration.expression == nullptr ? duration.milliseconds : unknown_;
  }
  // What `@` reads lies outside of the window or does not move: nothing to wait for.
  std::int64_t back(const promql::Modifiers& modifiers) const {
    return modifiers.offset ? std::max<std::int64_t>(0, length(*modifiers.offset)) : 0;
  }

  std::int64_t node(const promql::NumberLiteral& /*node*/) const { return 0; }
  std::int64_t node(const promql::StringLiteral& /*node*/) const { return 0; }
  std::int64_t node(const promql::Paren& node) const { return of(node.expr); }
  std::int64_t node(const promql::Unary& node) const { return of(node.expr); }
  std::int64_t node(const promql::Binary& node) const {
    return std::max(of(node.left), of(node.right));
  }
  std::int64_t node(const promql::Aggregate& node) const {
    return std::max(of(node.parameter), of(node.expr));
  }
  std::int64_t node(const promql::Call& node) const {
    std::int64_t longest = 0;
    for (const promql::ExprPtr& argument : node.arguments) {
      longest = std::max(longest, of(argument));
    }
    return longest;
  }
  std::int64_t node(const promql::VectorSelector& node) const { return back(node.modifiers); }
  std::int64_t node(const promql::MatrixSelector& node) const {
    return of(node.vector) + length(node.range);
  }
  std::int64_t node(const promql::Subquery& node) const {
    return of(node.expr) + length(node.range) + back(node.modifiers);
  }

  std::int64_t unknown_;
};

}  // namespace

std::int64_t settle_time(const promql::Expr& expr, std::int64_t unknown) {
  return SettleWalk(unknown).of(expr);
}

}  // namespace hitwatch::alerting
