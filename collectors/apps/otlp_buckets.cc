#include "collectors/apps/otlp_buckets.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "collectors/lookups/hash.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {
namespace {

constexpr std::int32_t kLeastScale = -10;
constexpr std::int32_t kMostScale = 20;

std::uint64_t hash_bounds(std::span<const double> bounds, std::uint64_t key) {
  return lookups::hash_bytes({reinterpret_cast<const char*>(bounds.data()), bounds.size_bytes()},
                             key);
}

bool are_ascending(std::span<const double> bounds) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (!std::isfinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1])) return false;
  }
  return true;
}

// False where it would not fit into 64 bits.
bool add_up(std::span<const std::uint64_t> counts, std::uint64_t first, std::uint64_t& total) {
  total = first;
  for (const std::uint64_t count : counts) {
    if (__builtin_add_overflow(total, count, &total)) return false;
  }
  return true;
}

OtlpBucketFault read_explicit(const OtlpPoint& point, std::uint64_t hash_key, OtlpBuckets& out) {
  out.scale = 0;
  out.offset = 0;
  out.zero = 0;
  // Without buckets, or with a single one, only their number is known.
  if (point.buckets.empty() && point.bounds.empty()) {
    out.counts.assign(1, point.count);
  } else {
    if (point.buckets.size() != point.bounds.size() + 1) return OtlpBucketFault::kInconsistent;
    out.counts.assign(point.buckets.begin(), point.buckets.end());
  }
  if (!are_ascending(point.bounds)) return OtlpBucketFault::kInconsistent;
  for (std::size_t i = 0; i < point.bounds.size() && point.bounds[i] < 0; ++i) {
    if (out.counts[i] > 0) return OtlpBucketFault::kNegative;
  }
  out.shape = hash_bounds(point.bounds, hash_key);
  return OtlpBucketFault::kNone;
}

OtlpBucketFault read_exponential(const OtlpPoint& point, std::uint64_t hash_key, OtlpBuckets& out) {
  if (point.has_negative) return OtlpBucketFault::kNegative;
  if (point.scale < kLeastScale || point.scale > kMostScale ||
      !std::isfinite(point.zero_threshold) || point.zero_threshold < 0) {
    return OtlpBucketFault::kInconsistent;
  }
  out.scale = point.scale;
  out.offset = point.offset;
  out.zero = point.zero_count;
  out.counts.assign(point.buckets.begin(), point.buckets.end());
  out.shape = hash_bounds(std::span(&point.zero_threshold, 1), hash_key);
  return OtlpBucketFault::kNone;
}

// Two to the power of the difference of the scales become one.
void merge_to_scale(OtlpBuckets& buckets, std::int32_t scale) {
  const std::int32_t shift = buckets.scale - scale;
  buckets.scale = scale;
  if (shift == 0 || buckets.counts.empty()) return;
  const std::int64_t first = buckets.offset >> shift;
  for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
    const std::uint64_t count = buckets.counts[i];
    buckets.counts[i] = 0;
    const std::int64_t index = (buckets.offset + static_cast<std::int64_t>(i)) >> shift;
    buckets.counts[static_cast<std::size_t>(index - first)] += count;
  }
  const std::int64_t last =
      (buckets.offset + static_cast<std::int64_t>(buckets.counts.size()) - 1) >> shift;
  buckets.counts.resize(static_cast<std::size_t>(last - first) + 1);
  buckets.offset = first;
}

OtlpGrowth subtract(OtlpBuckets& now, const OtlpBuckets& before) {
  if (now.zero < before.zero) return OtlpGrowth::kFell;
  now.zero -= before.zero;
  const std::int64_t shift = before.offset - now.offset;
  if (shift == 0 && now.counts.size() >= before.counts.size()) {  // as a rule
    bool fell = false;
    for (std::size_t i = 0; i < before.counts.size(); ++i) {
      fell |= now.counts[i] < before.counts[i];
      now.counts[i] -= before.counts[i];
    }
    return fell ? OtlpGrowth::kFell : OtlpGrowth::kGrew;
  }
  for (std::size_t i = 0; i < before.counts.size(); ++i) {
    if (before.counts[i] == 0) continue;
    const std::int64_t at = static_cast<std::int64_t>(i) + shift;
    if (at < 0 || at >= static_cast<std::int64_t>(now.counts.size())) return OtlpGrowth::kFell;
    std::uint64_t& count = now.counts[static_cast<std::size_t>(at)];
    if (count < before.counts[i]) return OtlpGrowth::kFell;
    count -= before.counts[i];
  }
  return OtlpGrowth::kGrew;
}

}  // namespace

