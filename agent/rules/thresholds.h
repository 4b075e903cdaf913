// The thresholds that rules compare with, as series.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "agent/config/config.h"
#include "agent/metrics/description.h"

namespace hitwatch::rules {

// Those of the configuration, and of the defaults those that it does not replace.
std::vector<config::Threshold> with_defaults(const std::vector<config::Threshold>& configured);

// hitwatch_threshold{threshold, type, tenant, instance}: all four labels, also where one is "".
// A Prometheus that scrapes would put its own `instance` where there is none.
prometheus::MetricFamily threshold_metrics(const std::vector<config::Threshold>& thresholds);

metrics::Description threshold_description();

}  // namespace hitwatch::rules
