// What functions of range vectors compute of the samples of one series.
//
// Pure: samples are in order of time and hold no staleness markers. No value means that the series
// is not in the result, mostly for want of samples. Semantics of Prometheus 3.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rules/window/series.h"

namespace hitwatch::promql {

using Points = std::span<const window::Point>;

// The range that was asked for, not the extent of the samples: begin < t <= end, in milliseconds.
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

// With extrapolation to the ends of the range: at most half an interval of samples where the first
// or last one is more than 1.1 intervals away, and not below zero for a counter. rate is per
// second. From two samples on.
std::optional<double> rate(Points points, Range range);
std::optional<double> increase(Points points, Range range);
std::optional<double> delta(Points points, Range range);

// Of the last two samples.
std::optional<double> irate(Points points);   // per second; a drop is a counter's reset
std::optional<double> idelta(Points points);  // not per second

std::optional<double> resets(Points points);   // how often the value fell
std::optional<double> changes(Points points);  // how often it changed; from NaN to NaN is none

// Simple linear regression, from two samples on; NaN if all are the same infinity.
std::optional<double> deriv(Points points);  // per second
// The value expected `seconds` after `evaluation_time` (ms).
std::optional<double> predict_linear(Points points, std::int64_t evaluation_time, double seconds);

std::optional<double> avg_over_time(Points points);
std::optional<double> sum_over_time(Points points);
std::optional<double> min_over_time(Points points);  // NaN only if all are
std::optional<double> max_over_time(Points points);
std::optional<double> count_over_time(Points points);
std::optional<double> present_over_time(Points points);  // 1
std::optional<double> first_over_time(Points points);
std::optional<double> last_over_time(Points points);
std::optional<double> stddev_over_time(Points points);
std::optional<double> stdvar_over_time(Points points);
std::optional<double> quantile_over_time(Points points, double q);
// Median of the absolute distances from the median; NaN if any sample is.
std::optional<double> mad_over_time(Points points);

// When it was, in seconds since the epoch; the last time if there are several.
std::optional<double> ts_of_min_over_time(Points points);
std::optional<double> ts_of_max_over_time(Points points);
std::optional<double> ts_of_first_over_time(Points points);
std::optional<double> ts_of_last_over_time(Points points);

// Holt's linear trend (holt_winters before Prometheus 3), from two samples on. Both factors must be
// between 0 and 1, which the caller checks.
std::optional<double> double_exponential_smoothing(Points points, double smoothing, double trend);

}  // namespace hitwatch::promql
