// Labels that the configuration gives to all series of a source.
#pragma once

#include <prometheus/client_metric.h>

#include <algorithm>

#include "agent/metrics/labels.h"

namespace hitwatch::topology {

// Appends those whose names the sample does not have already.
inline void add_labels_unless_taken(prometheus::ClientMetric& metric,
                                    const metrics::Labels& labels) {
  for (const metrics::Label& label : labels) {
    const bool taken =
        std::ranges::find(metric.label, label.name, &prometheus::ClientMetric::Label::name) !=
        metric.label.end();
    if (!taken) metric.label.push_back({label.name, label.value});
  }
}

}  // namespace hitwatch::topology
