// Values of a mapping that must lie within bounds. One that does not leaves a fault that says them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "agent/yaml/section.h"

namespace hitwatch::config {

// A whole number within the bounds of the schema; `out` stays as it is without one.
void read_count(yaml::Mapping& mapping, std::string_view key, std::size_t& out);

// A duration within the bounds of the schema.
void read_bounded(yaml::Mapping& mapping, std::string_view key, std::chrono::milliseconds& out);

}  // namespace hitwatch::config
