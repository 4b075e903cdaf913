#include "rules/alerting/check_rules.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

namespace hitwatch::alerting {

std::vector<DuplicateRule> find_duplicates(const std::vector<GroupSpec>& groups) {
  // A rule that is there three times is found twice, and in order of names.
  std::map<std::pair<std::string, std::string>, std::vector<const Rule*>> same;
  for (const GroupSpec& group : groups) {
    for (const Rule& rule : group.rules) same[{rule.name, label_key(rule.labels)}].push_back(&rule);
  }
  std::vector<DuplicateRule> duplicates;
  for (const auto& [key, rules] : same) {
    for (std::size_t i = 1; i < rules.size(); ++i) {
      duplicates.push_back(DuplicateRule{rules[i]->name, rules[i]->labels});
    }
  }
  return duplicates;
}

std::string describe(const std::vector<DuplicateRule>& duplicates) {
  std::string text = fmt::format("lint error {} duplicate rule(s) found.\n", duplicates.size());
  for (const DuplicateRule& duplicate : duplicates) {
    fmt::format_to(std::back_inserter(text), "Metric: {}\nLabel(s):\n", duplicate.name);
    for (const metrics::Label& label : duplicate.labels) {
      fmt::format_to(std::back_inserter(text), "\t{}: {}\n", label.name, label.value);
    }
  }
  text += "Of rules that record the same series, nobody can tell which one wrote a sample.";
  return text;
}

std::size_t count_rules(const std::vector<GroupSpec>& groups) {
  std::size_t count = 0;
  for (const GroupSpec& group : groups) count += group.rules.size();
  return count;
}

}  // namespace hitwatch::alerting