OtlpBucketFault read_otlp_buckets(const OtlpPoint& point, OtlpKind kind, std::uint64_t hash_key,
                                  OtlpBuckets& out) {
  if (point.bucket_count > kMaxOtlpBuckets || point.bound_count > kMaxOtlpBuckets) {
    return OtlpBucketFault::kInconsistent;
  }
  const OtlpBucketFault fault = kind == OtlpKind::kExponential
                                    ? read_exponential(point, hash_key, out)
                                    : read_explicit(point, hash_key, out);
  if (fault != OtlpBucketFault::kNone) return fault;
  std::uint64_t total = 0;
  const bool adds_up = add_up(out.counts, out.zero, total) && total == point.count;
  return adds_up ? OtlpBucketFault::kNone : OtlpBucketFault::kInconsistent;
}

OtlpGrowth take_otlp_increase(OtlpBuckets& now, const OtlpBuckets& before) {
  if (now.shape != before.shape) return OtlpGrowth::kOther;
  if (now.scale == before.scale) return subtract(now, before);
  if (now.scale > before.scale) {
    merge_to_scale(now, before.scale);
    return subtract(now, before);
  }
  OtlpBuckets merged = before;
  merge_to_scale(merged, now.scale);
  return subtract(now, merged);
}

void OtlpLatencies::spread(const OtlpBuckets& buckets, OtlpKind kind,
                           std::span<const double> bounds, double zero_threshold, double unit,
                           double most, double sum) {
  size_ = 0;
  total_ = 0;
  sum_ = std::isnan(sum) ? 0 : sum * unit;
  sums_edges_ = std::isnan(sum);
  last_bucket_ = std::isnan(most) ? lookups::kFineBuckets - 1
                                  : lookups::fine_bucket(std::max(most, 0.0) * unit);
  if (kind == OtlpKind::kExponential) {
    spread_exponential(buckets, zero_threshold, unit);
  } else {
    spread_explicit(buckets, bounds, unit);
  }
}

void OtlpLatencies::spread_explicit(const OtlpBuckets& buckets, std::span<const double> bounds,
                                    double unit) {
  for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
    const std::uint64_t count = buckets.counts[i];
    if (count == 0) continue;
    const double lower = i == 0 ? 0 : bounds[i - 1];
    const double upper = i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity();
    add(lookups::fine_bucket(upper * unit), count);
    if (sums_edges_) {
      sum_ += static_cast<double>(count) * (std::isfinite(upper) ? upper : lower) * unit;
    }
  }
}

void OtlpLatencies::spread_exponential(const OtlpBuckets& buckets, double zero_threshold,
                                       double unit) {
  if (buckets.zero > 0) add(lookups::fine_bucket(zero_threshold * unit), buckets.zero);
  if (buckets.counts.empty()) return;
  const Indices& ends = indices(buckets.scale, unit);
  auto end = std::ranges::lower_bound(ends, buckets.offset);
  std::uint64_t together = 0;  // in the fine bucket at hand
  std::int64_t index = buckets.offset;
  for (const std::uint64_t count : buckets.counts) {
    if (end != ends.end() && *end < index) {
      if (together > 0) add(static_cast<std::size_t>(end - ends.begin()), together);
      together = 0;
      while (end != ends.end() && *end < index) ++end;
    }
    together += count;
    ++index;
  }
  if (together > 0) add(static_cast<std::size_t>(end - ends.begin()), together);
  if (sums_edges_) add_edges(buckets, unit);
}

void OtlpLatencies::add_edges(const OtlpBuckets& buckets, double unit) {
  double index = static_cast<double>(buckets.offset);
  for (const std::uint64_t count : buckets.counts) {
    ++index;
    if (count == 0) continue;
    const double upper = std::exp2(std::ldexp(index, -buckets.scale)) * unit;
    sum_ += static_cast<double>(count) * std::min(upper, lookups::kMaxSeconds);
  }
}

const OtlpLatencies::Indices& OtlpLatencies::indices(std::int32_t scale, double unit) {
  const auto [entry, is_new] = indices_.try_emplace({scale, unit});
  if (!is_new) return entry->second;
  // An edge that is a bound but for the last digits is that bound.
  constexpr double kTolerance = 1e-9;
  const auto bounds = lookups::fine_bounds();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const double position = std::ldexp(std::log2(bounds[i] / unit), scale);
    entry->second[i] = static_cast<std::int64_t>(std::floor(position + kTolerance)) - 1;
  }
  return entry->second;
}

}  // namespace hitwatch::apps
