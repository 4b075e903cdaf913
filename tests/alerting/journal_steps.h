// Outcomes of evaluations, and a folder for a journal.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "rules/alerting/journal.h"
#include "rules/alerting/rule.h"
#include "tests/alerting/alert_steps.h"

namespace hitwatch::alerting {

// The time at which the tests begin.
inline constexpr std::int64_t kNow = 1'700'000'000'000;

class JournalFolder {
 public:
  JournalFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "journal-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~JournalFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  JournalFolder(const JournalFolder&) = delete;
  JournalFolder& operator=(const JournalFolder&) = delete;
  std::string file() const { return path_ / "state.db"; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A step of the rule "rule" as its group reports it.
inline Outcome outcome_of(const Step& step, std::int64_t time) {
  Outcome outcome;
  outcome.group = "group";
  for (const std::string& key : step.changed) {
    outcome.changes.push_back(StoredChange{"rule", key, step.alerts.at(key)});
  }
  for (const std::string& key : step.removed) {
    outcome.changes.push_back(StoredChange{"rule", key, std::nullopt});
  }
  for (const Transition& transition : step.transitions) {
    outcome.transitions.push_back(RuleTransition{"rule", "Down", "up == 0", transition});
  }
  for (const auto& [key, alert] : step.alerts) {
    if (alert.state == AlertState::kPending) outcome.followed_until = time;
  }
  return outcome;
}

}  // namespace hitwatch::alerting
