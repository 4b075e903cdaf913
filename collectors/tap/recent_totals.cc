#include "collectors/tap/recent_totals.h"

#include <algorithm>

namespace hitwatch::tap {
namespace {

std::uint64_t between(std::uint64_t from, std::uint64_t to, double part) {
  return from + static_cast<std::uint64_t>(static_cast<double>(to - from) * part);
}

Totals between(const Totals& from, const Totals& to, double part) {
  return {.hits = between(from.hits, to.hits, part),
          .misses = between(from.misses, to.misses, part),
          .undecided = between(from.undecided, to.undecided, part),
          .executed = between(from.executed, to.executed, part),
          .scripts = between(from.scripts, to.scripts, part)};
}

}  // namespace

void RecentTotals::close(packets::Time time, const Totals& totals) {
  const packets::Time start = time / kSlice * kSlice;
  const bool continues = slice_end_ != 0 && time >= slice_end_;
  if (!continues) count_ = 0;
  add({.time = continues ? slice_end_ : start, .totals = totals});
  slice_end_ = start + kSlice;
}

Totals RecentTotals::at(packets::Time time, const Totals& now) const {
  Totals later = now;
  packets::Time slice_end = slice_end_;
  for (std::size_t i = 0; i < std::min(count_, kSlices); ++i) {
    const End& end = ends_[(count_ - 1 - i) % kSlices];
    if (time >= end.time) {
      // Before a slice there may have been nothing for long.
      const double into = static_cast<double>(time - (slice_end - kSlice));
      return between(end.totals, later, std::clamp(into / static_cast<double>(kSlice), 0.0, 1.0));
    }
    later = end.totals;
    slice_end = end.time;
  }
  return later;
}

}  // namespace hitwatch::tap
