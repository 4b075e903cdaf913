// The slot of time that is still open: counts per series that were touched in it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "collectors/lookups/latency_buckets.h"

namespace hitwatch::lookups {

// Where a series stands in the open slot; kept by the series. Of an earlier slot means nowhere.
struct InOpenSlot {
  std::uint32_t slot = 0;
  std::uint32_t index = 0;
};

// A series with few different latencies keeps them in a list, one with more in a whole histogram.
// Not thread-safe.
class OpenSlot {
 public:
  // `number` is not 0; `expected` says how many series there will be, more or less.
  explicit OpenSlot(std::uint32_t number, std::size_t expected = 0) : number_(number) {
    series_.reserve(expected);
  }

  struct Counts {
    double hits = 0;
    double misses = 0;
    double errors = 0;
  };
  // What the series `row` did so far.
  Counts& counts(std::uint32_t row, InOpenSlot& place) { return series(row, place).counts; }
  void time(std::uint32_t row, InOpenSlot& place, std::size_t bucket, double weight);

  // As bytes (slot.h).
  std::string encode() const;
  std::uint32_t number() const { return number_; }
  std::size_t size() const { return series_.size(); }

 private:
  static constexpr std::size_t kListed = 14;
  static constexpr std::uint32_t kNone = ~0U;
  using Histogram = std::array<std::uint32_t, kFineBuckets>;
  struct Series {
    std::uint32_t row;
    std::uint32_t histogram = kNone;  // index into histograms_
    Counts counts;
    std::array<std::uint32_t, kListed> count{};
    std::array<std::uint8_t, kListed> bucket{};
    std::uint8_t listed = 0;
  };

  Series& series(std::uint32_t row, InOpenSlot& place);
  void spread(Series& series);

  std::uint32_t number_;
  std::vector<Series> series_;
  std::vector<Histogram> histograms_;
};

}  // namespace hitwatch::lookups
