#include "collectors/lookups/latency_buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace hitwatch::lookups {
namespace {

constexpr std::size_t kBounds = kFineBuckets - 1;
using Nanoseconds = std::uint64_t;

// Bounds of a decade in hundredths of its beginning, without the beginning, with its end.
struct Steps {
  int step;
  int end;
};
constexpr std::array kFineSteps{Steps{10, 200}, Steps{25, 500}, Steps{50, 1000}};
constexpr std::array kCoarseSteps{Steps{20, 200}, Steps{50, 500}, Steps{125, 1000}};

constexpr std::array<Nanoseconds, kBounds> make_bounds() {
  std::array<Nanoseconds, kBounds> bounds{};
  std::size_t count = 0;
  constexpr Nanoseconds kFirst = 10'000;
  bounds[count++] = kFirst;
  constexpr int kDecades = 6;
  Nanoseconds unit = kFirst / 100;
  for (int decade = 0; decade < kDecades; ++decade, unit *= 10) {
    const auto& steps = decade == 0 || decade == kDecades - 1 ? kCoarseSteps : kFineSteps;
    int at = 100;
    for (const Steps& part : steps) {
      while (at < part.end) bounds[count++] = unit * static_cast<Nanoseconds>(at += part.step);
    }
  }
  if (count != kBounds) throw "the decades do not add up to the bounds";
  return bounds;
}

constexpr auto kBoundsNs = make_bounds();

// The top four bits of a number and how many there are below: numbers with the same of both are
// next to each other, in at most four buckets.
constexpr unsigned kMantissaBits = 3;
constexpr std::size_t leading(Nanoseconds value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > kMantissaBits + 1 ? width - kMantissaBits - 1 : 0;
  return (static_cast<std::size_t>(shift) << (kMantissaBits + 1)) | (value >> shift);
}

constexpr std::size_t kLeading = leading(kBoundsNs.back()) + 1;

// For each `leading` the bucket of the smallest number that has it.
constexpr std::array<std::uint8_t, kLeading> make_first() {
  std::array<std::uint8_t, kLeading> first{};
  for (std::size_t i = 0; i < kLeading; ++i) {
    const std::size_t shift = i >> (kMantissaBits + 1);
    const Nanoseconds smallest = static_cast<Nanoseconds>(i & ((2U << kMantissaBits) - 1)) << shift;
    std::size_t bucket = 0;
    while (bucket < kBounds && kBoundsNs[bucket] < smallest) ++bucket;
    first[i] = static_cast<std::uint8_t>(bucket);
  }
  return first;
}

constexpr auto kFirst = make_first();

constexpr std::array kClassicLe{"0.0001", "0.00015", "0.00025", "0.0004", "0.0006", "0.001",
                                "0.0015", "0.0025",  "0.004",   "0.006",  "0.01",   "0.015",
                                "0.025",  "0.05",    "0.1",     "0.25",   "0.5",    "1"};

constexpr double kNanosecondsPerSecond = 1e9;

const std::array<double, kBounds>& bounds_in_seconds() {
  static const auto bounds = [] {
    std::array<double, kBounds> seconds{};
    for (std::size_t i = 0; i < kBounds; ++i) {
      seconds[i] = static_cast<double>(kBoundsNs[i]) / kNanosecondsPerSecond;
    }
    return seconds;
  }();
  return bounds;
}

// See quantiles().
template <typename Count>
void find_quantiles(std::span<const Count, kFineBuckets> counts, double total,
                    std::span<const double> qs, std::span<double> results) {
  const auto& bounds = bounds_in_seconds();
  double below = 0;
  std::size_t bucket = 0;
  for (std::size_t i = 0; i < qs.size(); ++i) {
    const double rank = qs[i] * total;
    while (bucket < kBounds && below + static_cast<double>(counts[bucket]) < rank) {
      below += static_cast<double>(counts[bucket++]);
    }
    const double lower = bucket == 0 ? 0 : bounds[bucket - 1];
    const auto count = static_cast<double>(counts[bucket]);
    if (total <= 0) {
      results[i] = std::numeric_limits<double>::quiet_NaN();
    } else if (bucket == kBounds) {
      results[i] = bounds.back();
    } else if (count <= 0) {
      results[i] = lower;  // q = 0, and nothing in the first buckets
    } else {
      results[i] = lower + (bounds[bucket] - lower) * (rank - below) / count;
    }
  }
}

}  // namespace

std::size_t fine_bucket(double seconds) {
  constexpr double kMost = static_cast<double>(kBoundsNs.back());
  const double nanoseconds = seconds * kNanosecondsPerSecond + 0.5;
  if (!(nanoseconds < kMost + 1)) return kBounds;
  const auto value = static_cast<Nanoseconds>(nanoseconds);
  std::size_t bucket = kFirst[leading(value)];
  while (kBoundsNs[bucket] < value) ++bucket;
  return bucket;
}

std::span<const double> fine_bounds() { return bounds_in_seconds(); }

std::span<const ExportedBucket> classic_buckets() {
  static const auto buckets = [] {
    std::vector<ExportedBucket> all;
    for (const char* le : kClassicLe) {
      all.push_back({.le = le, .fine_end = fine_bucket(std::stod(le)) + 1});
    }
    all.push_back({.le = "+Inf", .fine_end = kFineBuckets});
    return all;
  }();
  return buckets;
}

std::span<const ExportedBucket> fine_buckets() {
  static const auto texts = [] {
    std::array<std::string, kBounds> written;
    for (std::size_t i = 0; i < kBounds; ++i) {
      // Never with an exponent, as Prometheus writes bounds of this size.
      written[i] = fmt::format("{:.9f}", bounds_in_seconds()[i]);
      written[i].erase(written[i].find_last_not_of('0') + 1);
      if (written[i].ends_with('.')) written[i].pop_back();
    }
    return written;
  }();
  static const auto buckets = [] {
    std::vector<ExportedBucket> all;
    for (std::size_t i = 0; i < kBounds; ++i) all.push_back({texts[i], i + 1});
    all.push_back({.le = "+Inf", .fine_end = kFineBuckets});
    return all;
  }();
  return buckets;
}

double quantile(std::span<const double, kFineBuckets> counts, double q) {
  double total = 0;
  for (const double count : counts) total += count;
  double result = 0;
  find_quantiles(counts, total, std::span(&q, 1), std::span(&result, 1));
  return result;
}

void quantiles(std::span<const std::uint64_t, kFineBuckets> counts, std::uint64_t total,
               std::span<const double> qs, std::span<double> results) {
  find_quantiles(counts, static_cast<double>(total), qs, results);
}

}  // namespace hitwatch::lookups
