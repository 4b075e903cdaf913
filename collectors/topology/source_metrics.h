// What any source of targets tells of its own bounds.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <vector>

#include "agent/metrics/description.h"
#include "collectors/topology/telling.h"

namespace hitwatch::topology {

// Servers that one source may have watched, sentinels themselves aside.
inline constexpr std::size_t kMostServersOfSource = 5000;

// Appends hitwatch_discovery_… with the source's name as label. `left_out`: servers beyond the
// bounds that the source names now.
void add_source_metrics(std::vector<prometheus::MetricFamily>& families, const Telling& telling,
                        std::size_t left_out);
// Of add_source_metrics.
std::vector<metrics::Description> source_descriptions();

}  // namespace hitwatch::topology
