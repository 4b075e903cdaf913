#include "collectors/lookups/open_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {
namespace {

std::uint64_t rounded(double count) {
  constexpr double kMost = 1e18;
  return static_cast<std::uint64_t>(std::llround(std::min(count, kMost)));
}

// Rounded so that the slots of a series add up to its total. The totals of a series that has ended
// fell to nothing.
std::uint64_t grown(double now, double before) {
  return now < before ? 0 : rounded(now) - rounded(before);
}

// Counts of sampled reports are no whole numbers. What rounding leaves of a bucket goes to the next
// one, so that none gets lost.
void whole_counts(std::span<const float, kFineBuckets> counts, std::vector<BucketCount>& pairs) {
  pairs.clear();
  double left = 0;
  for (std::size_t bucket = 0; bucket < kFineBuckets; ++bucket) {
    if (counts[bucket] <= 0) continue;
    const double exact = counts[bucket] + left;
    const std::uint64_t count = rounded(exact);
    left = std::max(exact - static_cast<double>(count), -0.5);
    if (count > 0) pairs.push_back({static_cast<std::uint8_t>(bucket), count});
  }
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
  const auto added = static_cast<float>(weight);
  if (series.histogram != kNone) {
    histograms_[series.histogram][bucket] += added;
    return;
  }
  std::size_t at = 0;
  while (at < series.listed && series.bucket[at] != bucket) ++at;
  if (at == kListed) {
    spread(series)[bucket] += added;
    return;
  }
  if (at == series.listed) series.bucket[series.listed++] = static_cast<std::uint8_t>(bucket);
  series.count[at] += added;
}

void OpenSlot::time(const InOpenSlot& place, std::span<const BucketCount> counts) {
  Series& series = series_[place.index];
  // That many will not fit into the list, as a rule.
  if (series.histogram == kNone && counts.size() > kListed) spread(series);
  if (series.histogram == kNone) {
    for (const auto& [bucket, count] : counts) time(place, bucket, static_cast<double>(count));
    return;
  }
  Histogram& histogram = histograms_[series.histogram];
  for (const auto& [bucket, count] : counts) histogram[bucket] += static_cast<float>(count);
}

OpenSlot::Histogram& OpenSlot::spread(Series& series) {
  const Histogram listed = histogram_of(series);
  series.histogram = static_cast<std::uint32_t>(histograms_.size());
  return histograms_.emplace_back(listed);
}

OpenSlot::Histogram OpenSlot::histogram_of(const Series& series) const {
  if (series.histogram != kNone) return histograms_[series.histogram];
  Histogram histogram{};
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
    whole_counts(histogram_of(entry), pairs);
    writer.add({.row = entry.row,
                .hits = grown(totals[i].hits, entry.before.hits),
                .misses = grown(totals[i].misses, entry.before.misses),
                .errors = grown(entry.errors, 0)},
               pairs);
  }
  return writer.take();
}

}  // namespace hitwatch::lookups
