#include "agent/probe_metrics.h"

#include <utility>

namespace hitwatch {

prometheus::MetricFamily probe_metrics(const redis::ProbeLedger& ledger) {
  prometheus::MetricFamily family;
  family.name = "hitwatch_probe_keyspace_lookups_total";
  family.help =
      "Hits and misses that this daemon's own looks at keys added to those a server counts.";
  family.type = prometheus::MetricType::Counter;
  for (const redis::ProbeLedger::Entry& entry : ledger.entries()) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"instance", entry.instance});
    metric.counter.value = static_cast<double>(entry.lookups);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace hitwatch
