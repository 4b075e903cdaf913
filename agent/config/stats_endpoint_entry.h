// `apps.stats_endpoints`: the applications whose own statistics are polled.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_stats_endpoints(yaml::Mapping& apps, std::vector<apps::StatsEndpoint>& out);

}  // namespace hitwatch::config
