// The samples of a series, in the order of their times.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

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

class Samples {
 public:
  bool empty() const { return points_.empty(); }
  bool append(std::int64_t time, double value, std::int64_t history);
  bool last(std::int64_t after, std::int64_t at, Point& out) const;
  void read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const;
  bool any(std::int64_t after, std::int64_t until) const;
  void drop_until(std::int64_t time);
  Samples copy(std::int64_t after, std::int64_t until) const;
  std::size_t count() const { return points_.size(); }
  std::size_t bytes() const { return points_.capacity() * sizeof(Point); }

 private:
  std::vector<Point> points_;
};

}  // namespace hitwatch::window
