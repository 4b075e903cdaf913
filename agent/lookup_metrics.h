// What the daemon says of the doors through which lookups come in, as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "agent/lookups_door.h"
#include "collectors/apps/stats_endpoints.h"
#include "collectors/apps/statsd_server.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

std::vector<prometheus::MetricFamily> lookup_metrics(const lookups::Store& store,
                                                     const apps::StatsdServer* statsd,
                                                     const LookupsDoor& door,
                                                     const apps::StatsEndpoints& endpoints);

}  // namespace hitwatch
