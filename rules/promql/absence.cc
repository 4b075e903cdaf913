#include "rules/promql/absence.h"

#include <algorithm>

namespace hitwatch::promql {
namespace {

using window::Matcher;

const window::LabelSet* pinned_labels(Query& query, const Expr& argument) {
  const Expr* selecting = &unwrap(argument);
  if (const auto* matrix = std::get_if<MatrixSelector>(&selecting->node)) {
    selecting = &unwrap(*matrix->vector);
  }
  const auto* selector = std::get_if<VectorSelector>(&selecting->node);
  if (selector == nullptr) return query.labels().none();
  std::vector<window::LabelPair> pairs;
  for (const Matcher& matcher : selector->matchers) {
    const auto same = std::ranges::count(selector->matchers, matcher.name(), &Matcher::name);
    if (same > 1 || matcher.kind() != Matcher::Kind::kEqual || matcher.name() == "__name__") {
      continue;
    }
    pairs.push_back(
        {query.symbols().intern(matcher.name()), query.symbols().intern(matcher.value())});
  }
  return query.labels().make_of_unordered(pairs);
}

}  // namespace

bool absent(CallContext& context, Vector& out) {
  VectorPool::Lease present(context.query.vectors());
  if (!context.vector(0, *present)) return false;
  if ((*present).empty()) {
    out.push_back({pinned_labels(context.query, context.argument(0)), 1, true});
  }
  return true;
}

bool absent_over_time(CallContext& context, Vector& out) {
  RangeReader reader;
  if (!context.evaluator.ranges(context.argument(0), context.at, reader)) return false;
  RangeSeries series{};
  if (reader.next(series)) return true;
  if (reader.failed()) return false;
  out.push_back({pinned_labels(context.query, context.argument(0)), 1, true});
  return true;
}

}  // namespace hitwatch::promql
