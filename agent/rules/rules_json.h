// What /api/v1/rules and /api/v1/alerts answer: Prometheus' shapes, and what we know beyond.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "agent/rules/api_parameters.h"
#include "rules/alerting/group.h"

namespace hitwatch::rules {

// Which rules are asked for. Empty lists leave all in.
struct RuleFilter {
  enum class Kind { kAll, kAlerting, kRecording };
  Kind kind = Kind::kAll;
  std::vector<std::string> names;   // rule_name[]
  std::vector<std::string> groups;  // rule_group[]
  std::vector<std::string> files;   // file[]
  bool alerts = true;               // exclude_alerts

  static std::expected<RuleFilter, ApiError> read(const ApiParameters& parameters);
};

// Beside Prometheus' fields each rule has `everMatched`, `warnings` and `evaluations`: its last 20,
// the newest first, with what they read and why states changed.
std::string rules_answer(const std::vector<const alerting::Group*>& groups,
                         const RuleFilter& filter);
// With a `limit` above 0: so many, firing ones first and the latest first of each state; beside
// them `counts` of all by state and label `severity`, and how many alerting `rules` there are.
std::string alerts_answer(const std::vector<const alerting::Group*>& groups, std::size_t limit);

}  // namespace hitwatch::rules
