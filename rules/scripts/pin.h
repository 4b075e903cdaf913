// Fixes an expression to a moment: what it reads no longer depends on when it is evaluated.
#pragma once

#include <cstdint>

#include "rules/promql/ast.h"

namespace hitwatch::scripts {

// Gives every selector and subquery that has no time of its own the modifier `@ time` (ms); those
// with `@ start()` and `@ end()`, too. What is within a subquery follows from that.
void pin(promql::Expr& expr, std::int64_t time);

// Whether it calls a function whose value depends on the evaluation time itself, as time() does:
// then pinning does not fix it.
bool reads_the_clock(const promql::Expr& expr);

}  // namespace hitwatch::scripts
