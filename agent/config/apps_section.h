// The `apps` section: how applications report lookups.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_apps(yaml::Mapping& root, apps::Options& out);

}  // namespace hitwatch::config
