// label_replace() and label_join().
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

// Fails if elements from `first` on have the same labels, which differed before.
bool check_distinct(Query& query, const Vector& elements, std::size_t first);

bool label_replace(CallContext& context, Vector& out);
bool label_join(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
