#include "rules/promql/range_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hitwatch::promql {
namespace {

// A name that ends like a counter's.
bool named_like_counter(std::string_view name) {
  constexpr std::array<std::string_view, 4> kEndings = {"_total", "_sum", "_count", "_bucket"};
  return std::ranges::any_of(kEndings,
                             [name](std::string_view ending) { return name.ends_with(ending); });
}

std::size_t range_argument(const Call& call) {
  const auto found = std::ranges::find(call.arguments, ValueType::kMatrix,
                                       [](const ExprPtr& argument) { return argument->type; });
  return static_cast<std::size_t>(found - call.arguments.begin());
}

}  // namespace

bool call_range_function(const RangeFunction& function, CallContext& context, Vector& out) {
  const std::size_t ranged = range_argument(context.call);
  RangeReader reader;
  if (!context.evaluator.ranges(context.argument(ranged), context.at, reader)) return false;
  RangeArguments arguments{reader.range(), context.at.time, {}};
  for (std::size_t i = 0, taken = 0; i < context.count() && taken < 2; ++i) {
    if (i != ranged && !context.scalar(i, arguments.scalars[taken++])) return false;
  }
  const window::Symbol name = context.query.symbols().name();
  window::Symbol last_name = nullptr;
  bool checked = function.check == nullptr;
  RangeSeries series{};
  while (reader.next(series)) {
    if (!checked && !function.check(context, arguments)) return false;
    checked = true;
    const std::optional<double> value = function.compute(series.points, arguments);
    if (!value) continue;
    if (function.of_counter) {
      const window::Symbol metric = series.labels->get(name);
      if (metric != last_name && metric != nullptr && !named_like_counter(*metric)) {
        context.query.annotations().possible_non_counter(*metric, context.argument(ranged).at);
      }
      last_name = metric;
    }
    out.push_back({series.labels, *value, series.drop_name || !function.keeps_name});
  }
  return !reader.failed();
}

bool check_quantile(CallContext& context, const RangeArguments& arguments) {
  const double q = arguments.scalars[0];
  if (!(q >= 0 && q <= 1)) {
    context.query.annotations().invalid_quantile(q, context.argument(0).at);
  }
  return true;
}

bool check_smoothing_factors(CallContext& context, const RangeArguments& arguments) {
  const auto within = [](double factor) { return factor > 0 && factor < 1; };
  if (!within(arguments.scalars[0])) {
    return context.query.fail(fmt::format(
        "invalid smoothing factor. Expected: 0 < sf < 1, got: {:f}", arguments.scalars[0]));
  }
  if (!within(arguments.scalars[1])) {
    return context.query.fail(
        fmt::format("invalid trend factor. Expected: 0 < tf < 1, got: {:f}", arguments.scalars[1]));
  }
  return true;
}

RangeResult range_avg(Points points, const RangeArguments&) { return avg_over_time(points); }
RangeResult range_changes(Points points, const RangeArguments&) { return changes(points); }
RangeResult range_count(Points points, const RangeArguments&) { return count_over_time(points); }
RangeResult range_delta(Points points, const RangeArguments& arguments) {
  return delta(points, arguments.range);
}
RangeResult range_deriv(Points points, const RangeArguments&) { return deriv(points); }
RangeResult range_first(Points points, const RangeArguments&) { return first_over_time(points); }
RangeResult range_idelta(Points points, const RangeArguments&) { return idelta(points); }
RangeResult range_increase(Points points, const RangeArguments& arguments) {
  return increase(points, arguments.range);
}
RangeResult range_irate(Points points, const RangeArguments&) { return irate(points); }
RangeResult range_last(Points points, const RangeArguments&) { return last_over_time(points); }
RangeResult range_mad(Points points, const RangeArguments&) { return mad_over_time(points); }
RangeResult range_max(Points points, const RangeArguments&) { return max_over_time(points); }
RangeResult range_min(Points points, const RangeArguments&) { return min_over_time(points); }
RangeResult range_predict_linear(Points points, const RangeArguments& arguments) {
  return predict_linear(points, arguments.time, arguments.scalars[0]);
}
RangeResult range_present(Points points, const RangeArguments&) {
  return present_over_time(points);
}
RangeResult range_quantile(Points points, const RangeArguments& arguments) {
  return quantile_over_time(points, arguments.scalars[0]);
}
RangeResult range_rate(Points points, const RangeArguments& arguments) {
  return rate(points, arguments.range);
}
RangeResult range_resets(Points points, const RangeArguments&) { return resets(points); }
RangeResult range_smoothing(Points points, const RangeArguments& arguments) {
  return double_exponential_smoothing(points, arguments.scalars[0], arguments.scalars[1]);
}
RangeResult range_stddev(Points points, const RangeArguments&) { return stddev_over_time(points); }
RangeResult range_stdvar(Points points, const RangeArguments&) { return stdvar_over_time(points); }
RangeResult range_sum(Points points, const RangeArguments&) { return sum_over_time(points); }
RangeResult range_time_of_first(Points points, const RangeArguments&) {
  return ts_of_first_over_time(points);
}
RangeResult range_time_of_last(Points points, const RangeArguments&) {
  return ts_of_last_over_time(points);
}
RangeResult range_time_of_max(Points points, const RangeArguments&) {
  return ts_of_max_over_time(points);
}
RangeResult range_time_of_min(Points points, const RangeArguments&) {
  return ts_of_min_over_time(points);
}

}  // namespace hitwatch::promql
