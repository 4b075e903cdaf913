// The buckets of an OTLP histogram, explicit or exponential: what they grew by since the point
// before, and where their counts stand among the buckets of cache_latency_seconds.
//
// A bucket tells that its counts are above its lower and at most at its upper edge. They are
// counted at the upper one: a latency is never shown as shorter than it was, so an alert on "above
// 10 ms" is never missed, and where the edges are those of cache_latency_seconds nothing is lost.
// What is above the highest edge counts above all of ours. With a delta, which tells its largest
// value, no count stands above that.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "collectors/apps/otlp_request.h"
#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/slot.h"

namespace hitwatch::apps {

struct OtlpBuckets {
  // A hash of what must be the same for two to be compared: the bounds, or the zero threshold.
  std::uint64_t shape = 0;
  // Of exponential ones: bucket i is (base^(offset+i), base^(offset+i+1)], base = 2^(2^-scale).
  std::int32_t scale = 0;
  std::int64_t offset = 0;
  std::uint64_t zero = 0;
  std::vector<std::uint64_t> counts;
};

// Why a point's buckets cannot be counted.
enum class OtlpBucketFault : std::uint8_t {
  kNone,
  kInconsistent,  // too many, more or fewer than the bounds ask for, a sum that is not `count`
  kNegative,      // there are counts of values below zero
};
// The buckets of a point, which is of either kind.
OtlpBucketFault read_otlp_buckets(const OtlpPoint& point, OtlpKind kind, std::uint64_t hash_key,
                                  OtlpBuckets& out);

enum class OtlpGrowth : std::uint8_t {
  kGrew,
  kFell,   // some count is smaller than it was
  kOther,  // other bounds, which cannot be compared
};
// Takes from `now` what was there `before`. Exponential ones may have changed their scale: they are
// brought to the coarser one, which merges buckets without a loss. Unless kGrew, `now` is of no
// use.
OtlpGrowth take_otlp_increase(OtlpBuckets& now, const OtlpBuckets& before);

// Counts as cache_latency_seconds has them, and their sum in seconds.
class OtlpLatencies {
 public:
  // `unit` is that of the bounds, in seconds. `most`, in the same unit, is a value that none is
  // above, or NaN. `sum` in the same unit; if it is NaN the sum is taken from the edges.
  void spread(const OtlpBuckets& buckets, OtlpKind kind, std::span<const double> bounds,
              double zero_threshold, double unit, double most, double sum);

  std::span<const lookups::BucketCount> counts() const { return {counts_.data(), size_}; }
  double total() const { return static_cast<double>(total_); }
  double sum() const { return sum_; }

 private:
  // For each of the fine bounds the highest index of which the bucket ends there or below.
  using Indices = std::array<std::int64_t, lookups::kFineBuckets - 1>;
  const Indices& indices(std::int32_t scale, double unit);
  void spread_explicit(const OtlpBuckets& buckets, std::span<const double> bounds, double unit);
  void spread_exponential(const OtlpBuckets& buckets, double zero_threshold, double unit);
  void add_edges(const OtlpBuckets& buckets, double unit);
  // In ascending order of buckets.
  void add(std::size_t bucket, std::uint64_t count) {
    bucket = std::min(bucket, last_bucket_);
    total_ += count;
    if (size_ > 0 && counts_[size_ - 1].bucket == bucket) {
      counts_[size_ - 1].count += count;
    } else {
      counts_[size_++] = {.bucket = static_cast<std::uint8_t>(bucket), .count = count};
    }
  }

  std::array<lookups::BucketCount, lookups::kFineBuckets + 1> counts_;
  std::size_t size_ = 0;
  std::uint64_t total_ = 0;
  double sum_ = 0;
  std::size_t last_bucket_ = 0;  // the one that `most` is in
  bool sums_edges_ = false;
  std::map<std::pair<std::int32_t, double>, Indices> indices_;
};

}  // namespace hitwatch::apps
