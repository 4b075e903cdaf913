// Writes an expression as Prometheus writes it.
#pragma once

#include <string>

#include "rules/promql/ast.h"

namespace hitwatch::promql {

// In one line, with the spaces, the order of modifiers and the notation of numbers that Prometheus
// has; matchers are sorted. parse() reads it as the same tree, of which the printed form is the
// same again.
std::string print(const Expr& expr);

}  // namespace hitwatch::promql
