// What `hitwatch check rules` finds in a file beside faults.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {

// Rules with the same name and labels: each but the first.
struct DuplicateRule {
  std::string name;
  metrics::Labels labels;
};
std::vector<DuplicateRule> find_duplicates(const std::vector<GroupSpec>& groups);

// As promtool words it: how many, then name and labels of each.
std::string describe(const std::vector<DuplicateRule>& duplicates);

std::size_t count_rules(const std::vector<GroupSpec>& groups);

}  // namespace hitwatch::alerting
