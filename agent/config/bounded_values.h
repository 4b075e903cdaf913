// Values of a mapping that must lie within bounds. One that does not leaves a fault that says them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "agent/yaml/section.h"

namespace hitwatch::config {

// A whole number from `least` to `most`; `out` stays as it is without one.
void read_count(yaml::Mapping& mapping, std::string_view key, std::size_t least, std::size_t most,
                std::size_t& out);

// From 1s to 1d: how often something is done.
void read_interval(yaml::Mapping& mapping, std::string_view key, std::chrono::milliseconds& out);

}  // namespace hitwatch::config
