#include "rules/promql/aggregate_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hitwatch::promql {
namespace {

// A strict weak order: all NaNs are equal to each other and less than any number.
bool less_or_nan(double left, double right) {
  if (std::isnan(left)) return !std::isnan(right);
  return left < right;
}

}  // namespace

double quantile(double q, std::vector<double> values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const double last = static_cast<double>(values.size()) - 1;
  const double rank = q * last;
  const double floor = std::floor(rank);
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(std::max(0.0, floor));
  std::ranges::nth_element(values, lower, less_or_nan);
  // The next rank is the least of those that are not less.
  const auto next = std::ranges::min_element(lower + 1, values.end(), less_or_nan);
  const double upper = next == values.end() ? *lower : *next;
  const double weight = rank - floor;
  return *lower * (1 - weight) + upper * weight;
}

void Variance::add(double value) {
  ++count_;
  if (count_ == 1) {
    mean_ = value;
    squares_ = std::isfinite(value) ? 0 : std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const double delta = value - mean_;
  mean_ += delta / count_;
  squares_ += delta * (value - mean_);
}

double Variance::deviation() const { return std::sqrt(variance()); }

double larger(double kept, double value) { return value > kept || std::isnan(kept) ? value : kept; }

double smaller(double kept, double value) {
  return value < kept || std::isnan(kept) ? value : kept;
}

}  // namespace hitwatch::promql
