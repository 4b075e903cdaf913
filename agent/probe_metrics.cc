#include "agent/probe_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hitwatch {

namespace {

// The label that tells the series of one target from others'; none where targets need none.
void add_instance(prometheus::ClientMetric& metric, const WatchedTargets& targets,
                  const std::string& name) {
  const bool unnamed = !targets.empty() && !Targets::needs_instance(targets) &&
                       targets.front()->target.name() == name;
  if (!unnamed) metric.label.push_back({"instance", name});
}

}  // namespace

prometheus::MetricFamily probe_metrics(const redis::ProbeLedger& ledger,
                                       const WatchedTargets& targets) {
  prometheus::MetricFamily family;
  family.name = "hitwatch_probe_keyspace_lookups_total";
  family.help =
      "Hits and misses that this daemon's own looks at keys added to those a server counts.";
  family.type = prometheus::MetricType::Counter;
  for (const redis::ProbeLedger::Entry& entry : ledger.entries()) {
    prometheus::ClientMetric metric;
    add_instance(metric, targets, entry.instance);
    metric.counter.value = static_cast<double>(entry.lookups);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

prometheus::MetricFamily report_ages(const WatchedTargets& targets,
                                     std::chrono::system_clock::time_point now) {
  prometheus::MetricFamily family;
  family.name = "hitwatch_keyspace_report_age_seconds";
  family.help = "Time since the end of the round that the figures of a target's keys are of.";
  family.type = prometheus::MetricType::Gauge;
  for (const auto& watched : targets) {
    const KeyspaceResult latest = watched->latest_keyspace();
    if (latest.report == nullptr || latest.sampled == nullptr) continue;
    const std::chrono::duration<double> since_begin = now - latest.report->began;
    prometheus::ClientMetric metric;
    add_instance(metric, targets, watched->target.name());
    metric.gauge.value = std::max(0.0, (since_begin - latest.report->took).count());
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace hitwatch
