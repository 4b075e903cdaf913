#include "agent/metrics/description.h"

namespace hitwatch::metrics {
namespace {

prometheus::MetricType prometheus_type(Type type) {
  switch (type) {
    case Type::kCounter:
      return prometheus::MetricType::Counter;
    case Type::kGauge:
      return prometheus::MetricType::Gauge;
    case Type::kHistogram:
      return prometheus::MetricType::Histogram;
    case Type::kSummary:
      return prometheus::MetricType::Summary;
    case Type::kUnknown:
      break;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

prometheus::MetricFamily family_of(const Description& description) {
  prometheus::MetricFamily family;
  family.name = description.name;
  family.help = description.help;
  family.type = prometheus_type(description.type);
  return family;
}

prometheus::ClientMetric& add_sample(prometheus::MetricFamily& family, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

}  // namespace hitwatch::metrics
