#include "rules/promql/needs.h"

#include <algorithm>

#include "rules/promql/ast_walk.h"
#include "rules/promql/duration.h"
#include "rules/promql/functions.h"
#include "rules/promql/info.h"

namespace hitwatch::promql {

namespace {

constexpr std::int64_t kForever = std::int64_t{1} << 62;

std::int64_t add(std::int64_t left, std::int64_t right) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(left, right, &sum)) return left > 0 ? kForever : -kForever;
  return std::clamp(sum, -kForever, kForever);
}

// Where evaluation stands: how far it may lie behind the query's time.
struct Past {
  std::int64_t distance = 0;
  bool fixed = false;
};

class Collector {
 public:
  Collector(std::int64_t lookback, std::int64_t step) : lookback_(lookback), step_(step) {}

  void visit(const Expr& expr, Past past) {
    if (const auto* vector = std::get_if<VectorSelector>(&expr.node)) {
      note(*vector, lookback_, expr.at, past);
    } else if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
      note(std::get<VectorSelector>(matrix->vector->node), length(matrix->range), expr.at, past);
    } else if (const auto* subquery = std::get_if<Subquery>(&expr.node)) {
      past = moved(past, subquery->modifiers);
      past.distance = add(past.distance, length(subquery->range));
      visit(*subquery->expr, past);
    } else if (const auto* call = std::get_if<Call>(&expr.node);
               call != nullptr && call->function->id == FunctionId::kInfo) {
      visit(*call->arguments.front(), past);
      note_info(*call, expr.at, past);
    } else {
      for_each_child(expr, [&](const Expr& child) { visit(child, past); });
    }
  }

  std::vector<Need> take() {
    std::ranges::sort(found_, {}, [](const Need& need) { return need.at.begin; });
    return std::move(found_);
  }

 private:
  // What cannot be said before a query, like a division by step(), counts as nothing.
  std::int64_t length(const Duration& duration) const {
    return resolve(duration, {.step = step_, .range = 0}, false).value_or(0);
  }

  Past moved(Past past, const Modifiers& modifiers) const {
    if (modifiers.at == Modifiers::At::kTime) past.fixed = true;
    if (modifiers.at != Modifiers::At::kNone) past.distance = 0;
    if (modifiers.offset) past.distance = add(past.distance, length(*modifiers.offset));
    return past;
  }

  void note(const VectorSelector& selector, std::int64_t range, Span at, Past past) {
    past = moved(past, selector.modifiers);
    found_.push_back({.matchers = selector.matchers,
                      .history = std::max(add(past.distance, range), lookback_),
                      .at = at,
                      .fixed = past.fixed});
  }

  // Info series are read of the time that the first selector reads.
  void note_info(const Call& call, Span at, Past past) {
    VectorSelector infos;
    infos.matchers = info_matchers(call);
    if (call.arguments.size() > 1) at = call.arguments[1]->at;
    const VectorSelector* const selector = first_selector(*call.arguments.front());
    if (selector != nullptr) past = moved(past, selector->modifiers);
    note(infos, lookback_, at, past);
  }

  std::int64_t lookback_;
  std::int64_t step_;
  std::vector<Need> found_;
};

}  // namespace

std::vector<Need> needs(const Expr& expr, std::int64_t lookback, std::int64_t subquery_step) {
  Collector collector(lookback, subquery_step);
  collector.visit(expr, {});
  return collector.take();
}

}  // namespace hitwatch::promql
