// CLUSTER SHARDS, https://redis.io/docs/latest/commands/cluster-shards/, and CLUSTER SLOTS,
// https://redis.io/docs/latest/commands/cluster-slots/: the addresses that clients are to use.
#pragma once

#include <expected>
#include <string>

#include "collectors/redis/reply.h"
#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

// What the replies tell: endpoints, ports, roles, slots, failures; no epochs and no `myself`. SLOTS
// has only nodes of shards with slots. They fail with a sentence, without words of the server's.
std::expected<ClusterView, std::string> read_cluster_shards(const redis::Reply& reply);
std::expected<ClusterView, std::string> read_cluster_slots(const redis::Reply& reply);

// Adds to the nodes of `view` what only `told` knows of them: endpoint, ports, shard.
void add_endpoints(const ClusterView& told, ClusterView& view);

}  // namespace hitwatch::topology
