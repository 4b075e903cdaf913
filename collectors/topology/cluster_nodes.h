// CLUSTER NODES, https://redis.io/docs/latest/commands/cluster-nodes/: a line for each node.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

// Lines of all servers since Redis 3: address fields with or without bus port, host name and
// `name=value` pairs. Fails with a sentence, without words of the server's, where the text is
// anything else or tells of more than a cluster can have.
std::expected<ClusterView, std::string> read_cluster_nodes(std::string_view text);

}  // namespace hitwatch::topology
