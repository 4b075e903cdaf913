// Whether the parts of an expression fit together.
#pragma once

#include <expected>

#include "rules/promql/ast.h"
#include "rules/promql/position.h"

namespace hitwatch::promql {

// Answers the first fault in the order in which Prometheus looks, and in its words. Completes what
// only the types say: that set operators match many to many, and that operands which are not both
// vectors do not match at all.
std::expected<void, ParseError> check_types(Expr& expr);

}  // namespace hitwatch::promql
