// Which samples an expression reads when it is evaluated at certain times.
#pragma once

#include <cstdint>
#include <vector>

#include "rules/promql/ast.h"
#include "rules/promql/engine.h"

namespace hitwatch::scripts {

struct Read {
  window::Matchers matchers;
  std::int64_t after;  // ms: after < t <= until
  std::int64_t until;
};

// Of every selector and of info series, for evaluations from `start` to `end`: exactly what it may
// look at. A range or offset that is computed counts as endless.
std::vector<Read> reads(const promql::Expr& expr, std::int64_t start, std::int64_t end,
                        const promql::QueryOptions& options);

}  // namespace hitwatch::scripts
