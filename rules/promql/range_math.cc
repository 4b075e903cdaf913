#include "rules/promql/range_math.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rules/promql/aggregate_math.h"
#include "rules/promql/kahan.h"
#include "rules/promql/timeline.h"

namespace hitwatch::promql {
namespace {

using window::Point;

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

double seconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

// From one time to a later one; a range may begin or end at the ends of 64 bits.
double seconds_between(std::int64_t begin, std::int64_t end) {
  return seconds(earlier(end, begin));
}

// The difference of the last and the first value; what a counter lost in resets is added.
double rise(Points points, bool counter) {
  double rise = points.back().value - points.front().value;
  if (!counter) return rise;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].value < points[i - 1].value) rise += points[i - 1].value;
  }
  return rise;
}

std::optional<double> extrapolated(Points points, Range range, bool counter, bool per_second) {
  if (points.size() < 2) return std::nullopt;
  const double result = rise(points, counter);
  const double sampled = seconds_between(points.front().time, points.back().time);
  const double interval = sampled / static_cast<double>(points.size() - 1);
  const double threshold = interval * 1.1;
  double to_begin = seconds_between(range.begin, points.front().time);
  if (to_begin >= threshold) to_begin = interval / 2;
  if (counter && result > 0 && points.front().value >= 0) {
    // A counter was zero then, going by its slope: it cannot have been less before.
    to_begin = std::min(to_begin, sampled * (points.front().value / result));
  }
  double to_end = seconds_between(points.back().time, range.end);
  if (to_end >= threshold) to_end = interval / 2;
  double factor = (sampled + to_begin + to_end) / sampled;
  if (per_second) factor /= seconds_between(range.begin, range.end);
  return result * factor;
}

struct Line {
  double slope;      // per second
  double intercept;  // at the time that x is counted from
};

Line regression(Points points, std::int64_t origin) {
  const double first = points.front().value;
  if (std::ranges::all_of(points, [&](const Point& point) { return point.value == first; })) {
    if (std::isinf(first)) return {kNoValue, kNoValue};
    return {0, first};
  }
  const auto n = static_cast<double>(points.size());
  Kahan x_sum, y_sum, xy_sum, xx_sum;
  for (const Point& point : points) {
    const double x = seconds_between(origin, point.time);
    x_sum.add(x);
    y_sum.add(point.value);
    xy_sum.add(x * point.value);
    xx_sum.add(x * x);
  }
  const double x = x_sum.total();
  const double y = y_sum.total();
  const double covariance = xy_sum.total() - x * y / n;
  const double variance = xx_sum.total() - x * x / n;
  const double slope = covariance / variance;
  return {slope, y / n - slope * x / n};
}

// The point that `better` prefers last, given the one kept so far.
template <typename Better>
std::optional<double> time_of(Points points, Better better) {
  if (points.empty()) return std::nullopt;
  const Point* kept = &points.front();
  for (const Point& point : points.subspan(1)) {
    if (std::isnan(kept->value) || better(point.value, kept->value)) kept = &point;
  }
  return seconds(kept->time);
}

std::vector<double> values_of(Points points) {
  std::vector<double> values(points.size());
  std::ranges::transform(points, values.begin(), &Point::value);
  return values;
}

}  // namespace

std::optional<double> rate(Points points, Range range) {
  return extrapolated(points, range, true, true);
}

std::optional<double> increase(Points points, Range range) {
  return extrapolated(points, range, true, false);
}

std::optional<double> delta(Points points, Range range) {
  return extrapolated(points, range, false, false);
}

std::optional<double> irate(Points points) {
  if (points.size() < 2) return std::nullopt;
  const Point& last = points.back();
  const Point& before = points[points.size() - 2];
  if (last.time == before.time) return std::nullopt;
  const double rise = last.value < before.value ? last.value : last.value - before.value;
  return rise / seconds_between(before.time, last.time);
}

std::optional<double> idelta(Points points) {
  if (points.size() < 2) return std::nullopt;
  return points.back().value - points[points.size() - 2].value;
}

std::optional<double> resets(Points points) {
  if (points.empty()) return std::nullopt;
  double count = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    if (points[i].value < points[i - 1].value) ++count;
  }
  return count;
}

std::optional<double> changes(Points points) {
  if (points.empty()) return std::nullopt;
  double count = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double before = points[i - 1].value;
    const double value = points[i].value;
    if (value != before && !(std::isnan(value) && std::isnan(before))) ++count;
  }
  return count;
}

std::optional<double> deriv(Points points) {
  if (points.size() < 2) return std::nullopt;
  return regression(points, points.front().time).slope;
}

std::optional<double> predict_linear(Points points, std::int64_t evaluation_time, double ahead) {
  if (points.size() < 2) return std::nullopt;
  const Line line = regression(points, evaluation_time);
  return line.slope * ahead + line.intercept;
}

std::optional<double> avg_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  KahanMean mean;
  for (const Point& point : points) mean.add(point.value);
  return mean.mean();
}

std::optional<double> sum_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  Kahan sum;
  for (const Point& point : points) sum.add(point.value);
  return sum.total();
}

std::optional<double> min_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  double kept = points.front().value;
  for (const Point& point : points) kept = smaller(kept, point.value);
  return kept;
}

std::optional<double> max_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  double kept = points.front().value;
  for (const Point& point : points) kept = larger(kept, point.value);
  return kept;
}

std::optional<double> count_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return static_cast<double>(points.size());
}

std::optional<double> present_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return 1;
}

std::optional<double> first_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return points.front().value;
}

std::optional<double> last_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return points.back().value;
}

std::optional<double> stdvar_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  double count = 0;
  Kahan mean, squares;
  for (const Point& point : points) {
    ++count;
    const double distance = point.value - mean.total();
    mean.add(distance / count);
    squares.add(distance * (point.value - mean.total()));
  }
  return squares.total() / count;
}

std::optional<double> stddev_over_time(Points points) {
  const auto variance = stdvar_over_time(points);
  if (!variance) return variance;
  return std::sqrt(*variance);
}

std::optional<double> quantile_over_time(Points points, double q) {
  if (points.empty()) return std::nullopt;
  return quantile(q, values_of(points));
}

std::optional<double> mad_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  std::vector<double> values = values_of(points);
  if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) return kNoValue;
  const double median = quantile(0.5, values);
  for (double& value : values) value = std::abs(value - median);
  return quantile(0.5, std::move(values));
}

std::optional<double> ts_of_min_over_time(Points points) {
  return time_of(points, [](double value, double kept) { return value <= kept; });
}

std::optional<double> ts_of_max_over_time(Points points) {
  return time_of(points, [](double value, double kept) { return value >= kept; });
}

std::optional<double> ts_of_first_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return seconds(points.front().time);
}

std::optional<double> ts_of_last_over_time(Points points) {
  if (points.empty()) return std::nullopt;
  return seconds(points.back().time);
}

std::optional<double> double_exponential_smoothing(Points points, double smoothing, double trend) {
  if (points.size() < 2) return std::nullopt;
  double level = points[0].value;
  double slope = points[1].value - points[0].value;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double next = smoothing * points[i].value + (1 - smoothing) * (level + slope);
    // The first slope is a guess from two samples; it is corrected only by levels after them.
    const double rise = next - level;
    level = next;
    if (i + 1 < points.size()) slope = trend * rise + (1 - trend) * slope;
  }
  return level;
}

}  // namespace hitwatch::promql
