// The `rules` section: which rules are evaluated, how often, and over how much history.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_rules(yaml::Mapping& root, Rules& out);

}  // namespace hitwatch::config
