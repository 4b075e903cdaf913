// A cluster as series: its nodes, its shards, and how evenly they are used.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/metrics/labels.h"
#include "collectors/topology/cluster_map.h"
#include "collectors/topology/watch.h"

namespace hitwatch::topology {

// By the target's name.
using Observations = std::unordered_map<std::string, Observed>;

struct ClusterFigures {
  const std::string& cluster;  // its name
  const ClusterMap& map;
  const Observations& observations;
  std::size_t dissenting;         // nodes whose view differs
  const metrics::Labels& labels;  // that the configuration gives, on every series
  // Some node does: else it is not known whether slots are covered and nodes have failed.
  bool answers = true;
};

// Keys, memory and operations of a shard are those of its master, where that answers: replicas have
// the same keys once more. The imbalance is the largest over the mean of the shards that have
// slots; nothing where all have none.
std::vector<prometheus::MetricFamily> cluster_metrics(const ClusterFigures& figures);

// Of cluster_metrics.
std::vector<metrics::Description> cluster_descriptions();

}  // namespace hitwatch::topology
