// A slot of time as bytes: what each series did in it.
//
//   slot   := series*                                ascending by row
//   series := row hits misses errors pairs pair*     variable-length numbers (7 bits a byte, low
//                                                    first); `row` less the one before, plus 1
//   pair   := byte [gap] [count]                     a bucket and how often: high half of the byte
//                                                    the distance from the bucket before, less 1,
//                                                    low half the count; 15 in a half stands for a
//                                                    number that follows
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collectors/lookups/latency_buckets.h"

namespace hitwatch::lookups {

struct BucketCount {
  std::uint8_t bucket;
  std::uint64_t count;
};

struct SlotSeries {
  std::uint32_t row = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t errors = 0;
};

class SlotWriter {
 public:
  // In ascending order of rows and, within one, of buckets.
  void add(const SlotSeries& series, std::span<const BucketCount> buckets);
  std::string take();

 private:
  std::string bytes_;
  std::uint32_t next_row_ = 0;
};

// Reads what a SlotWriter wrote, which must outlive this.
class SlotReader {
 public:
  explicit SlotReader(std::string_view bytes) : rest_(bytes) { next(); }

  bool at_end() const { return at_end_; }
  const SlotSeries& series() const { return series_; }
  // Adds the buckets of the series at hand, goes to the next one and gives the sum of what it
  // added.
  std::uint64_t take_buckets(std::span<std::uint64_t, kFineBuckets> counts);

 private:
  void next();
  std::uint64_t number();

  std::string_view rest_;
  SlotSeries series_;
  std::uint64_t pairs_ = 0;
  std::uint32_t next_row_ = 0;
  bool at_end_ = false;
};

// Several slots as one.
std::string merge_slots(std::span<const std::string_view> slots);

}  // namespace hitwatch::lookups
