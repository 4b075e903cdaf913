#include "agent/rules/state_keeper.h"

#include <filesystem>
#include <utility>

#include "rules/alerting/reload.h"

namespace hitwatch::rules {

void StateKeeper::open(std::vector<std::unique_ptr<alerting::Group>>& groups, std::int64_t now) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder_, ignored)) {
    log_.warn("there is no folder for states of alerts: a restart forgets them",
              {{"storage.path", folder_}});
    return;
  }
  alerting::Journal::Options options;
  options.max_bytes = max_bytes_;
  journal_ = std::make_unique<alerting::Journal>(folder_ + "/state.db", options);
  auto opened = journal_->open(now);
  if (!opened) {
    log_.error("states of alerts are kept in memory only", {{"reason", opened.error().text}});
    failing_ = true;
    return;
  }
  if (!opened->set_aside.empty()) {
    log_.error("the file of states is damaged and was set aside", {{"file", opened->set_aside}});
  }
  record(alerting::restore(groups, std::move(opened->survivors), now));
}

void StateKeeper::record(const alerting::Outcome& outcome) {
  for (const alerting::RuleTransition& change : outcome.transitions) log_change(change);
  if (journal_ == nullptr) {
    std::vector<alerting::NumberedTransition> changes;
    for (const alerting::RuleTransition& change : outcome.transitions)
      changes.push_back({0, change});
    if (!changes.empty()) hand_on_(std::move(changes));
    return;
  }
  const auto committed = journal_->commit(outcome);
  if (!committed && !failing_) {
    log_.error("states of alerts cannot be stored and are kept in memory",
               {{"reason", committed.error().text}});
  } else if (committed && failing_) {
    log_.info("states of alerts are stored again");
  }
  failing_ = !committed;
  tell();
}

// After a restart also of what the daemon before had recorded, and logged.
void StateKeeper::tell() {
  std::vector<alerting::NumberedTransition> changes;
  for (const alerting::NumberedTransition& numbered : journal_->untold()) {
    if (numbered.number <= handed_on_) continue;
    handed_on_ = numbered.number;
    changes.push_back(numbered);
  }
  if (!changes.empty()) hand_on_(std::move(changes));
}

void StateKeeper::taken(std::int64_t number) {
  // An error shows in `behind`, and the next commit tries again.
  if (journal_ != nullptr) static_cast<void>(journal_->told(number));
}

void StateKeeper::log_change(const alerting::RuleTransition& change) {
  const alerting::Transition& transition = change.transition;
  const bool fires = transition.to == alerting::AlertState::kFiring;
  if (!fires && transition.from != alerting::AlertState::kFiring) return;
  metrics::Labels labels = transition.alert.labels;
  // Tenants are named to those who are told, not in the log.
  std::erase_if(labels, [](const metrics::Label& label) { return label.name == "tenant"; });
  log_.info(fires ? "an alert fires" : "an alert is resolved",
            {{"alert", alerting::describe(labels)}, {"reason", transition.reason}});
}

StateKeeper::Figures StateKeeper::figures() const {
  if (journal_ == nullptr) return {};
  return {journal_->writes(), journal_->dropped(), journal_->behind()};
}

}  // namespace hitwatch::rules
