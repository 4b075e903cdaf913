#include "collectors/lookups/recent.h"

#include <algorithm>
#include <limits>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/slot.h"

namespace hitwatch::lookups {
namespace {

constexpr std::chrono::minutes kMinute{1};
using FineCounts = std::array<std::uint64_t, kFineBuckets>;

std::int64_t minute_of(Clock::time_point time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

void fill_quantiles(const FineCounts& counts, std::uint64_t timed, WindowTotals& totals) {
  constexpr std::array kQuantiles{0.50, 0.95, 0.99};
  std::array<double, kQuantiles.size()> results{};
  quantiles(counts, timed, kQuantiles, results);
  totals.timed = static_cast<double>(timed);
  totals.p50 = results[0];
  totals.p95 = results[1];
  totals.p99 = results[2];
}

// Where each window begins among slots that are read from the newest to the oldest.
std::array<std::size_t, kWindows.size()> window_ends(const std::vector<ClosedSlot>& newest_first,
                                                     Clock::time_point now) {
  std::array<std::size_t, kWindows.size()> ends{};
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    while (ends[w] < newest_first.size() && now - newest_first[ends[w]].end < kWindows[w]) {
      ++ends[w];
    }
  }
  return ends;
}

}  // namespace

std::size_t ClosedSlots::bytes() const {
  std::size_t sum = 0;
  for (const ClosedSlot& slot : slots_) sum += slot.bytes->size();
  return sum;
}

void ClosedSlots::settle() {
  if (slots_.empty()) return;
  const Clock::time_point now = slots_.back().end;
  std::erase_if(slots_, [now](const ClosedSlot& old) { return now - old.end >= kWindows.back(); });
  merge_minutes(now);
  while (slots_.size() > 1 && bytes() > most_bytes_) make_room();
}

void ClosedSlots::merge_minutes(Clock::time_point now) {
  for (std::size_t begin = 0; begin < slots_.size(); ++begin) {
    const std::int64_t minute = minute_of(slots_[begin].begin);
    std::size_t end = begin + 1;
    while (end < slots_.size() && minute_of(slots_[end].begin) == minute) ++end;
    // All of the minute must be over, and out of the shortest window.
    if (end == slots_.size() || now - slots_[end - 1].end < kMinute) return;
    if (end - begin > 1) merge(begin, end);
  }
}

void ClosedSlots::make_room() {
  for (std::size_t i = 0; i + 1 < slots_.size(); ++i) {
    if (slots_[i + 1].end - slots_[i].begin <= kLongestMergedSlot) return merge(i, i + 2);
  }
  slots_.erase(slots_.begin());
}

// Makes one of the slots from `begin` to before `end`.
void ClosedSlots::merge(std::size_t begin, std::size_t end) {
  std::vector<std::string_view> parts;
  for (std::size_t i = begin; i < end; ++i) parts.emplace_back(*slots_[i].bytes);
  slots_[begin].bytes = std::make_shared<const std::string>(merge_slots(parts));
  slots_[begin].end = slots_[end - 1].end;
  const auto first = slots_.begin() + static_cast<std::ptrdiff_t>(begin);
  slots_.erase(first + 1, slots_.begin() + static_cast<std::ptrdiff_t>(end));
}

std::array<std::chrono::duration<double>, kWindows.size()> add_up(
    const std::vector<ClosedSlot>& slots, Clock::time_point now,
    const std::function<void(const RecentSeries&)>& each) {
  const std::vector<ClosedSlot> newest_first(slots.rbegin(), slots.rend());
  const auto ends = window_ends(newest_first, now);
  std::vector<SlotReader> readers;
  for (std::size_t i = 0; i < ends.back(); ++i) readers.emplace_back(*newest_first[i].bytes);
  constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();
  while (true) {
    std::uint32_t row = kNoRow;
    for (const SlotReader& reader : readers) {
      if (!reader.at_end()) row = std::min(row, reader.series().row);
    }
    if (row == kNoRow) break;
    RecentSeries series{.row = row, .windows = {}};
    WindowTotals sum;
    FineCounts counts{};
    std::uint64_t timed = 0;
    std::size_t at = 0;
    for (std::size_t w = 0; w < kWindows.size(); ++w) {
      for (; at < ends[w]; ++at) {
        SlotReader& reader = readers[at];
        if (reader.at_end() || reader.series().row != row) continue;
        sum.hits += static_cast<double>(reader.series().hits);
        sum.misses += static_cast<double>(reader.series().misses);
        sum.errors += static_cast<double>(reader.series().errors);
        timed += reader.take_buckets(counts);
      }
      series.windows[w] = sum;
      fill_quantiles(counts, timed, series.windows[w]);
    }
    each(series);
  }
  std::array<std::chrono::duration<double>, kWindows.size()> covered{};
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    if (ends[w] > 0) covered[w] = now - newest_first[ends[w] - 1].begin;
  }
  return covered;
}

}  // namespace hitwatch::lookups
