#include "rules/promql/absence.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

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
  // Any matcher takes back what those before it said of its label; only the label's first `=` says
  // something. So `a!="1", a="2"` pins it, `a="2", a!="1"` does not.
  std::unordered_map<std::string_view, std::string_view> pinned;
  std::unordered_set<std::string_view> said;
  for (const Matcher& matcher : selector->matchers) {
    const std::string_view name = matcher.name();
    if (name == "__name__") continue;
    if (matcher.kind() == Matcher::Kind::kEqual && said.insert(name).second) {
      pinned[name] = matcher.value();
    } else {
      pinned.erase(name);
    }
  }
  std::vector<window::LabelPair> pairs;
  for (const auto& [name, value] : pinned) {
    if (value.empty()) continue;
    pairs.push_back({query.symbols().intern(name), query.symbols().intern(value)});
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
