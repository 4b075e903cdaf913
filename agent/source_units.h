// What a source of targets tells, by the units that daemons share (sharding.h). Each daemon watches
// all sources, since a master may be anybody's; so that each series and each event is told once,
// the daemon tells it whose shard has what it is about:
//
//   - a cluster: all of it is of the shard of the cluster, which has the nodes, too;
//   - a master that sentinels watch: of the shard that has the master and its replicas;
//   - a sentinel: of the shard that has it as a target;
//   - the sentinels together: of the shard of the first that the configuration names.
//
// What a daemon's own watching is about is told by each: hitwatch_discovery_…, and that sentinels
// answer it no more, of which any daemon may have masters. Pure.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <variant>
#include <vector>

#include "agent/config/config.h"
#include "collectors/topology/event.h"
#include "collectors/topology/options.h"

namespace hitwatch {

// Of an entry of the configuration.
using SourceOptions = std::variant<topology::SentinelOptions, topology::ClusterOptions>;

// Of `families`, which the source's watch made, what this daemon tells.
std::vector<prometheus::MetricFamily> families_of_shard(
    const std::vector<prometheus::MetricFamily>& families, const SourceOptions& source,
    const config::Shard& shard);

// Whether this daemon tells an event of the source's watch.
bool is_event_of_shard(const topology::Event& event, const SourceOptions& source,
                       const config::Shard& shard);

}  // namespace hitwatch
