// label_replace() and label_join().
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

bool label_replace(CallContext& context, Vector& out);
bool label_join(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
