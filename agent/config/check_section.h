// `keys.check`: keys, key groups and streams that have metrics of their own.
#pragma once

#include <cstddef>

#include "agent/yaml/section.h"
#include "collectors/keyspace/options.h"

namespace hitwatch::config {

constexpr std::size_t kMaxKeyGroups = 100'000;  // `max_groups`
constexpr std::size_t kMaxScanCount = 100'000;  // `scan_count`

void read_check(yaml::Mapping& keys, keyspace::CheckOptions& out);

}  // namespace hitwatch::config
