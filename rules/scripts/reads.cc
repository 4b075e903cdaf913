#include "rules/scripts/reads.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "rules/promql/ast_walk.h"
#include "rules/promql/functions.h"
#include "rules/promql/info.h"

namespace hitwatch::scripts {
namespace {

using promql::Duration;
using promql::Expr;

// Far enough from everything, and from the ends of the type, to add a few of it.
constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 16;

struct Times {
  std::int64_t first;
  std::int64_t last;

  Times shifted(std::int64_t by) const { return {clamped(first + by), clamped(last + by)}; }
  Times longer(std::int64_t by) const { return {clamped(first - by), last}; }
  static std::int64_t clamped(std::int64_t time) { return std::clamp(time, -kFar, kFar); }
};

std::int64_t length(const Duration& duration) {
  return duration.expression ? kFar : Times::clamped(duration.milliseconds);
}

class Walk {
 public:
  Walk(Times query, const promql::QueryOptions& options) : query_(query), options_(options) {}

  void walk(const Expr& expr, Times times) {
    if (const auto* const selector = std::get_if<promql::VectorSelector>(&expr.node)) {
      add(selector->matchers, modified(selector->modifiers, times).longer(options_.lookback));
    } else if (const auto* const range = std::get_if<promql::MatrixSelector>(&expr.node)) {
      const auto& inner = std::get<promql::VectorSelector>(range->vector->node);
      add(inner.matchers, modified(inner.modifiers, times).longer(length(range->range)));
    } else if (const auto* const subquery = std::get_if<promql::Subquery>(&expr.node)) {
      walk(*subquery->expr, modified(subquery->modifiers, times).longer(length(subquery->range)));
    } else if (const auto* const call = std::get_if<promql::Call>(&expr.node);
               call != nullptr && call->function->id == promql::FunctionId::kInfo) {
      walk(*call->arguments.front(), times);
      const auto* const first = promql::first_selector(*call->arguments.front());
      if (first != nullptr) times = modified(first->modifiers, times);
      add(promql::info_matchers(*call), times.longer(options_.lookback));
    } else {
      promql::for_each_child(expr, [&](const Expr& child) { walk(child, times); });
    }
  }

  std::vector<Read> take() { return std::move(reads_); }

 private:
  Times modified(const promql::Modifiers& modifiers, Times times) const {
    using At = promql::Modifiers::At;
    const std::int64_t at = Times::clamped(modifiers.at_time);
    if (modifiers.at == At::kTime) times = {at, at};
    if (modifiers.at == At::kStart) times = {query_.first, query_.first};
    if (modifiers.at == At::kEnd) times = {query_.last, query_.last};
    if (!modifiers.offset) return times;
    if (modifiers.offset->expression) return {-kFar, kFar};
    return times.shifted(-length(*modifiers.offset));
  }

  void add(const window::Matchers& matchers, Times times) {
    reads_.push_back({matchers, times.first, times.last});
  }

  Times query_;
  const promql::QueryOptions& options_;
  std::vector<Read> reads_;
};

}  // namespace

std::vector<Read> reads(const Expr& expr, std::int64_t start, std::int64_t end,
                        const promql::QueryOptions& options) {
  const Times query{Times::clamped(start), Times::clamped(end)};
  Walk walk(query, options);
  walk.walk(expr, query);
  return walk.take();
}

}  // namespace hitwatch::scripts
