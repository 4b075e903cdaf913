#include "collectors/lookups/slot.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace hitwatch::lookups {
namespace {

constexpr unsigned kSeven = 7;
constexpr std::uint64_t kMore = 0x80;
constexpr std::uint64_t kHalf = 15;
constexpr unsigned kHalfBits = 4;

void append_number(std::string& out, std::uint64_t number) {
  while (number >= kMore) {
    out += static_cast<char>(number | kMore);
    number >>= kSeven;
  }
  out += static_cast<char>(number);
}

}  // namespace

void SlotWriter::add(const SlotSeries& series, std::span<const BucketCount> buckets) {
  append_number(bytes_, series.row - next_row_);
  next_row_ = series.row + 1;
  append_number(bytes_, series.hits);
  append_number(bytes_, series.misses);
  append_number(bytes_, series.errors);
  append_number(bytes_, buckets.size());
  std::uint64_t next_bucket = 0;
  for (const BucketCount& pair : buckets) {
    const std::uint64_t gap = pair.bucket - next_bucket;
    next_bucket = pair.bucket + 1U;
    const std::uint64_t high = std::min(gap, kHalf);
    const std::uint64_t low = std::min(pair.count, kHalf);
    bytes_ += static_cast<char>((high << kHalfBits) | low);
    if (high == kHalf) append_number(bytes_, gap);
    if (low == kHalf) append_number(bytes_, pair.count);
  }
}

std::string SlotWriter::take() {
  bytes_.shrink_to_fit();
  next_row_ = 0;
  return std::exchange(bytes_, {});
}

std::uint64_t SlotReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += kSeven) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= (byte & (kMore - 1)) << shift;
    if (byte < kMore) return value;
  }
}

void SlotReader::next() {
  at_end_ = rest_.empty();
  if (at_end_) return;
  series_.row = static_cast<std::uint32_t>(next_row_ + number());
  next_row_ = series_.row + 1;
  series_.hits = number();
  series_.misses = number();
  series_.errors = number();
  pairs_ = number();
}

std::uint64_t SlotReader::take_buckets(std::span<std::uint64_t, kFineBuckets> counts) {
  std::size_t next_bucket = 0;
  std::uint64_t sum = 0;
  for (; pairs_ > 0; --pairs_) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    const std::uint64_t high = byte >> kHalfBits;
    const std::uint64_t low = byte & kHalf;
    const std::size_t bucket = next_bucket + (high == kHalf ? number() : high);
    const std::uint64_t count = low == kHalf ? number() : low;
    counts[bucket] += count;
    sum += count;
    next_bucket = bucket + 1;
  }
  next();
  return sum;
}

std::string merge_slots(std::span<const std::string_view> slots) {
  std::vector<SlotReader> readers;
  for (const std::string_view slot : slots) readers.emplace_back(slot);
  SlotWriter writer;
  std::vector<BucketCount> pairs;
  while (true) {
    std::uint32_t row = std::numeric_limits<std::uint32_t>::max();
    for (const SlotReader& reader : readers) {
      if (!reader.at_end()) row = std::min(row, reader.series().row);
    }
    if (row == std::numeric_limits<std::uint32_t>::max()) return writer.take();
    SlotSeries sum{.row = row};
    std::array<std::uint64_t, kFineBuckets> counts{};
    for (SlotReader& reader : readers) {
      if (reader.at_end() || reader.series().row != row) continue;
      sum.hits += reader.series().hits;
      sum.misses += reader.series().misses;
      sum.errors += reader.series().errors;
      reader.take_buckets(counts);
    }
    pairs.clear();
    for (std::size_t bucket = 0; bucket < kFineBuckets; ++bucket) {
      if (counts[bucket] > 0) pairs.push_back({static_cast<std::uint8_t>(bucket), counts[bucket]});
    }
    writer.add(sum, pairs);
  }
}

}  // namespace hitwatch::lookups
