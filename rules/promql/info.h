// info(): adds the labels of info series, like target_info, to series of the same instance and job
// (https://prometheus.io/docs/prometheus/latest/querying/functions/#info).
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

// Which series a call takes for info series: the matchers of its second argument, and by default
// those named target_info.
window::Matchers info_matchers(const Call& call);
// The first selector of an expression in the order of its text; null if it has none. Info series
// are read of the time that it reads.
const VectorSelector* first_selector(const Expr& expr);

bool info(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
