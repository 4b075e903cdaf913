// What the daemon says of itself: `hitwatch_*`, and the `redis_exporter_*` names that belong to the
// process rather than to a target. One member per promise that can be broken.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/metrics/process.h"

namespace hitwatch {

class OwnMetrics {
 public:
  // `name_space` is that of the server metrics ("redis").
  explicit OwnMetrics(std::string_view name_space);

  // All families, those of the process included.
  std::vector<prometheus::MetricFamily> collect();
  // Only those under redis_exporter's names, which it also shows with a single target.
  std::vector<prometheus::MetricFamily> collect_exporter() { return exporter_.Collect(); }

 private:
  prometheus::Registry registry_;
  prometheus::Registry exporter_;
  metrics::ProcessMetrics process_;
  prometheus::Histogram& histogram(const metrics::Description& description);
  prometheus::Counter& counter(const metrics::Description& description);
  prometheus::Gauge& gauge(const metrics::Description& description);

 public:
  prometheus::Histogram& poll_seconds;
  prometheus::Histogram& poll_lateness;
  prometheus::Histogram& scrape_seconds;
  prometheus::Counter& polls_failed;
  prometheus::Counter& series_dropped;
  prometheus::Counter& target_request_errors;
  prometheus::Counter& config_reloads_failed;
  prometheus::Gauge& config_last_reload_successful;
  prometheus::Gauge& config_last_reload_success_time;
  prometheus::Gauge& targets;
  prometheus::Gauge& web_connections;
  prometheus::Counter& web_connections_dropped;
};

// Of those that have whole names, without the process', and of those that stand behind a namespace.
std::vector<metrics::Description> own_descriptions();
std::vector<metrics::Description> exporter_descriptions();

}  // namespace hitwatch
