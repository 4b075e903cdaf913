// Functions of classic histograms: elements that differ in the label `le` alone are one histogram.
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

bool histogram_quantile(CallContext& context, Vector& out);
// One element per histogram and quantile, told apart by a label.
bool histogram_quantiles(CallContext& context, Vector& out);
bool histogram_fraction(CallContext& context, Vector& out);
// histogram_count(), histogram_sum() and their kin: numbers are no native histograms, so the result
// is empty.
bool of_native_histograms(CallContext& context, Vector& out);

}  // namespace hitwatch::promql
