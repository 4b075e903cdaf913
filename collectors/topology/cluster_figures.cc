#include "collectors/topology/cluster_figures.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/topology/source_labels.h"

namespace hitwatch::topology {
namespace {

using metrics::Type;

constexpr std::string_view kNeedsCluster = "targets with cluster";
// Longer ones are cut in the label.
constexpr std::size_t kMostRangesShown = 50;

constexpr metrics::Description kClusterNodeInfo = {
    "redis_cluster_node_info",
    Type::kGauge,
    "1 for each node that the cluster knows, with its place, its slots and its flags.",
    "cluster, shard, instance, node_id, role, slots, flags",
    kNeedsCluster,
    true};
constexpr metrics::Description kSlotsCovered = {
    "redis_cluster_slots_covered",
    Type::kGauge,
    "Slots that a node serves which the cluster does not hold for failed; 16384 is all.",
    "cluster",
    kNeedsCluster,
    true};
constexpr metrics::Description kNodesFailed = {
    "redis_cluster_nodes_failed",
    Type::kGauge,
    "Nodes that the cluster holds for failed, or knows no address of.",
    "cluster",
    kNeedsCluster,
    true};
constexpr metrics::Description kClusterDisagreement = {
    "redis_cluster_disagreement",
    Type::kGauge,
    "Nodes that see members, roles, failures or slots otherwise than the one that is followed, and "
    "seeds that answer for another cluster.",
    "cluster",
    kNeedsCluster,
    true};
constexpr metrics::Description kImbalance = {
    "redis_cluster_imbalance_ratio",
    Type::kGauge,
    "The largest over the mean of the shards with slots: 1 is even; of keys, memory, ops, slots.",
    "cluster, of",
    kNeedsCluster,
    true};

// A figure of a shard, and what it is called in the imbalance; "" where it has none.
struct ShardFigure {
  metrics::Description about;
  std::string_view of;
  std::optional<double> (*value)(const ClusterFigures& figures, const ClusterShard& shard);
};

const Observed* seen_master(const ClusterFigures& figures, const ClusterShard& shard) {
  if (shard.master == kNoNode) return nullptr;
  const auto found = figures.observations.find(figures.map.instances[shard.master]);
  return found != figures.observations.end() && found->second.up ? &found->second : nullptr;
}

template <double Observed::* Figure>
std::optional<double> of_master(const ClusterFigures& figures, const ClusterShard& shard) {
  const Observed* seen = seen_master(figures, shard);
  if (seen == nullptr || seen->*Figure < 0) return std::nullopt;
  return seen->*Figure;
}

constexpr ShardFigure kShardFigures[] = {
    {{"redis_cluster_shard_slots", Type::kGauge, "Slots of the shard.", "cluster, shard",
      kNeedsCluster, true},
     "slots",
     [](const ClusterFigures&, const ClusterShard& shard) {
       return std::optional<double>(count_slots(shard.slots));
     }},
    {{"redis_cluster_shard_replicas", Type::kGauge,
      "Replicas of the shard that the cluster does not hold for failed, and knows an address of.",
      "cluster, shard", kNeedsCluster, true},
     "",
     [](const ClusterFigures& figures, const ClusterShard& shard) {
       return std::optional<double>(static_cast<double>(std::ranges::count_if(
           shard.others, [&](std::size_t node) { return !figures.map.view.nodes[node].gone(); })));
     }},
    {{"redis_cluster_shard_keys", Type::kGauge, "Keys of the shard, at its master.",
      "cluster, shard", kNeedsCluster, true},
     "keys",
     of_master<&Observed::keys>},
    {{"redis_cluster_shard_memory_bytes", Type::kGauge, "Memory in use at the shard's master.",
      "cluster, shard", kNeedsCluster, true},
     "memory",
     of_master<&Observed::used_memory>},
    {{"redis_cluster_shard_ops_per_second", Type::kGauge,
      "Commands a second at the shard's master, as it says itself.", "cluster, shard",
      kNeedsCluster, true},
     "ops",
     of_master<&Observed::ops_per_second>},
};

void add(prometheus::MetricFamily& family, double value,
         std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  prometheus::ClientMetric& metric = metrics::add_sample(family, value);
  for (const auto& [name, text] : labels) {
    metric.label.push_back({std::string(name), std::string(text)});
  }
}

prometheus::MetricFamily single(const metrics::Description& about, const std::string& cluster,
                                double value) {
  prometheus::MetricFamily family = metrics::family_of(about);
  add(family, value, {{"cluster", cluster}});
  return family;
}

prometheus::MetricFamily node_infos(const ClusterFigures& figures) {
  const ClusterMap& map = figures.map;
  prometheus::MetricFamily family = metrics::family_of(kClusterNodeInfo);
  for (std::size_t i = 0; i < map.view.nodes.size(); ++i) {
    const ClusterNode& node = map.view.nodes[i];
    const ClusterShard* shard = map.shard(i);
    add(family, 1,
        {{"cluster", figures.cluster},
         {"shard", shard == nullptr ? std::string_view() : std::string_view(shard->name)},
         {"instance", map.instances[i]},
         {"node_id", node.id},
         {"role", map.role(i)},
         {"slots", slots_text(node.slots, kMostRangesShown)},
         {"flags", node.flags}});
  }
  return family;
}

double slots_covered(const ClusterView& view) {
  double covered = 0;
  for (const ClusterNode& node : view.nodes) {
    if (!node.gone()) covered += count_slots(node.slots);
  }
  return covered;
}

double nodes_failed(const ClusterView& view) {
  return static_cast<double>(std::ranges::count_if(view.nodes, &ClusterNode::gone));
}

void add_shard_figure(const ClusterFigures& figures, const ShardFigure& row,
                      prometheus::MetricFamily& imbalance,
                      std::vector<prometheus::MetricFamily>& families) {
  prometheus::MetricFamily& family = families.emplace_back(metrics::family_of(row.about));
  double sum = 0;
  double largest = 0;
  int shards = 0;
  for (const ClusterShard& shard : figures.map.shards) {
    const auto value = row.value(figures, shard);
    if (!value) continue;
    add(family, *value, {{"cluster", figures.cluster}, {"shard", shard.name}});
    if (shard.slots.empty()) continue;
    sum += *value;
    largest = std::max(largest, *value);
    ++shards;
  }
  if (row.of.empty() || sum <= 0) return;
  add(imbalance, largest / (sum / shards), {{"cluster", figures.cluster}, {"of", row.of}});
}

}  // namespace

std::vector<prometheus::MetricFamily> cluster_metrics(const ClusterFigures& figures) {
  const ClusterView& view = figures.map.view;
  std::vector<prometheus::MetricFamily> families;
  families.push_back(node_infos(figures));
  prometheus::MetricFamily imbalance = metrics::family_of(kImbalance);
  for (const ShardFigure& row : kShardFigures) add_shard_figure(figures, row, imbalance, families);
  families.push_back(std::move(imbalance));
  if (figures.answers) {
    families.push_back(single(kSlotsCovered, figures.cluster, slots_covered(view)));
    families.push_back(single(kNodesFailed, figures.cluster, nodes_failed(view)));
    families.push_back(
        single(kClusterDisagreement, figures.cluster, static_cast<double>(figures.dissenting)));
  }
  for (prometheus::MetricFamily& family : families) {
    for (prometheus::ClientMetric& metric : family.metric)
      add_labels_unless_taken(metric, figures.labels);
  }
  return families;
}

std::vector<metrics::Description> cluster_descriptions() {
  std::vector<metrics::Description> descriptions{kClusterNodeInfo};
  metrics::describe(descriptions, kShardFigures);
  for (const auto& about : {kImbalance, kSlotsCovered, kNodesFailed, kClusterDisagreement}) {
    descriptions.push_back(about);
  }
  return descriptions;
}

}  // namespace hitwatch::topology
