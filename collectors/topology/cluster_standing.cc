#include "collectors/topology/cluster_standing.h"

#include <algorithm>
#include <utility>

namespace hitwatch::topology {
namespace {

// A node that was cut off suspects the others, and cannot have them agree that they failed.
std::pair<std::uint64_t, std::ptrdiff_t> rank_of(const ClusterView& view) {
  return {view.epoch(), -std::ranges::count_if(view.nodes, [](const ClusterNode& node) {
            return !node.replica && !node.slots.empty() && node.suspected;
          })};
}

}  // namespace

ClusterStanding standing_of(const ClusterView& view, const ClusterView& followed,
                            std::string_view expected) {
  const bool common = std::ranges::any_of(view.nodes, [&](const ClusterNode& node) {
    return !node.handshake && followed.find(node.id) != nullptr;
  });
  if (!common) return ClusterStanding::kStranger;
  const bool misplaced = !expected.empty() && !view.myself.empty() && view.myself != expected;
  return misplaced ? ClusterStanding::kMisplaced : ClusterStanding::kMember;
}

bool outranks(const ClusterView& view, const ClusterView& followed) {
  return rank_of(view) > rank_of(followed);
}

int served_slots(const ClusterView& view) {
  int slots = 0;
  for (const ClusterNode& node : view.nodes) slots += count_slots(node.slots);
  return slots;
}

}  // namespace hitwatch::topology
