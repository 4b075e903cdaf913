// What aggregations compute of the values of a group.
#pragma once

#include <vector>

namespace hitwatch::promql {

// The φ-quantile, linear between the two nearest ranks; NaN is less than everything. -Inf if
// q < 0, +Inf if q > 1, NaN if q is NaN or there are no values. Takes linear time.
double quantile(double q, std::vector<double> values);

// Population variance by Welford's method. An infinite or NaN value makes it NaN, also alone.
// At least one value must have been added.
class Variance {
 public:
  void add(double value);
  double variance() const { return squares_ / count_; }
  double deviation() const;

 private:
  double count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

// The larger or smaller of two, a number rather than NaN: the step of max and min.
double larger(double kept, double value);
double smaller(double kept, double value);

}  // namespace hitwatch::promql
