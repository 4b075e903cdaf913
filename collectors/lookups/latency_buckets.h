// The buckets of latencies: 160 fine ones, and the 18 that are exported.
//
// The fine bounds are log-linear, in microseconds: 10; then per decade up to 100 fifteen of them;
// per decade up to 1 s thirty-two, 5 to 12.5 % wide; fifteen up to 10 s; and no bound. They contain
// the exported bounds, so those are exact: a lookup of 10 ms is in `le="0.01"`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace hitwatch::lookups {

constexpr std::size_t kFineBuckets = 160;

// The bucket of a latency; `seconds` is not negative. A bound belongs to the bucket it closes.
std::size_t fine_bucket(double seconds);

// The upper bounds of all fine buckets but the last, in seconds, ascending.
std::span<const double> fine_bounds();

// An exported bucket: its `le`, and how many of the fine buckets lie at or below it.
struct ExportedBucket {
  std::string_view le;
  std::size_t fine_end;
};
// The 18 bounds of cache_latency_seconds and +Inf.
std::span<const ExportedBucket> classic_buckets();
// All 159 and +Inf.
std::span<const ExportedBucket> fine_buckets();

// The quantile `q` (0 to 1) of counts in fine buckets, in seconds, linear within a bucket as
// PromQL's histogram_quantile; NaN if they are all 0; the highest bound if it is in the last.
double quantile(std::span<const double, kFineBuckets> counts, double q);
// Several at once: `qs` ascending, one result for each; `total` is the sum of the counts.
void quantiles(std::span<const std::uint64_t, kFineBuckets> counts, std::uint64_t total,
               std::span<const double> qs, std::span<double> results);

}  // namespace hitwatch::lookups
