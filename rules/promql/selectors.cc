// Evaluator: selectors and subqueries, where samples are read.
#include <algorithm>
#include <utility>

#include "rules/promql/evaluator.h"

namespace hitwatch::promql {

std::int64_t Evaluator::reference(const Modifiers& modifiers, std::int64_t offset,
                                  std::int64_t time) const {
  switch (modifiers.at) {
    case Modifiers::At::kNone:
      break;
    case Modifiers::At::kTime:
      time = modifiers.at_time;
      break;
    case Modifiers::At::kStart:
      time = query_.timeline().start;
      break;
    case Modifiers::At::kEnd:
      time = query_.timeline().end;
      break;
  }
  return earlier(time, offset);
}

bool Evaluator::select(const Expr& expr, const VectorSelector& selector, Moment at, bool times,
                       Vector& out) {
  Node& node = nodes_[&expr];
  if (!read_ahead(selector.modifiers, node, *at.timeline)) return false;
  const std::int64_t newest = reference(selector.modifiers, node.offset, at.time);
  const std::int64_t after = earlier(newest, query_.options().lookback);
  const std::size_t first = out.size();
  out.reserve(first + node.series->size());
  for (std::size_t i = 0; i < node.series->size(); ++i) {
    const window::Series* const series = (*node.series)[i];
    window::Point point{};
    const bool found = node.cursor ? node.cursor->last(i, after, newest, point)
                                   : series->last(after, newest, point);
    if (!found || window::is_stale(point.value)) continue;
    const double value = times ? static_cast<double>(point.time) / 1000 : point.value;
    out.push_back({&series->labels(), value, times});
  }
  query_.samples_read += out.size() - first;
  return query_.admit(out) && query_.work(node.series->size());
}

// Series are decoded once for all moments, unless those are so far apart that most of what is read
// would be passed over, or that were more than a part of what a query may hold.
bool Evaluator::read_ahead(const Modifiers& modifiers, Node& node, const Timeline& timeline) {
  constexpr std::int64_t kFarApart = 4;  // of the lookback
  if (std::exchange(node.store.looked, true) || timeline.single()) return true;
  if (modifiers.at == Modifiers::At::kNone &&
      timeline.step / kFarApart > query_.options().lookback) {
    return true;
  }
  const SampleCursor::Moments moments{
      .first = reference(modifiers, node.offset, timeline.start),
      .last = reference(modifiers, node.offset, timeline.end),
      .step = timeline.step,
      .lookback = query_.options().lookback,
  };
  SampleCursor cursor;
  for (const window::Series* const series : *node.series) {
    if (!query_.work(cursor.read(*series, moments) + 1)) return false;
    if (cursor.size() > query_.options().max_samples / 4) return true;
  }
  if (!query_.hold(cursor.size())) return false;
  node.cursor = std::move(cursor);
  return true;
}

bool Evaluator::sample_times(const Expr& expr, Moment at, Vector& out) {
  const Expr& inner = unwrap(expr);
  const auto* selector = std::get_if<VectorSelector>(&inner.node);
  return select(inner, *selector, at, true, out);
}

bool Evaluator::info_samples(const Expr& call, Moment at, Vector& out) {
  const Node& node = nodes_[&call];
  const std::int64_t newest =
      node.modifiers == nullptr ? at.time : reference(*node.modifiers, node.offset, at.time);
  const std::int64_t after = earlier(newest, query_.options().lookback);
  for (const window::Series* const series : *node.series) {
    window::Point point{};
    if (!series->last(after, newest, point) || window::is_stale(point.value)) continue;
    out.push_back({&series->labels(), static_cast<double>(point.time) / 1000, true});
  }
  query_.samples_read += out.size();
  return query_.admit(out) && query_.work(node.series->size());
}

bool Evaluator::ranges(const Expr& expr, Moment at, RangeReader& out) {
  const Expr& inner = unwrap(expr);
  if (const auto* matrix = std::get_if<MatrixSelector>(&inner.node)) {
    return ranges_of(*matrix, inner, at, out);
  }
  if (const auto* subquery = std::get_if<Subquery>(&inner.node)) {
    return ranges_of(*subquery, inner, at, out);
  }
  return query_.fail("the expression is no range vector");
}

bool Evaluator::ranges_of(const MatrixSelector& matrix, const Expr& expr, Moment at,
                          RangeReader& out) {
  Node& node = nodes_[&expr];
  const Expr& vector = unwrap(*matrix.vector);
  const Node& selected = nodes_[&vector];
  const auto range_at = [&](std::int64_t time) {
    const Modifiers& modifiers = std::get<VectorSelector>(vector.node).modifiers;
    const std::int64_t end = reference(modifiers, selected.offset, time);
    return Range{earlier(end, node.range), end};
  };
  if (!node.store.looked && !at.timeline->single() && at.timeline->step <= node.range) {
    const Range all{range_at(at.timeline->start).begin, range_at(at.timeline->end).end};
    if (!keep_rows(*selected.series, all, node.store)) return false;
  }
  node.store.looked = true;
  if (node.store.rows) {
    out.read_rows(query_, node.store, range_at(at.time));
  } else {
    out.read_series(query_, node.store, *selected.series, range_at(at.time));
  }
  return true;
}

// Ranges that overlap are decoded once, unless that were more than a part of what a query may hold.
bool Evaluator::keep_rows(const std::vector<const window::Series*>& series, Range range,
                          RangeStore& store) {
  const std::size_t most = query_.options().max_samples / 4;
  std::size_t points = 0;
  std::vector<Row> rows;
  rows.reserve(series.size());
  for (const window::Series* one : series) {
    rows.push_back({&one->labels(), false, {}});
    one->read(range.begin, range.end, rows.back().points);
    points += rows.back().points.size();
    if (!query_.work(rows.back().points.size() + 1)) return false;
    if (points > most) return true;
    if (rows.back().points.empty()) rows.pop_back();
  }
  store.rows = std::move(rows);
  return query_.hold(points);
}

bool Evaluator::ranges_of(const Subquery& subquery, const Expr& expr, Moment at, RangeReader& out) {
  Node& node = nodes_[&expr];
  if (!node.store.rows && !run_subquery(subquery, node, at)) return false;
  const std::int64_t end = reference(subquery.modifiers, node.offset, at.time);
  out.read_rows(query_, node.store, {earlier(end, node.range), end});
  return true;
}

// Evaluates the inner expression at the multiples of the step that any moment of the outer
// timeline looks back at.
bool Evaluator::run_subquery(const Subquery& subquery, Node& node, Moment at) {
  const std::int64_t first_end = reference(subquery.modifiers, node.offset, at.timeline->start);
  const std::int64_t last_end = reference(subquery.modifiers, node.offset, at.timeline->end);
  const std::int64_t before = earlier(first_end, node.range);
  std::int64_t start = before / node.step * node.step;
  if (start <= before) start = earlier(start, -node.step);
  node.inner = {start, last_end, node.step};
  RowCollector collector(query_);
  if (start <= last_end) {
    const auto moments = static_cast<std::uint64_t>(last_end) - static_cast<std::uint64_t>(start);
    const std::uint64_t steps = moments / static_cast<std::uint64_t>(node.step) + 1;
    if (!query_.hold(steps)) return false;
    query_.let_go(steps);
    VectorPool::Lease vector_lease(query_.vectors());
    Vector& elements = *vector_lease;
    for (std::uint64_t i = 0; i < steps; ++i) {
      const auto time = static_cast<std::int64_t>(static_cast<std::uint64_t>(start) +
                                                  i * static_cast<std::uint64_t>(node.step));
      elements.clear();
      const Query::Passing passing(query_);
      if (!vector(*subquery.expr, {time, &node.inner}, elements)) return false;
      if (!collector.add(elements, time)) return false;
    }
  }
  node.store.rows = collector.take();
  return true;
}

}  // namespace hitwatch::promql
