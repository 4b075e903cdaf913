// A cluster's nodes by shard: a master, its replicas, and the slots that they serve.
//
// A shard has a name that stays while it has nodes in common with what it was, so that series go on
// after a failover: 8 hex digits of the id that the server gives it, else of its smallest node's.
// More digits where two would be the same.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

inline constexpr std::size_t kNoNode = static_cast<std::size_t>(-1);
inline constexpr std::size_t kNoShard = static_cast<std::size_t>(-1);

struct ClusterShard {
  std::string name;
  std::size_t master = kNoNode;     // in the view
  std::vector<std::size_t> others;  // in the view: replicas, and masters that were replaced
  SlotRanges slots;
};

struct ClusterMap {
  ClusterView view;
  std::vector<std::string> instances;  // of the nodes: how their targets are called; "" none
  std::vector<ClusterShard> shards;    // by name
  std::vector<std::size_t> shard_of;   // of the nodes; kNoShard for those that are none yet

  const ClusterShard* shard(std::size_t node) const {
    return shard_of[node] == kNoShard ? nullptr : &shards[shard_of[node]];
  }
  bool is_master(std::size_t node) const {
    const ClusterShard* own = shard(node);
    return own != nullptr && own->master == node;
  }
  // "master", "replica", or "" for a node that is none yet.
  std::string_view role(std::size_t node) const;
};

// Remembers the shards' names: from the time on when they have slots, as before that each node may
// be a shard of its own.
class ShardNames {
 public:
  // By the nodes' ids: what the shards of these nodes have been called.
  using ByNode = std::map<std::string, std::string>;

  ShardNames() = default;
  explicit ShardNames(const ByNode& names);
  ByNode by_node() const;

  ClusterMap arrange(ClusterView view, std::vector<std::string> instances);

 private:
  struct Known {
    std::string shard;
    bool master = false;
  };

  bool is_home(const ClusterView& view, const ClusterNode& node, const ClusterShard& shard) const;
  std::vector<ClusterShard> grouped(const ClusterView& view) const;
  void name(const ClusterView& view, std::vector<ClusterShard>& shards) const;

  std::map<std::string, Known> known_;  // by node id
};

}  // namespace hitwatch::topology
