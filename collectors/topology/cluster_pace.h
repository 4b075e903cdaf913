// How often a cluster is looked at: every second while something is under way, else at leisure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace hitwatch::topology {

struct ClusterIntervals {
  std::chrono::milliseconds busy{1000};
  std::chrono::milliseconds quiet{5000};         // and a second more for each hundred nodes
  std::chrono::milliseconds calms_down{10'000};  // after the last change
};

class ClusterPace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ClusterPace(const ClusterIntervals& intervals = {}) : intervals_(intervals) {}

  void changed(Clock::time_point now) { changed_ = now; }
  // From one look to the next.
  Clock::duration interval(std::size_t nodes, Clock::time_point now) const {
    if (changed_ && now - *changed_ < intervals_.calms_down) return intervals_.busy;
    return intervals_.quiet + std::chrono::seconds(nodes / 100);
  }

 private:
  const ClusterIntervals intervals_;
  std::optional<Clock::time_point> changed_;
};

}  // namespace hitwatch::topology
