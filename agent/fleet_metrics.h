// What the daemon says of many targets together: connections being made, names looked up, its shard
// of them, and the lists that name them.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <vector>

#include "agent/config/config.h"
#include "agent/metrics/description.h"
#include "agent/net/resolver.h"
#include "agent/target_lists.h"
#include "collectors/redis/connect_slots.h"

namespace hitwatch {

struct FleetFigures {
  redis::ConnectSlots::Figures connects;
  net::Resolver::Figures names;
  config::Shard shard;
  std::size_t elsewhere = 0;  // targets of other shards
  std::vector<TargetLists::State> lists;
};

std::vector<prometheus::MetricFamily> fleet_metrics(const FleetFigures& figures);
std::vector<metrics::Description> fleet_descriptions();

}  // namespace hitwatch
