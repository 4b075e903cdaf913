#include "agent/probe_metrics.h"

#include <algorithm>
#include <string>
#include <utility>

namespace hitwatch {
namespace {

constexpr metrics::Description kProbeLookups = {
    "hitwatch_probe_keyspace_lookups_total", metrics::Type::kCounter,
    "Hits and misses that this daemon's own looks at keys added to those a server counts.",
    "instance", "keys.sample.enabled or keys.check"};
constexpr metrics::Description kReportAge = {
    "hitwatch_keyspace_report_age_seconds", metrics::Type::kGauge,
    "Time since the end of the round that the figures of a target's keys are of.", "instance",
    "keys.sample.enabled"};

}  // namespace

prometheus::MetricFamily probe_metrics(const redis::ProbeLedger& ledger,
                                       const WatchedTargets& targets) {
  prometheus::MetricFamily family = metrics::family_of(kProbeLookups);
  for (const redis::ProbeLedger::Entry& entry : ledger.entries()) {
    prometheus::ClientMetric metric;
    metric.label = Targets::instance_label(targets, entry.instance);
    metric.counter.value = static_cast<double>(entry.lookups);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

prometheus::MetricFamily report_ages(const WatchedTargets& targets,
                                     std::chrono::system_clock::time_point now) {
  prometheus::MetricFamily family = metrics::family_of(kReportAge);
  for (const auto& watched : targets) {
    const KeyspaceResult latest = watched->latest_keyspace();
    if (latest.report == nullptr || latest.sampled == nullptr) continue;
    const std::chrono::duration<double> since_begin = now - latest.report->began;
    prometheus::ClientMetric metric;
    metric.label = Targets::instance_label(targets, watched->target.name());
    metric.gauge.value = std::max(0.0, (since_begin - latest.report->took).count());
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::vector<metrics::Description> probe_descriptions() { return {kProbeLookups, kReportAge}; }

}  // namespace hitwatch
