#include "rules/promql/calls.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "rules/promql/absence.h"
#include "rules/promql/calendar.h"
#include "rules/promql/go_number.h"
#include "rules/promql/histogram_functions.h"
#include "rules/promql/info.h"
#include "rules/promql/label_functions.h"
#include "rules/promql/range_functions.h"
#include "rules/promql/sorting.h"

namespace hitwatch::promql {
namespace {

// Every element's value and the call's scalars, from the second argument on.
template <class Compute>
bool map_with_scalars(CallContext& context, Vector& out, Compute compute) {
  double scalars[2] = {};
  for (std::size_t i = 1; i < context.count(); ++i) {
    if (!context.scalar(i, scalars[i - 1])) return false;
  }
  const std::size_t first = out.size();
  if (!context.vector(0, out)) return false;
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].value = compute(out[i].value, scalars[0], scalars[1]);
    out[i].drop_name = true;
  }
  return true;
}

bool clamp(CallContext& context, Vector& out) {
  double least = 0;
  double most = 0;
  if (!context.scalar(1, least) || !context.scalar(2, most)) return false;
  if (most < least) return true;
  return map_with_scalars(context, out, [](double value, double from, double to) {
    return max_as_go(from, min_as_go(to, value));
  });
}

bool clamp_min(CallContext& context, Vector& out) {
  return map_with_scalars(
      context, out, [](double value, double least, double) { return max_as_go(least, value); });
}

bool clamp_max(CallContext& context, Vector& out) {
  return map_with_scalars(context, out,
                          [](double value, double most, double) { return min_as_go(most, value); });
}

bool round(CallContext& context, Vector& out) {
  const bool whole = context.count() < 2;
  return map_with_scalars(context, out, [whole](double value, double unit, double) {
    return round_to(value, whole ? 1 : unit);
  });
}

bool vector(CallContext& context, Vector& out) {
  double value = 0;
  if (!context.scalar(0, value)) return false;
  out.push_back({context.query.labels().none(), value, false});
  return true;
}

bool timestamp(CallContext& context, Vector& out) {
  if (std::holds_alternative<VectorSelector>(unwrap(context.argument(0)).node)) {
    return context.evaluator.sample_times(context.argument(0), context.at, out);
  }
  const double now = static_cast<double>(context.at.time) / 1000;
  return map_with_scalars(context, out, [now](double, double, double) { return now; });
}

bool scalar(CallContext& context, double& out) {
  VectorPool::Lease elements(context.query.vectors());
  if (!context.vector(0, *elements)) return false;
  out = (*elements).size() == 1 ? (*elements).front().value
                                : std::numeric_limits<double>::quiet_NaN();
  return true;
}

template <double (*Compute)(double, double)>
bool of_two(CallContext& context, double& out) {
  double left = 0;
  double right = 0;
  if (!context.scalar(0, left) || !context.scalar(1, right)) return false;
  out = Compute(left, right);
  return true;
}

double seconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

bool time(CallContext& context, double& out) {
  out = seconds(context.at.time);
  return true;
}

bool pi(CallContext& /*context*/, double& out) {
  out = std::numbers::pi;
  return true;
}

bool query_start(CallContext& context, double& out) {
  out = seconds(context.query.timeline().start);
  return true;
}

bool query_end(CallContext& context, double& out) {
  out = seconds(context.query.timeline().end);
  return true;
}

bool query_step(CallContext& context, double& out) {
  out = seconds(context.query.timeline().step);
  return true;
}

bool query_range(CallContext& context, double& out) {
  const Timeline& timeline = context.query.timeline();
  out = seconds(earlier(timeline.end, timeline.start));
  return true;
}

double to_degrees(double value) { return value * 180 / std::numbers::pi; }
double to_radians(double value) { return value * std::numbers::pi / 180; }

MapFunction libm(double (*function)(double)) { return function; }

RangeFunction ranged(std::optional<double> (*compute)(Points, const RangeArguments&)) {
  return {compute};
}

