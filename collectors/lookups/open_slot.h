// The slot of time that is still open: counts per series that were touched in it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {

// Where a series stands in the open slot; kept by the series. Of an earlier slot means nowhere.
struct InOpenSlot {
  std::uint32_t slot = 0;
  std::uint32_t index = 0;
};

// A series with few different latencies keeps them in a list, one with more in a whole histogram.
// Hits and misses are not counted here: a series notes what its totals were before the slot. Not
// thread-safe.
class OpenSlot {
 public:
  // `number` is not 0; `expected` says how many series there will be, more or less.
  explicit OpenSlot(std::uint32_t number, std::size_t expected = 0) : number_(number) {
    series_.reserve(expected);
  }

  // Hits and misses of a series since it exists.
  struct Totals {
    double hits;
    double misses;
  };
  // The series `row` is about to do something; `before` are its totals until now.
  void touch(std::uint32_t row, InOpenSlot& place, Totals before) {
    if (place.slot != number_) add(row, place, before);
  }
  // Of a series that was touched: lookups that count as older than the slot.
  void shift(const InOpenSlot& place, Totals by);
  void count_error(const InOpenSlot& place, double weight);
  void time(const InOpenSlot& place, std::size_t bucket, double weight);
  void time(const InOpenSlot& place, std::span<const BucketCount> counts);

  // The totals of each series; `totals_now` gives those of a row.
  template <typename TotalsNow>
  std::vector<Totals> totals(TotalsNow totals_now) const {
    std::vector<Totals> totals(series_.size());
    for (std::size_t i = 0; i < series_.size(); ++i) totals[i] = totals_now(series_[i].row);
    return totals;
  }
  // As bytes (slot.h), with the totals of each series as they were when the slot was closed.
  std::string encode(const std::vector<Totals>& totals) const;

  std::uint32_t number() const { return number_; }
  std::size_t size() const { return series_.size(); }

 private:
  static constexpr std::size_t kListed = 14;
  static constexpr std::uint32_t kNone = ~0U;
  using Histogram = std::array<float, kFineBuckets>;  // exact up to 2^24
  struct Series {
    std::uint32_t row;
    std::uint32_t histogram = kNone;  // index into histograms_
    std::uint8_t listed = 0;
    std::array<std::uint8_t, kListed> bucket{};
    float errors = 0;
    std::array<float, kListed> count{};
    Totals before;
  };

  void add(std::uint32_t row, InOpenSlot& place, Totals before);
  Histogram& spread(Series& series);
  Histogram histogram_of(const Series& series) const;

  std::uint32_t number_;
  std::vector<Series> series_;
  std::vector<Histogram> histograms_;
};

}  // namespace hitwatch::lookups
