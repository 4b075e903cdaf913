// How far replicas are behind, and who is not where it says, as metric families.
#pragma once

#include <prometheus/metric_family.h>

#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/replication.h"

namespace hitwatch {

// redis_replication_… with another word for `redis` if the name space is another. As in all of a
// target's metrics there is no `instance` unless targets need one; and there are its labels.
std::vector<prometheus::MetricFamily> replication_metrics(const ReplicationForest& forest,
                                                          std::string_view name_space,
                                                          bool instance);

// Their names are without the name space.
std::vector<metrics::Description> replication_descriptions();

}  // namespace hitwatch
