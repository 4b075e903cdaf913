// `route:` of Alertmanager's configuration.
#pragma once

#include <set>
#include <string>

#include "agent/notify/settings.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// What routes may name.
struct RouteNames {
  std::set<std::string, std::less<>> receivers;
  std::set<std::string, std::less<>> time_intervals;
};

// The tree, every node with what it inherits and its key. As in Alertmanager an empty `group_by`
// inherits, too, and `...` does away with the labels above it.
void read_root_route(yaml::Reader& reader, const yaml::Value& value, const RouteNames& names,
                     notify::Route& out);

}  // namespace hitwatch::config
