// What the daemon's own looks at keys cost the servers' statistics, as a metric family.
#pragma once

#include <prometheus/metric_family.h>

#include "collectors/redis/probe_ledger.h"

namespace hitwatch {

// hitwatch_probe_keyspace_lookups_total{instance}
prometheus::MetricFamily probe_metrics(const redis::ProbeLedger& ledger);

}  // namespace hitwatch
