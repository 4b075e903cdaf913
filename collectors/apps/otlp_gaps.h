// The times of which a stream of deltas has said nothing so far.
//
// Points may come late: a Collector sends several requests at once, and after an outage those that
// waited in any order. One that lies within a gap was not counted yet.
#pragma once

#include <cstdint>
#include <vector>

namespace hitwatch::apps {

class OtlpGaps {
 public:
  static constexpr std::size_t kMost = 16;  // the oldest are forgotten, as if they were filled

  // Nothing was said from `begin` to `end`, which is after all gaps that there are. Nanoseconds.
  void leave(std::uint64_t begin, std::uint64_t end);
  // Whether all of that time lies within a gap, which it then no longer does. What has no length
  // does not: it could be filled in again and again.
  bool fill(std::uint64_t begin, std::uint64_t end);

  std::size_t bytes() const { return gaps_.capacity() * sizeof(Gap); }

 private:
  struct Gap {
    std::uint64_t begin;
    std::uint64_t end;
  };

  std::vector<Gap> gaps_;  // in the order of time
};

}  // namespace hitwatch::apps
