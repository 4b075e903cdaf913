// How long a window that began empty leaves a rule without all that it reads.
#pragma once

#include <cstdint>

#include "rules/promql/ast.h"

namespace hitwatch::alerting {

// The longest range, offset or subquery of the expression, those around each other added up; 0 if
// it only reads newest samples: then the first sample of each series is enough. `unknown` stands in
// for lengths that are computed.
std::int64_t settle_time(const promql::Expr& expr, std::int64_t unknown);

}  // namespace hitwatch::alerting
