// Evaluates expressions over a window: instant queries and range queries, by Prometheus 3.x's
// semantics (ranges and lookback are open on the left; names are dropped at the end of a query).
//
// Pure: no clock, no I/O. All that a query makes up lies in memory of its own, bounded by limits.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/window/window.h"

namespace hitwatch::promql {

struct QueryOptions {
  std::int64_t lookback = 300'000;       // ms
  std::int64_t subquery_step = 60'000;   // ms, where a subquery gives none
  std::size_t max_samples = 50'000'000;  // held at one time
  std::size_t max_series = 1'000'000;    // of a result or an intermediate vector
  std::size_t max_steps = 11'000;        // of a range query
  // Asked now and then; a reason ends the query with that error (a deadline, a shutdown).
  std::function<const char*()> interrupted;
};

// A note that does not spoil the result.
struct Annotation {
  bool warning;      // else an info
  std::string text;  // `PromQL info: … (1:6)`
  bool operator==(const Annotation&) const = default;
};

struct ResultSeries {
  const window::LabelSet* labels;
  std::vector<window::Point> points;  // one, of the evaluation time, in an instant vector
};

struct Result {
  ValueType type = ValueType::kVector;
  double scalar = 0;                    // of kScalar
  std::string text;                     // of kString
  std::vector<ResultSeries> series;     // of kVector and kMatrix; those of a matrix are sorted
  std::vector<Annotation> annotations;  // each once, in the order of their text
  std::size_t samples_read = 0;
  std::size_t series_read = 0;
  // Of the labels: the window's table and the query's own on top of it.
  std::shared_ptr<const void> memory;
  const window::Symbols* symbols = nullptr;
};

// Why there is no result. `text` is worded as Prometheus words it; users and tests compare it.
struct EvalError {
  enum class Kind { kExecution, kTooLarge, kInterrupted };
  Kind kind = Kind::kExecution;
  std::string text;
};

// `text` is what `expr` was parsed from: positions of annotations are counted in it. Labels of the
// result are valid until the window changes.
std::expected<Result, EvalError> evaluate_instant(const Expr& expr, std::string_view text,
                                                  const window::Window& window, std::int64_t time,
                                                  const QueryOptions& options);
// Every `step` ms from start to end, both included. The result is a matrix, also of a scalar.
std::expected<Result, EvalError> evaluate_range(const Expr& expr, std::string_view text,
                                                const window::Window& window, std::int64_t start,
                                                std::int64_t end, std::int64_t step,
                                                const QueryOptions& options);

}  // namespace hitwatch::promql
