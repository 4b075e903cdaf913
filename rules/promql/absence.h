// absent() and absent_over_time().
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

// One element of value 1 if the argument has none. Its labels are those that a selector pins down:
// matched once, with `=`.
bool absent(CallContext& context, Vector& out);
bool absent_over_time(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
