// What an expression reads: which series, and how far back.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/window/window.h"

namespace hitwatch::promql {

struct Need {
  window::Matchers matchers;
  std::int64_t history;  // ms back from the evaluation time: range, offset, lookback, subqueries
  Span at;               // of the selector
  bool fixed = false;    // `@ <time>`: reads one moment, however long ago; history is of no use
};

// Each selector of the expression in the order of its text. A negative offset reads no future:
// histories are at least the lookback.
std::vector<Need> needs(const Expr& expr, std::int64_t lookback, std::int64_t subquery_step);

}  // namespace hitwatch::promql
