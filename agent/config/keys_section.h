// The `keys` section: key patterns, how many tenants have series of their own, and what is looked
// at of the keys of servers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_keys(yaml::Mapping& root, Keys& out);

// A template: one of keys, or of other names. Nothing, and a fault with its place, for a bad one.
std::optional<keys::Pattern> read_template(yaml::Reader& reader, const yaml::Value& value);

// What `check config` says of patterns that are in order but may surprise: one sentence each, with
// the place of the pattern.
std::vector<std::string> key_warnings(const Keys& keys);

}  // namespace hitwatch::config
