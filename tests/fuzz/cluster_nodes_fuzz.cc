// CLUSTER NODES of a node that says anything at all, and what is made of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/topology/cluster_changes.h"
#include "collectors/topology/cluster_map.h"
#include "collectors/topology/cluster_nodes.h"

namespace {

namespace topology = hitwatch::topology;

void require(bool holds) {
  if (!holds) std::abort();
}

topology::ClusterMap map_of(topology::ShardNames& names, const topology::ClusterView& view) {
  std::vector<std::string> instances;
  for (const topology::ClusterNode& node : view.nodes) instances.push_back(node.id);
  topology::ClusterMap map = names.arrange(view, std::move(instances));
  std::set<std::string> shards;
  std::set<std::size_t> placed;
  for (const topology::ClusterShard& shard : map.shards) {
    require(!shard.name.empty() && shards.insert(shard.name).second);
    if (shard.master != topology::kNoNode) require(placed.insert(shard.master).second);
    for (const std::size_t node : shard.others) require(placed.insert(node).second);
  }
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    require(placed.contains(i) != view.nodes[i].handshake);
  }
  return map;
}

}  // namespace

// Two views with a zero byte between: one after the other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\0');
  const auto first = topology::read_cluster_nodes(text.substr(0, end));
  if (!first) return 0;
  const hitwatch::net::RedisUrl asked;
  for (const topology::ClusterNode& node : first->nodes) {
    static_cast<void>(topology::announced_address(node, asked));
  }
  static_cast<void>(topology::fingerprint(*first));
  topology::ShardNames names;
  const topology::ClusterMap before = map_of(names, *first);
  require(topology::changes_between(before, before).events.empty());
  if (end == std::string_view::npos) return 0;
  const auto second = topology::read_cluster_nodes(text.substr(end + 1));
  if (!second) return 0;
  const topology::ClusterMap after = map_of(names, *second);
  static_cast<void>(topology::changes_between(before, after));
  topology::SlotMoves moves;
  moves.note(before, after, {});
  static_cast<void>(
      moves.take(after, topology::SlotMoves::Clock::time_point() + topology::SlotMoves::kLongest));
  return 0;
}
