// How often a cluster is looked at: every second while something is under way, else at leisure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace hitwatch::topology {

class ClusterPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kBusy{1};
  static constexpr std::chrono::seconds kQuiet{5};       // and one more for each hundred nodes
  static constexpr std::chrono::seconds kCalmsDown{10};  // after the last change

  void changed(Clock::time_point now) { changed_ = now; }
  // From one look to the next.
  Clock::duration interval(std::size_t nodes, Clock::time_point now) const {
    if (changed_ != Clock::time_point() && now - changed_ < kCalmsDown) return kBusy;
    return kQuiet + std::chrono::seconds(nodes / 100);
  }

 private:
  Clock::time_point changed_{};
};

}  // namespace hitwatch::topology
