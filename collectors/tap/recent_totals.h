// What a server's totals were some moments ago: its own counts, which INFO tells, are of one
// moment, and what the tap has read by then is not, since packets are read some tens of
// milliseconds later, of each interface by itself.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "collectors/tap/packets/segment.h"

namespace hitwatch::tap {

// Of all connections to a server, hitwatch's own included.
struct Totals {
  std::uint64_t hits = 0;  // at the level of lookups, as the next two
  std::uint64_t misses = 0;
  std::uint64_t undecided = 0;
  std::uint64_t executed = 0;
  std::uint64_t scripts = 0;
  bool operator==(const Totals&) const = default;
};

// The totals at the ends of the last slices of time in which there were any exchanges.
class RecentTotals {
 public:
  static constexpr packets::Time kSlice =
      std::chrono::nanoseconds(std::chrono::milliseconds(10)).count();
  static constexpr std::size_t kSlices = 32;

  // Whether `time` begins another slice: then close() wants the totals without what happened then.
  bool is_over(packets::Time time) const {
    return time >= slice_end_ || time < slice_end_ - kSetBack;
  }
  void close(packets::Time time, const Totals& totals);

  // Those at a time, where `now` are those of now; within a slice, a part. Of times before all that
  // is known, the oldest.
  Totals at(packets::Time time, const Totals& now) const;

 private:
  // Packets are not quite in order; more than that is a clock that was set back.
  static constexpr packets::Time kSetBack =
      std::chrono::nanoseconds(std::chrono::seconds(1)).count();

  struct End {
    packets::Time time = 0;
    Totals totals;
  };
  void add(const End& end) { ends_[count_++ % kSlices] = end; }

  std::array<End, kSlices> ends_;
  std::size_t count_ = 0;        // of all that were added
  packets::Time slice_end_ = 0;  // of the current slice; 0 before the first one
};

}  // namespace hitwatch::tap
