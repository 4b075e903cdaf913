#include "collectors/lookups/open_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {
namespace {

void add_bounded(std::uint32_t& count, double weight) {
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  const double sum = count + std::max(std::round(weight), 1.0);
  count = static_cast<std::uint32_t>(std::min(sum, kMost));
}

std::uint64_t whole(double count) {
  constexpr double kMost = 1e18;
  return static_cast<std::uint64_t>(std::llround(std::min(count, kMost)));
}

}  // namespace

OpenSlot::Series& OpenSlot::series(std::uint32_t row, InOpenSlot& place) {
  if (place.slot != number_) {
    place = {.slot = number_, .index = static_cast<std::uint32_t>(series_.size())};
    series_.push_back({.row = row, .counts = {}});
  }
  return series_[place.index];
}

void OpenSlot::time(std::uint32_t row, InOpenSlot& place, std::size_t bucket, double weight) {
  Series& entry = series(row, place);
  if (entry.histogram == kNone) {
    for (std::size_t i = 0; i < entry.listed; ++i) {
      if (entry.bucket[i] == bucket) return add_bounded(entry.count[i], weight);
    }
    if (entry.listed < kListed) {
      entry.bucket[entry.listed] = static_cast<std::uint8_t>(bucket);
      return add_bounded(entry.count[entry.listed++], weight);
    }
    spread(entry);
  }
  add_bounded(histograms_[entry.histogram][bucket], weight);
}

void OpenSlot::spread(Series& entry) {
  entry.histogram = static_cast<std::uint32_t>(histograms_.size());
  Histogram& histogram = histograms_.emplace_back();
  for (std::size_t i = 0; i < entry.listed; ++i) histogram[entry.bucket[i]] = entry.count[i];
}

std::string OpenSlot::encode() const {
  std::vector<std::uint32_t> order(series_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [this](std::uint32_t i) { return series_[i].row; });
  SlotWriter writer;
  std::vector<BucketCount> pairs;
  for (const std::uint32_t i : order) {
    const Series& entry = series_[i];
    pairs.clear();
    if (entry.histogram == kNone) {
      for (std::size_t k = 0; k < entry.listed; ++k) {
        pairs.push_back({entry.bucket[k], entry.count[k]});
      }
      std::ranges::sort(pairs, {}, &BucketCount::bucket);
    } else {
      const Histogram& histogram = histograms_[entry.histogram];
      for (std::size_t bucket = 0; bucket < kFineBuckets; ++bucket) {
        if (histogram[bucket] == 0) continue;
        pairs.push_back({static_cast<std::uint8_t>(bucket), histogram[bucket]});
      }
    }
    writer.add({.row = entry.row,
                .hits = whole(entry.counts.hits),
                .misses = whole(entry.counts.misses),
                .errors = whole(entry.counts.errors)},
               pairs);
  }
  return writer.take();
}

}  // namespace hitwatch::lookups
