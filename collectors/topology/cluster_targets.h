// The nodes of a cluster as targets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/net/url.h"
#include "collectors/redis/target.h"
#include "collectors/topology/cluster_map.h"
#include "collectors/topology/options.h"

namespace hitwatch::topology {

// How to reach `url` with the cluster's login, without labels and place.
redis::Target node_target(const net::RedisUrl& url, const ClusterOptions& options);

// Of the nodes of `view` in their order, as the node at `asked` told of them: how they are reached,
// and called. Nothing for those without an address.
std::vector<std::optional<redis::Target>> node_targets(const ClusterView& view,
                                                       const net::RedisUrl& asked,
                                                       const ClusterOptions& options);

// The targets with labels and place, by name. Of several nodes at one address there is the one that
// has not failed. `reached` is what node_targets() made of the map's nodes. Unless
// `failures_known`, no target is held for failed.
std::vector<redis::Target> placed_targets(const ClusterMap& map,
                                          const std::vector<std::optional<redis::Target>>& reached,
                                          const ClusterOptions& options, bool failures_known);

}  // namespace hitwatch::topology
