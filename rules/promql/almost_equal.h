// Equality of floating point numbers that went different ways.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/window/series.h"

namespace hitwatch::promql {

// Whether two values differ by less than `epsilon` of the sum of their magnitudes. NaN equals NaN,
// a staleness marker only another one; near zero the measure is the smallest normal number, so that
// 0 and 1e-17 differ (Prometheus' util/almost).
inline bool almost_equal(double left, double right, double epsilon) {
  if (window::is_stale(left) || window::is_stale(right)) {
    return window::is_stale(left) && window::is_stale(right);
  }
  if (std::isnan(left) && std::isnan(right)) return true;
  if (left == right) return true;
  constexpr double kSmallest = std::numeric_limits<double>::min();
  const double sum = std::abs(left) + std::abs(right);
  const double difference = std::abs(left - right);
  if (left == 0 || right == 0 || sum < kSmallest) return difference < epsilon * kSmallest;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < epsilon;
}

}  // namespace hitwatch::promql
