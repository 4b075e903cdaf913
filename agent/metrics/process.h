// `process_*`: what Prometheus' client libraries tell of the process they run in, from Linux'
// /proc.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <mutex>
#include <vector>

#include "agent/metrics/description.h"

namespace hitwatch::metrics {

// Thread-safe. Figures are read at most once a second: scrapes that follow each other more closely
// get the same ones.
class ProcessMetrics {
 public:
  std::vector<prometheus::MetricFamily> collect(std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::chrono::steady_clock::time_point read_at_{};
  std::vector<prometheus::MetricFamily> families_;
};

std::vector<Description> process_descriptions();

}  // namespace hitwatch::metrics
