// The rule groups that a configuration asks for: the bundled ones and those of its files.
#pragma once

#include <expected>
#include <vector>

#include "agent/config/config.h"
#include "agent/yaml/fault.h"
#include "rules/alerting/group.h"
#include "rules/alerting/rule.h"

namespace hitwatch::rules {

// How groups are made of what a configuration says.
alerting::Group::Options group_options(const config::Rules& rules);

// Reads and checks every file now. All faults of all files: also rules that look further back than
// the window does, and two groups of one name and file.
std::expected<std::vector<alerting::GroupSpec>, std::vector<yaml::Fault>> load_rules(
    const config::Rules& rules);

}  // namespace hitwatch::rules
