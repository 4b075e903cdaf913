// What has happened to a cluster between two looks at it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "collectors/topology/cluster_map.h"
#include "collectors/topology/event.h"

namespace hitwatch::topology {

struct ClusterChanges {
  // Nodes that came, went, failed or recovered, and failovers. Only kind, instance, from and to.
  std::vector<Event> events;
  // Targets that have another role or shard, or are there again: their figures have changed.
  std::vector<std::string> to_poll;
};
ClusterChanges changes_between(const ClusterMap& before, const ClusterMap& after);

// Slots that go from shard to shard one after the other are told as one event for each two shards:
// once none has moved for some seconds, or after a minute.
class SlotMoves {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kSettled{3};
  static constexpr std::chrono::seconds kLongest{60};

  void note(const ClusterMap& before, const ClusterMap& after, Clock::time_point now);
  // Those that are to be told now; only kind, instance, from and to.
  std::vector<Event> take(const ClusterMap& now_at, Clock::time_point now);

 private:
  struct Origin {
    std::string shard;  // "" none
    std::string at;     // the instance of its master, or "no node"
  };
  std::map<int, Origin> moved_;  // by slot: where it was before all this
  Clock::time_point began_;
  Clock::time_point last_moved_;
};

}  // namespace hitwatch::topology
