#include "rules/promql/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>

#include "rules/promql/evaluator.h"
#include "rules/promql/rows.h"

namespace hitwatch::promql {
namespace {

// The labels an element ends up with.
const window::LabelSet* final_labels(Query& query, const window::LabelSet* labels, bool drop_name) {
  return drop_name ? query.labels().without_name(labels) : labels;
}

bool finish_vector(Query& query, const Vector& elements, std::int64_t time, Result& result) {
  FlatIndex seen;
  const bool may_collide = std::ranges::any_of(elements, &Element::drop_name);
  if (may_collide) seen.reset(elements.size());
  result.series.reserve(elements.size());
  for (const Element& element : elements) {
    const window::LabelSet* labels = final_labels(query, element.labels, element.drop_name);
    const auto place = static_cast<std::uint32_t>(result.series.size());
    if (may_collide && seen.insert(labels->hash(), place, [&](std::uint32_t at) {
          return *result.series[at].labels == *labels;
        }) != FlatIndex::kNone) {
      return query.fail_duplicates();
    }
    result.series.push_back({labels, {{time, element.value}}});
  }
  return true;
}

// Joins rows whose labels are the same without their names, if they are of different times.
bool join_points(Query& query, std::vector<window::Point>& points,
                 const std::vector<window::Point>& more) {
  const auto middle = static_cast<std::ptrdiff_t>(points.size());
  points.insert(points.end(), more.begin(), more.end());
  const auto earlier_point = [](const window::Point& a, const window::Point& b) {
    return a.time < b.time;
  };
  std::inplace_merge(points.begin(), points.begin() + middle, points.end(), earlier_point);
  const auto same = std::ranges::adjacent_find(points, {}, &window::Point::time);
  return same == points.end() || query.fail_duplicates();
}

bool finish_matrix(Query& query, std::vector<Row> rows, Result& result) {
  FlatIndex seen;
  seen.reset(rows.size());
  for (Row& row : rows) {
    const window::LabelSet* labels = final_labels(query, row.labels, row.drop_name);
    const auto place = static_cast<std::uint32_t>(result.series.size());
    const std::uint32_t known = seen.insert(labels->hash(), place, [&](std::uint32_t at) {
      return *result.series[at].labels == *labels;
    });
    if (known == FlatIndex::kNone) {
      result.series.push_back({labels, std::move(row.points)});
    } else if (!join_points(query, result.series[known].points, row.points)) {
      return false;
    }
  }
  std::ranges::sort(result.series, [](const ResultSeries& a, const ResultSeries& b) {
    return window::less_by_text(*a.labels, *b.labels);
  });
  return true;
}

bool instant_vector(Query& query, Evaluator& evaluator, const Expr& expr, Moment at,
                    Result& result) {
  VectorPool::Lease elements(query.vectors());
  return evaluator.vector(expr, at, *elements) && finish_vector(query, *elements, at.time, result);
}

bool instant_matrix(Query& query, Evaluator& evaluator, const Expr& expr, Moment at,
                    Result& result) {
  RangeReader reader;
  if (!evaluator.ranges(expr, at, reader)) return false;
  std::vector<Row> rows;
  RangeSeries series{};
  while (reader.next(series)) {
    rows.push_back({series.labels, series.drop_name, {series.points.begin(), series.points.end()}});
    if (!query.hold(series.points.size())) return false;
  }
  return !reader.failed() && finish_matrix(query, std::move(rows), result);
}

bool run_instant(Query& query, const Expr& expr, Result& result) {
  Evaluator evaluator(query);
  if (!evaluator.prepare(expr)) return false;
  const Moment at{query.timeline().start, &query.timeline()};
  result.type = expr.type;
  switch (expr.type) {
    case ValueType::kScalar:
      return evaluator.scalar(expr, at, result.scalar);
    case ValueType::kVector:
      return instant_vector(query, evaluator, expr, at, result);
    case ValueType::kMatrix:
      return instant_matrix(query, evaluator, expr, at, result);
    case ValueType::kString:
      result.text = string_of(expr);
      return true;
  }
  return false;
}

bool evaluate_step(Query& query, Evaluator& evaluator, const Expr& expr, Moment at,
                   Vector& elements) {
  if (expr.type == ValueType::kVector) return evaluator.vector(expr, at, elements);
  double value = 0;
  if (!evaluator.scalar(expr, at, value)) return false;
  elements.push_back({query.labels().none(), value, false});
  return true;
}

bool run_range(Query& query, const Expr& expr, Result& result) {
  if (expr.type != ValueType::kVector && expr.type != ValueType::kScalar) {
    return query.fail(fmt::format(
        "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
        type_text(expr.type)));
  }
  const Timeline& timeline = query.timeline();
  if (timeline.step <= 0) return query.fail("the step of a range query must be above 0");
  const auto length =
      static_cast<std::uint64_t>(timeline.end) - static_cast<std::uint64_t>(timeline.start);
  if (timeline.end >= timeline.start &&
      length / static_cast<std::uint64_t>(timeline.step) >= query.options().max_steps) {
    return query.fail(
        EvalError::Kind::kTooLarge,
        fmt::format("a range query may have at most {} steps", query.options().max_steps));
  }
  Evaluator evaluator(query);
  if (!evaluator.prepare(expr)) return false;
  RowCollector collector(query);
  VectorPool::Lease elements(query.vectors());
  const auto step = static_cast<std::uint64_t>(timeline.step);
  const std::uint64_t steps = timeline.end < timeline.start ? 0 : length / step + 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    const auto time =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(timeline.start) + i * step);
    const Query::Passing passing(query);
    (*elements).clear();
    if (!evaluate_step(query, evaluator, expr, {time, &timeline}, *elements)) return false;
    if (!collector.add(*elements, time)) return false;
  }
  result.type = ValueType::kMatrix;
  return finish_matrix(query, collector.take(), result);
}

using Run = bool (*)(Query& query, const Expr& expr, Result& result);

std::expected<Result, EvalError> evaluate(Run run, const Expr& expr, std::string_view text,
                                          const window::Window& window, Timeline timeline,
                                          const QueryOptions& options) {
  Query query(text, window, timeline, options);
  Result result;
  if (!run(query, expr, result)) return std::unexpected(query.error());
  result.annotations = query.annotations().take();
  result.samples_read = query.samples_read;
  result.series_read = query.series_read;
  result.symbols = &query.symbols();
  result.memory = query.memory();
  return result;
}

}  // namespace

std::expected<Result, EvalError> evaluate_instant(const Expr& expr, std::string_view text,
                                                  const window::Window& window, std::int64_t time,
                                                  const QueryOptions& options) {
  return evaluate(run_instant, expr, text, window, {time, time, 0}, options);
}

std::expected<Result, EvalError> evaluate_range(const Expr& expr, std::string_view text,
                                                const window::Window& window, std::int64_t start,
                                                std::int64_t end, std::int64_t step,
                                                const QueryOptions& options) {
  return evaluate(run_range, expr, text, window, {start, end, step}, options);
}

}  // namespace hitwatch::promql
