// One series of the window: its labels and its compressed samples.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "rules/window/label_set.h"

namespace hitwatch::window {

// Milliseconds since the Unix epoch (negative ones exist in tests) and a value.
struct Point {
  std::int64_t time;
  double value;
};

// The value that says "the series ended here" (Prometheus' staleness marker). A NaN like any other
// to arithmetic: compare bits.
constexpr std::uint64_t kStaleBits = 0x7ff0000000000002ULL;
constexpr std::uint64_t kOrdinaryNanBits = 0x7ff8000000000001ULL;
inline double stale_marker() { return std::bit_cast<double>(kStaleBits); }
inline bool is_stale(double value) { return std::bit_cast<std::uint64_t>(value) == kStaleBits; }

class Series {
 public:
  const LabelSet& labels() const;
  // The newest sample with after < time <= at, a stale marker included; false if there is none.
  // Constant time if `at` is not before the newest sample.
  bool last(std::int64_t after, std::int64_t at, Point& out) const;
  // Appends to `out` all samples with after < time <= until, without stale markers, in order.
  void read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const;
};

}  // namespace hitwatch::window
