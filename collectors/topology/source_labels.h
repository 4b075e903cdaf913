// Labels of a source's series, where the series may have one of that name already.
#pragma once

#include <prometheus/client_metric.h>

#include <algorithm>
#include <string>

#include "agent/metrics/labels.h"

namespace hitwatch::topology {

// Appends a label, unless there is one of its name. `labels`: of a target, or of a sample.
template <typename Labels>
void add_label_unless_taken(Labels& labels, const std::string& name, const std::string& value) {
  const bool taken =
      std::ranges::any_of(labels, [&](const auto& label) { return label.name == name; });
  if (!taken) labels.push_back({name, value});
}

// Appends those whose names the sample does not have already.
inline void add_labels_unless_taken(prometheus::ClientMetric& metric,
                                    const metrics::Labels& labels) {
  for (const auto& [name, value] : labels) add_label_unless_taken(metric.label, name, value);
}

}  // namespace hitwatch::topology
