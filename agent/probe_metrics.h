// What the daemon's own looks at keys cost the servers' statistics, and how old their figures are,
// as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/targets.h"
#include "collectors/redis/probe_ledger.h"

namespace hitwatch {

// hitwatch_probe_keyspace_lookups_total{instance}. As in all of a target's metrics there is no
// `instance` where `targets` are one without a name of its own; the same goes for report_ages.
prometheus::MetricFamily probe_metrics(const redis::ProbeLedger& ledger,
                                       const WatchedTargets& targets);

// hitwatch_keyspace_report_age_seconds{instance}, of targets that have figures of their own: what
// tells of rounds that take too long, or fail.
prometheus::MetricFamily report_ages(const WatchedTargets& targets,
                                     std::chrono::system_clock::time_point now);

std::vector<metrics::Description> probe_descriptions();

}  // namespace hitwatch
