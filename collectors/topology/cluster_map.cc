#include "collectors/topology/cluster_map.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace hitwatch::topology {
namespace {

constexpr std::size_t kDigits = 8;
// Replicas of replicas are there for a moment only; a circle is a lie.
constexpr int kLongestChain = 4;

// The index of the master that a node follows in the end; itself if it is one. kNoNode where that
// is not among the nodes.
std::size_t master_of(const ClusterView& view, std::size_t node) {
  for (int step = 0; step < kLongestChain; ++step) {
    if (!view.nodes[node].replica) return node;
    const ClusterNode* next = view.find(view.nodes[node].master);
    if (next == nullptr) return kNoNode;
    node = static_cast<std::size_t>(next - view.nodes.data());
  }
  return kNoNode;
}

// A master that was replaced has no slots any more, whether it is still away or just back.
bool may_be_replaced(const ClusterNode& node) { return !node.replica && node.slots.empty(); }

template <typename Call>
void for_each_node(const ClusterShard& shard, Call call) {
  if (shard.master != kNoNode) call(shard.master);
  for (const std::size_t node : shard.others) call(node);
}

// What a new shard is called after: its id, or that of its smallest node. Nodes are sorted by id.
const std::string& full_name(const ClusterView& view, const ClusterShard& shard) {
  std::size_t smallest = kNoNode;
  for_each_node(shard, [&](std::size_t node) { smallest = std::min(smallest, node); });
  const ClusterNode& node = view.nodes[shard.master != kNoNode ? shard.master : smallest];
  return node.shard_id.empty() ? view.nodes[smallest].id : node.shard_id;
}

std::string free_name(const std::string& full, const std::set<std::string>& taken) {
  std::size_t digits = kDigits;
  while (digits < full.size() && taken.contains(full.substr(0, digits))) ++digits;
  std::string name = full.substr(0, digits);
  while (taken.contains(name)) name += '_';
  return name;
}

}  // namespace

std::string_view ClusterMap::role(std::size_t node) const {
  if (shard(node) == nullptr) return {};
  return is_master(node) ? "master" : "replica";
}

// Whether the shard is that in which the node was, or is by its server's word.
bool ShardNames::is_home(const ClusterView& view, const ClusterNode& node,
                         const ClusterShard& shard) const {
  if (shard.master == kNoNode) return false;
  const ClusterNode& master = view.nodes[shard.master];
  if (!node.shard_id.empty() && node.shard_id == master.shard_id) return true;
  const auto was = known_.find(node.id);
  const auto master_was = known_.find(master.id);
  return was != known_.end() && master_was != known_.end() &&
         was->second.shard == master_was->second.shard;
}

std::vector<ClusterShard> ShardNames::grouped(const ClusterView& view) const {
  std::map<std::string, ClusterShard> by_master;
  std::vector<std::size_t> without_slots;
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    const ClusterNode& node = view.nodes[i];
    if (node.handshake) continue;
    if (may_be_replaced(node)) {
      without_slots.push_back(i);
      continue;
    }
    const std::size_t master = master_of(view, i);
    // Replicas whose master is unknown are together by what they call it.
    ClusterShard& shard = by_master[master == kNoNode ? node.master : view.nodes[master].id];
    if (master == i) {
      shard.master = i;
      shard.slots = node.slots;
    } else {
      shard.others.push_back(i);
    }
  }
  std::map<std::string, ClusterShard> alone;
  for (const std::size_t i : without_slots) {
    const ClusterNode& node = view.nodes[i];
    if (const auto own = by_master.find(node.id); own != by_master.end()) {
      own->second.master = i;  // of the replicas that follow it
      continue;
    }
    const auto home = std::ranges::find_if(
        by_master, [&](const auto& entry) { return is_home(view, node, entry.second); });
    if (home != by_master.end()) {
      home->second.others.push_back(i);
    } else {
      alone[node.id].master = i;
    }
  }
  by_master.merge(alone);
  std::vector<ClusterShard> shards;
  for (auto& [master, shard] : by_master) shards.push_back(std::move(shard));
  return shards;
}

// Of several shards that have nodes of an earlier one, that which has its master keeps the name,
// then that whose master was one of its replicas, then that with the most nodes.
void ShardNames::name(const ClusterView& view, std::vector<ClusterShard>& shards) const {
  using Claim = std::tuple<bool, bool, std::size_t>;
  std::vector<std::tuple<Claim, std::size_t, std::string>> claims;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    std::map<std::string, Claim> own;
    for_each_node(shards[i], [&](std::size_t node) {
      const auto known = known_.find(view.nodes[node].id);
      if (known == known_.end()) return;
      auto& [its_master, its_replica, nodes] = own[known->second.shard];
      if (node == shards[i].master) (known->second.master ? its_master : its_replica) = true;
      ++nodes;
    });
    for (const auto& [name, claim] : own) claims.emplace_back(claim, i, name);
  }
  std::ranges::sort(claims, [](const auto& a, const auto& b) {
    return std::get<0>(a) != std::get<0>(b) ? std::get<0>(a) > std::get<0>(b)
                                            : std::get<1>(a) < std::get<1>(b);
  });
  std::set<std::string> taken;
  for (const auto& [claim, shard, name] : claims) {
    if (shards[shard].name.empty() && taken.insert(name).second) shards[shard].name = name;
  }
  for (ClusterShard& shard : shards) {
    if (shard.name.empty()) shard.name = free_name(full_name(view, shard), taken);
    taken.insert(shard.name);
  }
}

ShardNames::ShardNames(const ByNode& names) {
  for (const auto& [node, shard] : names) known_[node] = {shard, false};
}

ShardNames::ByNode ShardNames::by_node() const {
  ByNode names;
  for (const auto& [node, known] : known_) names[node] = known.shard;
  return names;
}

ClusterMap ShardNames::arrange(ClusterView view, std::vector<std::string> instances) {
  ClusterMap map;
  map.shards = grouped(view);
  name(view, map.shards);
  std::ranges::sort(map.shards, {}, &ClusterShard::name);
  map.shard_of.assign(view.nodes.size(), kNoShard);
  std::map<std::string, Known> known;
  for (std::size_t i = 0; i < map.shards.size(); ++i) {
    const ClusterShard& shard = map.shards[i];
    bool keeps_name = !shard.slots.empty();
    for_each_node(shard, [&](std::size_t node) {
      map.shard_of[node] = i;
      const auto was = known_.find(view.nodes[node].id);
      keeps_name = keeps_name || (was != known_.end() && was->second.shard == shard.name);
    });
    if (!keeps_name) continue;
    for_each_node(shard, [&](std::size_t node) {
      known[view.nodes[node].id] = {shard.name, node == shard.master};
    });
  }
  known_ = std::move(known);
  map.view = std::move(view);
  map.instances = std::move(instances);
  return map;
}

}  // namespace hitwatch::topology
