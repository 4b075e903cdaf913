// A sample: a time and a value.
#pragma once

#include <bit>
#include <cstdint>

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

}  // namespace hitwatch::window
