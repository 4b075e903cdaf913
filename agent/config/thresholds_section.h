// The `thresholds` section: numbers that rules compare with, by type, tenant and instance.
#pragma once

#include <optional>
#include <string_view>

#include "agent/config/config.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

void read_thresholds(yaml::Mapping& root, std::vector<Threshold>& out);

// A number as a threshold is written: `80%` is 0.8, `10ms` 0.01 (seconds), `64MiB` a number of
// bytes, and a plain number itself. Nothing for what is none of these, or not finite.
std::optional<double> parse_threshold(std::string_view text);

}  // namespace hitwatch::config
