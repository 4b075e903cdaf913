// The metrics of a source of sentinels: what they agree on.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/description.h"
#include "agent/metrics/labels.h"

namespace hitwatch::topology {

struct SentinelFigures {
  struct Master {
    std::string name;
    std::string address;
    std::uint64_t dissent = 0;  // sentinels that name another
    std::uint64_t failovers = 0;
  };
  std::vector<Master> masters;
  std::map<std::string, bool> subscribed;              // by the sentinel's address
  std::map<std::string_view, std::uint64_t> messages;  // by channel
};

// Each sample has `labels` beside its own.
std::vector<prometheus::MetricFamily> sentinel_metrics(const SentinelFigures& figures,
                                                       const metrics::Labels& labels);
// Of sentinel_metrics.
std::vector<metrics::Description> sentinel_descriptions();

}  // namespace hitwatch::topology
