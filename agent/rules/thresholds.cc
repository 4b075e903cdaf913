#include "agent/rules/thresholds.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "rules/bundled/thresholds.h"

namespace hitwatch::rules {
namespace {

constexpr metrics::Description kThreshold = {
    "hitwatch_threshold", metrics::Type::kGauge,
    "What rules compare with; the most specific one counts.", "threshold, type, tenant, instance"};

}  // namespace

std::vector<config::Threshold> with_defaults(const std::vector<config::Threshold>& configured) {
  using Key = std::tuple<std::string, std::string, std::string, std::string>;
  std::map<Key, config::Threshold> thresholds;
  const auto set = [&](const config::Threshold& threshold) {
    thresholds[{threshold.name, threshold.type, threshold.tenant, threshold.instance}] = threshold;
  };
  for (const bundled::Threshold& threshold : bundled::thresholds()) {
    set({.name = std::string(threshold.name),
         .type = std::string(threshold.type),
         .tenant = "",
         .instance = "",
         .value = threshold.value});
  }
  for (const config::Threshold& threshold : configured) set(threshold);
  std::vector<config::Threshold> all;
  for (auto& [key, threshold] : thresholds) all.push_back(std::move(threshold));
  return all;
}

prometheus::MetricFamily threshold_metrics(const std::vector<config::Threshold>& thresholds) {
  prometheus::MetricFamily family = metrics::family_of(kThreshold);
  for (const config::Threshold& threshold : thresholds) {
    prometheus::ClientMetric metric;
    metric.label = {{"threshold", threshold.name},
                    {"type", threshold.type},
                    {"tenant", threshold.tenant},
                    {"instance", threshold.instance}};
    metric.gauge.value = threshold.value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

metrics::Description threshold_description() { return kThreshold; }

}  // namespace hitwatch::rules
