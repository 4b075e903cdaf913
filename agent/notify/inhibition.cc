#include "agent/notify/inhibition.h"

#include <fmt/core.h>

#include <algorithm>

namespace hitwatch::notify {
namespace {

// The values of the labels `equal`, each with its length, so that no two lists look alike.
std::string equal_values(const std::vector<std::string>& equal, const metrics::Labels& labels) {
  std::string key;
  for (const std::string& name : equal) {
    const std::string_view value = label_value(labels, name);
    key += fmt::format("{}:{};", value.size(), value);
  }
  return key;
}

}  // namespace

Inhibition::Inhibition(std::vector<InhibitRule> rules) {
  rules_.reserve(rules.size());
  for (InhibitRule& rule : rules) rules_.push_back({.rule = std::move(rule), .sources = {}});
}

bool Inhibition::note(const std::string& fingerprint, const metrics::Labels& labels, bool firing) {
  if (!firing) return forget(fingerprint);
  if (places_.contains(fingerprint)) return false;  // what identifies an alert does not change
  std::vector<std::pair<std::size_t, std::string>> places;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    auto& [rule, sources] = rules_[i];
    if (!match(rule.source, labels)) continue;
    std::string values = equal_values(rule.equal, labels);
    Sources& there = sources[values];
    (match(rule.target, labels) ? there.both : there.only).insert(fingerprint);
    places.emplace_back(i, std::move(values));
  }
  if (!places.empty()) places_.emplace(fingerprint, std::move(places));
  return false;
}

bool Inhibition::forget(const std::string& fingerprint) {
  const auto places = places_.find(fingerprint);
  if (places == places_.end()) return false;
  for (const auto& [index, values] : places->second) {
    auto& sources = rules_[index].sources;
    const auto there = sources.find(values);
    there->second.only.erase(fingerprint);
    there->second.both.erase(fingerprint);
    if (there->second.only.empty() && there->second.both.empty()) sources.erase(there);
  }
  places_.erase(places);
  return true;
}

std::vector<std::string> Inhibition::inhibiting(const metrics::Labels& labels) const {
  std::vector<std::string> found;
  for (const auto& [rule, sources] : rules_) {
    if (sources.empty() || !match(rule.target, labels)) continue;
    const auto there = sources.find(equal_values(rule.equal, labels));
    if (there == sources.end()) continue;
    const auto& [only, both] = there->second;
    if (!only.empty()) {
      found.push_back(*only.begin());
    } else if (!match(rule.source, labels)) {
      found.push_back(*both.begin());
    }
  }
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  return found;
}

}  // namespace hitwatch::notify
