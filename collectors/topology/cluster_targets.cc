#include "collectors/topology/cluster_targets.h"

#include <map>
#include <tuple>

#include "collectors/topology/announced.h"
#include "collectors/topology/source_labels.h"

namespace hitwatch::topology {
namespace {

// Of two nodes at one address, that with the lower one has gone.
auto presence(const ClusterNode& node) {
  return std::tuple(!node.handshake, !node.failed, node.epoch);
}

std::string why_not_polled(const ClusterNode& node) {
  if (node.handshake) return "it has not joined the cluster yet";
  if (node.failed) return "the cluster holds it for failed";
  return {};
}

}  // namespace

redis::Target node_target(const net::RedisUrl& url, const ClusterOptions& options) {
  redis::Target target = announced_target(url, options.address_map);
  target.username = options.login.username;
  target.password = options.login.password;
  target.tls = options.tls;
  target.origin = options.origin;
  return target;
}

std::vector<std::optional<redis::Target>> node_targets(const ClusterView& view,
                                                       const net::RedisUrl& asked,
                                                       const ClusterOptions& options) {
  std::vector<std::optional<redis::Target>> targets;
  for (const ClusterNode& node : view.nodes) {
    auto& target = targets.emplace_back();
    if (const auto url = announced_address(node, asked)) target = node_target(*url, options);
  }
  return targets;
}

std::vector<redis::Target> placed_targets(const ClusterMap& map,
                                          const std::vector<std::optional<redis::Target>>& reached,
                                          const ClusterOptions& options, bool failures_known) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    if (!reached[i]) continue;
    const auto [known, added] = by_name.try_emplace(map.instances[i], i);
    if (!added && presence(map.view.nodes[i]) > presence(map.view.nodes[known->second])) {
      known->second = i;
    }
  }
  std::vector<redis::Target> targets;
  for (const auto& [name, node] : by_name) {
    redis::Target& target = targets.emplace_back(*reached[node]);
    // A label that the configuration gives goes before one of the cluster's.
    target.labels = options.labels;
    add_label_unless_taken(target.labels, "cluster", options.name);
    target.place.group = options.name;
    if (const ClusterShard* shard = map.shard(node)) {
      target.place.shard = shard->name;
      add_label_unless_taken(target.labels, "shard", shard->name);
    }
    target.place.role = map.role(node);
    if (failures_known) target.place.failed = why_not_polled(map.view.nodes[node]);
  }
  return targets;
}

}  // namespace hitwatch::topology
