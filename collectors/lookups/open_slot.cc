#include "collectors/lookups/open_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {
namespace {

// A sampled report may stand for a fraction; none stands for nothing.
double whole_weight(double weight) { return std::max(std::round(weight), 1.0); }

void add_bounded(std::uint32_t& count, double weight) {
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  count = static_cast<std::uint32_t>(std::min(count + whole_weight(weight), kMost));
}

std::uint64_t rounded(double count) {
  constexpr double kMost = 1e18;
  return static_cast<std::uint64_t>(std::llround(std::min(count, kMost)));
}

// Rounded so that the slots of a series add up to its total. The totals of a series that has ended
// fell to nothing.
std::uint64_t grown(double now, double before) {
  return now < before ? 0 : rounded(now) - rounded(before);
}

}  // namespace

void OpenSlot::add(std::uint32_t row, InOpenSlot& place, Totals before) {
  place = {.slot = number_, .index = static_cast<std::uint32_t>(series_.size())};
  series_.push_back({.row = row, .before = before});
}

void OpenSlot::shift(const InOpenSlot& place, Totals by) {
  series_[place.index].before.hits += by.hits;
  series_[place.index].before.misses += by.misses;
}

void OpenSlot::count_error(const InOpenSlot& place, double weight) {
  series_[place.index].errors += static_cast<float>(weight);
}

void OpenSlot::time(const InOpenSlot& place, std::size_t bucket, double weight) {
  Series& series = series_[place.index];
  if (series.histogram != kNone) {
    return add_bounded(histograms_[series.histogram][bucket], weight);
  }
  constexpr double kMostInList = 1000;  // weights above go to a histogram at once
  if (weight <= kMostInList) {
    std::size_t at = 0;
    while (at < series.listed && series.bucket[at] != bucket) ++at;
    if (at < kListed &&
        series.count[at] < std::numeric_limits<std::uint16_t>::max() - kMostInList) {
      if (at == series.listed) series.bucket[series.listed++] = static_cast<std::uint8_t>(bucket);
      series.count[at] = static_cast<std::uint16_t>(series.count[at] + whole_weight(weight));
      return;
    }
  }
  add_bounded(spread(series)[bucket], weight);
}

OpenSlot::Histogram& OpenSlot::spread(Series& series) {
  series.histogram = static_cast<std::uint32_t>(histograms_.size());
  Histogram& histogram = histograms_.emplace_back();
  for (std::size_t i = 0; i < series.listed; ++i) histogram[series.bucket[i]] = series.count[i];
  return histogram;
}

std::string OpenSlot::encode(const std::vector<Totals>& totals) const {
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
                .hits = grown(totals[i].hits, entry.before.hits),
                .misses = grown(totals[i].misses, entry.before.misses),
                .errors = grown(entry.errors, 0)},
               pairs);
  }
  return writer.take();
}

}  // namespace hitwatch::lookups
