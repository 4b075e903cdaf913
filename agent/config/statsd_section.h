// `apps.statsd`: where StatsD lines arrive and what their names mean.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_statsd(yaml::Mapping& apps, apps::StatsdOptions& out);

}  // namespace hitwatch::config
