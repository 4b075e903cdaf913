// The `keys` section: key patterns and how many tenants have series of their own.
#pragma once

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_keys(yaml::Mapping& root, Keys& out);

// What `check config` says of patterns that are in order but may surprise: one sentence each, with
// the place of the pattern.
std::vector<std::string> key_warnings(const Keys& keys);

}  // namespace hitwatch::config
