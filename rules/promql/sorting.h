// sort(), sort_by_label() and their descending twins. The results of a range query are in the order
// of their labels anyway.
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

// By value, NaN last.
bool sort(CallContext& context, Vector& out);
bool sort_desc(CallContext& context, Vector& out);
// By the values of the labels named, naturally (natural_order.h), then by all labels.
bool sort_by_label(CallContext& context, Vector& out);
bool sort_by_label_desc(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
