#include "collectors/topology/cluster_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

namespace hitwatch::topology {
namespace {

constexpr std::string_view kNoNodeText = "no node";
constexpr std::size_t kMostRangesTold = 20;

Event event_of(std::string_view kind, std::string instance, std::string from, std::string to) {
  Event event;
  event.kind = kind;
  event.instance = std::move(instance);
  event.from = std::move(from);
  event.to = std::move(to);
  return event;
}

std::string state_of(const ClusterMap& map, std::size_t node) {
  const ClusterShard* shard = map.shard(node);
  return shard == nullptr ? std::string()
                          : fmt::format("{} of shard {}", map.role(node), shard->name);
}

// Nodes of both maps and of one of them. A handshake is no node yet.
void compare_nodes(const ClusterMap& before, const ClusterMap& after, ClusterChanges& changes) {
  for (std::size_t i = 0; i < before.view.nodes.size(); ++i) {
    const ClusterNode& node = before.view.nodes[i];
    if (node.handshake || after.view.find(node.id) != nullptr) continue;
    changes.events.push_back(
        event_of(event_kind::kNodeRemoved, before.instances[i], state_of(before, i), ""));
  }
  for (std::size_t i = 0; i < after.view.nodes.size(); ++i) {
    const ClusterNode& node = after.view.nodes[i];
    if (node.handshake) continue;
    const std::string& instance = after.instances[i];
    const ClusterNode* known = before.view.find(node.id);
    if (known == nullptr || known->handshake) {
      changes.events.push_back(event_of(event_kind::kNodeAdded, instance, "", state_of(after, i)));
    } else if (known->gone() != node.gone()) {
      const auto place = static_cast<std::size_t>(known - before.view.nodes.data());
      std::string was = state_of(before, place);
      std::string is = state_of(after, i);
      if (was == is) was.clear();
      changes.events.push_back(event_of(
          node.gone() ? event_kind::kNodeFailed : event_kind::kNodeRecovered,
          instance.empty() ? before.instances[place] : instance, std::move(was), std::move(is)));
    }
  }
}

void compare_masters(const ClusterMap& before, const ClusterMap& after, ClusterChanges& changes) {
  for (const ClusterShard& shard : after.shards) {
    if (shard.master == kNoNode) continue;
    const auto known = std::ranges::lower_bound(before.shards, shard.name, {}, &ClusterShard::name);
    if (known == before.shards.end() || known->name != shard.name) continue;
    if (known->master == kNoNode ||
        before.view.nodes[known->master].id == after.view.nodes[shard.master].id) {
      continue;
    }
    const std::string& master = after.instances[shard.master];
    changes.events.push_back(
        event_of(event_kind::kFailover, master, before.instances[known->master], master));
  }
}

void find_changed_places(const ClusterMap& before, const ClusterMap& after,
                         ClusterChanges& changes) {
  for (std::size_t i = 0; i < after.view.nodes.size(); ++i) {
    const ClusterNode& node = after.view.nodes[i];
    const ClusterNode* known = before.view.find(node.id);
    if (known == nullptr || node.failed || after.instances[i].empty()) continue;
    if (known->failed ||
        state_of(after, i) !=
            state_of(before, static_cast<std::size_t>(known - before.view.nodes.data()))) {
      changes.to_poll.push_back(after.instances[i]);
    }
  }
}

// By slot the shard that serves it, or nullptr.
std::vector<const ClusterShard*> shards_by_slot(const ClusterMap& map) {
  const std::vector<std::uint16_t> owners = slot_owners(map.view);
  std::vector<const ClusterShard*> shards(owners.size(), nullptr);
  for (std::size_t slot = 0; slot < owners.size(); ++slot) {
    if (owners[slot] != kNobody) shards[slot] = map.shard(owners[slot]);
  }
  return shards;
}

std::string_view name_of(const ClusterShard* shard) {
  return shard == nullptr ? std::string_view() : std::string_view(shard->name);
}

std::string place_of(const ClusterMap& map, const ClusterShard* shard) {
  if (shard == nullptr || shard->master == kNoNode) return std::string(kNoNodeText);
  return map.instances[shard->master];
}

}  // namespace

ClusterChanges changes_between(const ClusterMap& before, const ClusterMap& after) {
  ClusterChanges changes;
  compare_nodes(before, after, changes);
  compare_masters(before, after, changes);
  find_changed_places(before, after, changes);
  return changes;
}

void SlotMoves::note(const ClusterMap& before, const ClusterMap& after, Clock::time_point now) {
  const auto were = shards_by_slot(before);
  const auto are = shards_by_slot(after);
  for (int slot = 0; slot < kClusterSlots; ++slot) {
    const ClusterShard* was = were[static_cast<std::size_t>(slot)];
    const ClusterShard* is = are[static_cast<std::size_t>(slot)];
    if (name_of(was) == name_of(is)) continue;
    if (moved_.empty()) began_ = now;
    last_moved_ = now;
    moved_.try_emplace(slot, Origin{std::string(name_of(was)), place_of(before, was)});
  }
}

std::vector<Event> SlotMoves::take(const ClusterMap& now_at, Clock::time_point now) {
  std::vector<Event> events;
  if (moved_.empty()) return events;
  if (now - last_moved_ < kSettled && now - began_ < kLongest) return events;
  const auto are = shards_by_slot(now_at);
  std::map<std::tuple<std::string, std::string, std::string>, SlotRanges> moves;
  for (const auto& [slot, origin] : moved_) {
    const ClusterShard* is = are[static_cast<std::size_t>(slot)];
    if (origin.shard == name_of(is)) continue;
    SlotRanges& ranges = moves[{origin.shard, origin.at, place_of(now_at, is)}];
    if (!ranges.empty() && ranges.back().last + 1 == slot) {
      ranges.back().last = slot;
    } else {
      ranges.push_back({slot, slot});
    }
  }
  moved_.clear();
  for (const auto& [places, ranges] : moves) {
    const auto& [shard, from, to] = places;
    const std::string slots = slots_text(ranges, kMostRangesTold);
    events.push_back(event_of(event_kind::kSlotsMoved, to == kNoNodeText ? from : to,
                              fmt::format("{} at {}", slots, from),
                              fmt::format("{} at {}", slots, to)));
  }
  return events;
}

}  // namespace hitwatch::topology