// In the order of their names.
const CallImplementation kImplementations[] = {
    {"abs", libm(std::fabs)},
    {"absent", VectorFunction(absent)},
    {"absent_over_time", VectorFunction(absent_over_time)},
    {"acos", libm(std::acos)},
    {"acosh", libm(std::acosh)},
    {"asin", libm(std::asin)},
    {"asinh", libm(std::asinh)},
    {"atan", libm(std::atan)},
    {"atanh", libm(std::atanh)},
    {"avg_over_time", ranged(range_avg)},
    {"ceil", libm(std::ceil)},
    {"changes", ranged(range_changes)},
    {"clamp", VectorFunction(clamp)},
    {"clamp_max", VectorFunction(clamp_max)},
    {"clamp_min", VectorFunction(clamp_min)},
    {"cos", libm(std::cos)},
    {"cosh", libm(std::cosh)},
    {"count_over_time", ranged(range_count)},
    {"day_of_month", MapFunction(day_of_month)},
    {"day_of_week", MapFunction(day_of_week)},
    {"day_of_year", MapFunction(day_of_year)},
    {"days_in_month", MapFunction(days_in_month)},
    {"deg", MapFunction(to_degrees)},
    {"delta", ranged(range_delta)},
    {"deriv", ranged(range_deriv)},
    {"double_exponential_smoothing",
     RangeFunction{range_smoothing, false, false, check_smoothing_factors}},
    {"end", ScalarFunction(query_end)},
    {"exp", libm(std::exp)},
    {"first_over_time", RangeFunction{range_first, true}},
    {"floor", libm(std::floor)},
    {"histogram_avg", VectorFunction(of_native_histograms)},
    {"histogram_count", VectorFunction(of_native_histograms)},
    {"histogram_fraction", VectorFunction(histogram_fraction)},
    {"histogram_quantile", VectorFunction(histogram_quantile)},
    {"histogram_quantiles", VectorFunction(histogram_quantiles)},
    {"histogram_stddev", VectorFunction(of_native_histograms)},
    {"histogram_stdvar", VectorFunction(of_native_histograms)},
    {"histogram_sum", VectorFunction(of_native_histograms)},
    {"holt_winters", RangeFunction{range_smoothing, false, false, check_smoothing_factors}},
    {"hour", MapFunction(hour)},
    {"idelta", ranged(range_idelta)},
    {"increase", RangeFunction{range_increase, false, true}},
    {"info", VectorFunction(info)},
    {"irate", ranged(range_irate)},
    {"label_join", VectorFunction(label_join)},
    {"label_replace", VectorFunction(label_replace)},
    {"last_over_time", RangeFunction{range_last, true}},
    {"ln", libm(std::log)},
    {"log10", libm(std::log10)},
    {"log2", libm(std::log2)},
    {"mad_over_time", ranged(range_mad)},
    {"max_of", ScalarFunction(of_two<max_as_go>)},
    {"max_over_time", ranged(range_max)},
    {"min_of", ScalarFunction(of_two<min_as_go>)},
    {"min_over_time", ranged(range_min)},
    {"minute", MapFunction(minute)},
    {"month", MapFunction(month)},
    {"pi", ScalarFunction(pi)},
    {"predict_linear", ranged(range_predict_linear)},
    {"present_over_time", ranged(range_present)},
    {"quantile_over_time", RangeFunction{range_quantile, false, false, check_quantile}},
    {"rad", MapFunction(to_radians)},
    {"range", ScalarFunction(query_range)},
    {"rate", RangeFunction{range_rate, false, true}},
    {"resets", ranged(range_resets)},
    {"round", VectorFunction(round)},
    {"scalar", ScalarFunction(scalar)},
    {"sgn", MapFunction(sign)},
    {"sin", libm(std::sin)},
    {"sinh", libm(std::sinh)},
    {"sort", VectorFunction(sort)},
    {"sort_by_label", VectorFunction(sort_by_label)},
    {"sort_by_label_desc", VectorFunction(sort_by_label_desc)},
    {"sort_desc", VectorFunction(sort_desc)},
    {"sqrt", libm(std::sqrt)},
    {"start", ScalarFunction(query_start)},
    {"stddev_over_time", ranged(range_stddev)},
    {"stdvar_over_time", ranged(range_stdvar)},
    {"step", ScalarFunction(query_step)},
    {"sum_over_time", ranged(range_sum)},
    {"tan", libm(std::tan)},
    {"tanh", libm(std::tanh)},
    {"time", ScalarFunction(time)},
    {"timestamp", VectorFunction(timestamp)},
    {"ts_of_first_over_time", ranged(range_time_of_first)},
    {"ts_of_last_over_time", ranged(range_time_of_last)},
    {"ts_of_max_over_time", ranged(range_time_of_max)},
    {"ts_of_min_over_time", ranged(range_time_of_min)},
    {"vector", VectorFunction(vector)},
    {"year", MapFunction(year)},
};

bool map(MapFunction compute, CallContext& context, Vector& out) {
  if (context.count() == 0) {
    out.push_back({context.query.labels().none(), compute(seconds(context.at.time)), true});
    return true;
  }
  const std::size_t first = out.size();
  if (!context.vector(0, out)) return false;
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].value = compute(out[i].value);
    out[i].drop_name = true;
  }
  return true;
}

}  // namespace

const CallImplementation* find_implementation(std::string_view name) {
  const auto found =
      std::ranges::lower_bound(kImplementations, name, {}, &CallImplementation::name);
  return found != std::end(kImplementations) && found->name == name ? &*found : nullptr;
}

bool call_vector(const CallImplementation& implementation, CallContext context, Vector& out) {
  if (const auto* of_range = std::get_if<RangeFunction>(&implementation.how)) {
    return call_range_function(*of_range, context, out);
  }
  if (const auto* of_vector = std::get_if<VectorFunction>(&implementation.how)) {
    return (*of_vector)(context, out);
  }
  if (const auto* of_value = std::get_if<MapFunction>(&implementation.how)) {
    return map(*of_value, context, out);
  }
  return context.query.fail("a function of scalars is no instant vector");
}

}  // namespace hitwatch::promql
