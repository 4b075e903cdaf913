// Functions of a range vector: range_math.h's, for each series.
#pragma once

#include "rules/promql/calls.h"

namespace hitwatch::promql {

bool call_range_function(const RangeFunction& function, CallContext& context, Vector& out);

// Before the first series: notes a quantile out of bounds; refuses factors that are.
bool check_quantile(CallContext& context, const RangeArguments& arguments);
bool check_smoothing_factors(CallContext& context, const RangeArguments& arguments);

using RangeResult = std::optional<double>;
RangeResult range_avg(Points points, const RangeArguments& arguments);
RangeResult range_changes(Points points, const RangeArguments& arguments);
RangeResult range_count(Points points, const RangeArguments& arguments);
RangeResult range_delta(Points points, const RangeArguments& arguments);
RangeResult range_deriv(Points points, const RangeArguments& arguments);
RangeResult range_first(Points points, const RangeArguments& arguments);
RangeResult range_idelta(Points points, const RangeArguments& arguments);
RangeResult range_increase(Points points, const RangeArguments& arguments);
RangeResult range_irate(Points points, const RangeArguments& arguments);
RangeResult range_last(Points points, const RangeArguments& arguments);
RangeResult range_mad(Points points, const RangeArguments& arguments);
RangeResult range_max(Points points, const RangeArguments& arguments);
RangeResult range_min(Points points, const RangeArguments& arguments);
RangeResult range_predict_linear(Points points, const RangeArguments& arguments);
RangeResult range_present(Points points, const RangeArguments& arguments);
RangeResult range_quantile(Points points, const RangeArguments& arguments);
RangeResult range_rate(Points points, const RangeArguments& arguments);
RangeResult range_resets(Points points, const RangeArguments& arguments);
RangeResult range_smoothing(Points points, const RangeArguments& arguments);
RangeResult range_stddev(Points points, const RangeArguments& arguments);
RangeResult range_stdvar(Points points, const RangeArguments& arguments);
RangeResult range_sum(Points points, const RangeArguments& arguments);
RangeResult range_time_of_first(Points points, const RangeArguments& arguments);
RangeResult range_time_of_last(Points points, const RangeArguments& arguments);
RangeResult range_time_of_max(Points points, const RangeArguments& arguments);
RangeResult range_time_of_min(Points points, const RangeArguments& arguments);

}  // namespace hitwatch::promql
