#include "collectors/keyspace/estimate.h"

#include <algorithm>
#include <cmath>

namespace hitwatch::keyspace {
namespace {

constexpr double kZ = 1.959963984540054;  // of 95 %
constexpr double kPrior = 15;             // sampled numbers
constexpr double kMostFactor = 1e12;      // of raking
constexpr double kMostLogReach = 500;     // as much as numbers can hold, with room to calculate

// Student's t of 95 %, by the first terms of its expansion in 1/df (R. A. Fisher and E. A. Cornish,
// 1960): within 1 % from 5 degrees of freedom on.
double student(double degrees_of_freedom) {
  const double df = std::max(degrees_of_freedom, 4.0);
  const double z3 = kZ * kZ * kZ;
  const double z5 = z3 * kZ * kZ;
  return kZ + (z3 + kZ) / (4 * df) + (5 * z5 + 16 * z3 + 3 * kZ) / (96 * df * df);
}

double square(double x) { return x * x; }

// Wilson's lower bound with the correction for continuity (R. G. Newcombe, "Two-sided confidence
// intervals for the single proportion", 1998, method 4). Groups are heard of because they were
// seen: without it, those seen once by luck would be taken for bigger than they are.
double corrected_low(double part, double total) {
  const double share = part / total;
  const double root = kZ * kZ - 2 - 1 / total + 4 * share * (total * (1 - share) + 1);
  const double low =
      (2 * part + kZ * kZ - 1 - kZ * std::sqrt(std::max(root, 0.0))) / (2 * (total + kZ * kZ));
  // Of less than one key in effect the formula says nothing.
  return std::clamp(low, 0.0, share);
}

// How far below and above a figure its interval reaches, as logarithms.
double log_below(const Estimate& e) { return e.low > 0 ? std::log(e.value / e.low) : HUGE_VAL; }
double log_above(const Estimate& e) { return std::log(e.high / e.value); }

}  // namespace

Interval wilson_interval(double part, double total) {
  const double share = part / total;
  const double z2 = kZ * kZ / total;
  const double center = (share + z2 / 2) / (1 + z2);
  const double half = kZ / (1 + z2) * std::sqrt(share * (1 - share) / total + z2 / (4 * total));
  return {.low = std::max(center - half, 0.0), .high = std::min(center + half, 1.0)};
}

double Moments::squared_variation() const {
  if (count < 2 || !(sum > 0)) return 0;
  const double variance = (sum_of_squares - sum * sum / count) / (count - 1);
  return std::max(variance, 0.0) / square(mean());
}

double pooled_variation(const Moments& few, const Moments& many) {
  const double informative = std::max(few.count - 1, 0.0);
  return (informative * few.squared_variation() + kPrior * many.squared_variation()) /
         (informative + kPrior);
}

Estimate estimate_count(double part, double total, double population, double design_effect) {
  const double shrink = std::max(design_effect, 1e-9);
  // Of a group that was not seen at most 3 in `total` exist.
  if (part == 0) return {0, 0, std::min(population, population * 3 * shrink / total)};
  const double high = wilson_interval(part / shrink, total / shrink).high;
  const double low = corrected_low(part / shrink, total / shrink);
  const double value = population * part / total;
  return {value, std::max(population * low, std::min(1.0, value)), population * high};
}

Estimate around(double value, double log_error, double degrees_of_freedom) {
  const double reach = std::exp(student(degrees_of_freedom) * log_error);
  return {value, value / reach, value * reach};
}

Estimate share_of(double whole, double share, double variance, double degrees_of_freedom) {
  if (share <= 0 || share >= 1 || variance <= 0) return Estimate::exact(whole * share);
  const double log_reach =
      student(degrees_of_freedom) * std::sqrt(variance) / (share * (1 - share));
  const double reach = std::exp(std::min(log_reach, kMostLogReach));
  return {whole * share, whole * with_odds(share, 1 / reach), whole * with_odds(share, reach)};
}

Estimate product(const Estimate& a, const Estimate& b) {
  const double value = a.value * b.value;
  if (!(value > 0)) return {value, a.low * b.low, a.high * b.high};
  return {value, value * std::exp(-std::hypot(log_below(a), log_below(b))),
          value * std::exp(std::hypot(log_above(a), log_above(b)))};
}

double with_odds(double share, double factor) {
  return share * factor / (1 - share + share * factor);
}

double raking_factor(std::span<const Raked> cells, double total) {
  const auto sum = [&](double factor) {
    double all = 0;
    for (const Raked& cell : cells) all += cell.weight * with_odds(cell.share, factor);
    return all;
  };
  double low = -std::log(kMostFactor);
  double high = -low;
  if (sum(std::exp(low)) > total || sum(std::exp(high)) < total) return 1;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (sum(std::exp(middle)) < total ? low : high) = middle;
  }
  return std::exp((low + high) / 2);
}

}  // namespace hitwatch::keyspace
