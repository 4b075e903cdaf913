// What the daemon says of the doors through which lookups come in, as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "agent/lookups_door.h"
#include "agent/metrics/description.h"
#include "agent/otlp_door.h"
#include "collectors/apps/stats_endpoints.h"
#include "collectors/apps/statsd_server.h"
#include "collectors/lookups/store.h"

namespace hitwatch {

struct LookupParts {
  const lookups::Store& store;
  const apps::StatsdServer* statsd;  // null: off
  const LookupsDoor& door;
  const OtlpDoor& otlp;
  const apps::StatsEndpoints& endpoints;
};
std::vector<prometheus::MetricFamily> lookup_metrics(const LookupParts& parts);
// Of all of these.
std::vector<metrics::Description> lookup_descriptions();

}  // namespace hitwatch
