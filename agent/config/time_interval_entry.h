// `time_intervals:` of Alertmanager's configuration.
#pragma once

#include <string_view>
#include <vector>

#include "agent/notify/time_interval.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// The named intervals in the list under `key`, added to `out`. Names that are there already are
// faults. Empty lists inside of an interval, which would never hold, are faults, too.
void read_time_intervals(yaml::Mapping& mapping, std::string_view key,
                         std::vector<notify::TimeInterval>& out);

}  // namespace hitwatch::config
