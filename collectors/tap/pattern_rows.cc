#include "collectors/tap/pattern_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collectors/lookups/lookup.h"

namespace hitwatch::tap {

PatternRows::PatternRows(std::vector<keys::Rule> rules)
    : matcher_(std::move(rules)), groups_(matcher_.rules().size() + 1) {}

PatternRows::Found PatternRows::find(std::string_view key) {
  const keys::Match match = matcher_.match(key);
  if (!match) return {match, groups_.back()};
  const auto rule = static_cast<std::size_t>(match.rule - matcher_.rules().data());
  return {match, groups_[rule]};
}

void PatternRows::configure(std::vector<keys::Rule> rules) {
  const std::vector<keys::Rule>& former = matcher_.rules();
  std::vector<GroupFigures> groups(rules.size() + 1);
  for (std::size_t i = 0; i < former.size(); ++i) {
    const auto same = std::ranges::find(rules, former[i]);
    if (same == rules.end()) continue;
    groups[static_cast<std::size_t>(same - rules.begin())] = std::move(groups_[i]);
  }
  groups.back() = std::move(groups_.back());
  groups_ = std::move(groups);
  matcher_ = keys::Matcher(std::move(rules));
}

std::vector<Row> PatternRows::rows() const {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const GroupFigures& group = groups_[i];
    if (group.figures.commands == 0) continue;
    const bool has_rule = i < matcher_.rules().size();
    rows.push_back(
        {.pattern = has_rule ? matcher_.rules()[i].pattern.text() : "",
         .type = has_rule ? matcher_.rules()[i].type : std::string(lookups::kUnclassifiedType),
         .figures = group.figures,
         .latencies = group.latencies,
         .examples = group.examples});
  }
  return rows;
}

}  // namespace hitwatch::tap
