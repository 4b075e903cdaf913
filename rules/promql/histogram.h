// Classic histograms: buckets of cumulative counts, one series each, told apart by the label `le`.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace hitwatch::promql {

struct Bucket {
  double upper_bound;
  double count;  // of all observations up to the bound
};

// The bound in a label `le` (see parse_go_float); none if it is no number.
std::optional<double> parse_bound(std::string_view text);

struct BucketQuantile {
  double value = 0;
  // Counts that fell with a rising bound were raised: their annotation names the lowest and highest
  // such bucket and by how much the count was short at most.
  bool forced = false;
  double lowest_bucket = 0;
  double highest_bucket = 0;
  double most_raised = 0;
};

// histogram_quantile() of buckets in any order. NaN without buckets, without one of +Inf, with that
// alone, without observations, or if q is NaN; -Inf if q < 0 and +Inf if q > 1.
BucketQuantile bucket_quantile(double q, std::vector<Bucket> buckets);

// histogram_fraction(): the share of observations between two values. NaN without buckets, without
// one of +Inf, without observations or if a value is NaN; 0 if lower >= upper.
double bucket_fraction(double lower, double upper, std::vector<Bucket> buckets);

}  // namespace hitwatch::promql
