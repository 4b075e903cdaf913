#include "rules/promql/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/promql/almost_equal.h"
#include "rules/promql/go_number.h"

namespace hitwatch::promql {
namespace {

constexpr double kNoQuantile = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
// Counts that differ by less are the same, but for rounding.
constexpr double kTolerance = 1e-12;

// In order of their bounds, each bound once. False if the last is not +Inf.
bool prepare(std::vector<Bucket>& buckets) {
  std::erase_if(buckets, [](const Bucket& bucket) { return std::isnan(bucket.upper_bound); });
  std::ranges::stable_sort(buckets, {}, &Bucket::upper_bound);
  if (buckets.empty() || buckets.back().upper_bound != kInf) return false;
  std::size_t kept = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[kept].upper_bound) {
      buckets[kept].count += buckets[i].count;
    } else {
      buckets[++kept] = buckets[i];
    }
  }
  buckets.resize(kept + 1);
  return true;
}

// Makes counts rise: a rounding error is taken back silently, what falls is raised and noted.
void repair(std::vector<Bucket>& buckets, BucketQuantile& note) {
  double reached = buckets.front().count;
  for (Bucket& bucket : buckets) {
    if (bucket.count == reached) continue;
    if (almost_equal(reached, bucket.count, kTolerance)) {
      bucket.count = reached;
    } else if (bucket.count < reached) {
      if (!note.forced) note.lowest_bucket = bucket.upper_bound;
      note.highest_bucket = bucket.upper_bound;
      note.most_raised = std::max(note.most_raised, reached - bucket.count);
      note.forced = true;
      bucket.count = reached;
    } else {
      reached = bucket.count;
    }
  }
}

double interpolated(double q, const std::vector<Bucket>& buckets) {
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) return kNoQuantile;
  double rank = q * observations;
  const auto last = std::prev(buckets.end());
  const auto found = std::partition_point(
      buckets.begin(), last, [&](const Bucket& bucket) { return !(bucket.count >= rank); });
  if (found == last) return std::prev(last)->upper_bound;
  if (found == buckets.begin()) {
    if (found->upper_bound <= 0) return found->upper_bound;
    return found->upper_bound * (rank / found->count);
  }
  const Bucket& before = *std::prev(found);
  rank -= before.count;
  const double share = rank / (found->count - before.count);
  return before.upper_bound + (found->upper_bound - before.upper_bound) * share;
}

// How many observations are below `value`, if that can be told before the end of the buckets.
double rank_of(double value, const std::vector<Bucket>& buckets) {
  double below = 0;
  double bound = buckets.front().upper_bound <= 0 ? -kInf : 0;
  for (const Bucket& bucket : buckets) {
    if (bound >= value) return below;
    if (value < bucket.upper_bound) {
      // Within a bucket without end nothing can be said but that its observations are not below.
      if (std::isinf(bound)) return below;
      return below + (bucket.count - below) * (value - bound) / (bucket.upper_bound - bound);
    }
    below = bucket.count;
    bound = bucket.upper_bound;
  }
  return buckets.back().count;
}

}  // namespace

std::optional<double> parse_bound(std::string_view text) { return parse_go_float(text); }

BucketQuantile bucket_quantile(double q, std::vector<Bucket> buckets) {
  BucketQuantile result;
  result.value = kNoQuantile;
  if (std::isnan(q)) return result;
  if (q < 0 || q > 1) {
    result.value = q < 0 ? -kInf : kInf;
    return result;
  }
  if (!prepare(buckets)) return result;
  repair(buckets, result);
  result.value = interpolated(q, buckets);
  return result;
}

double bucket_fraction(double lower, double upper, std::vector<Bucket> buckets) {
  if (!prepare(buckets)) return kNoQuantile;
  const double observations = buckets.back().count;
  if (observations == 0 || std::isnan(lower) || std::isnan(upper)) return kNoQuantile;
  if (lower >= upper) return 0;
  const double from = std::min(rank_of(lower, buckets), observations);
  const double to = std::min(rank_of(upper, buckets), observations);
  return (to - from) / observations;
}

}  // namespace hitwatch::promql
