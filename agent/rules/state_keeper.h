// Keeps the states of alerts over restarts, and hands on their changes: the journal at work.
//
// A change is handed on once it is in the journal, which keeps it until `taken` says that somebody
// else does.
//
// Without a folder for the journal, or with one that cannot be written, everything goes on from
// memory, and the log says so. Of the rules' thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/log/log.h"
#include "rules/alerting/group.h"
#include "rules/alerting/journal.h"

namespace hitwatch::rules {

class StateKeeper {
 public:
  using HandOn = std::function<void(std::vector<alerting::NumberedTransition>)>;

  // The journal may take `max_bytes` of the folder. Changes that no journal keeps have the number
  // 0.
  StateKeeper(log::Log& log, std::string folder, std::uint64_t max_bytes, HandOn hand_on)
      : log_(log),
        folder_(std::move(folder)),
        max_bytes_(max_bytes),
        hand_on_(std::move(hand_on)) {}

  // Once, with the first groups: gives them back the alerts that outlived the daemon before.
  void open(std::vector<std::unique_ptr<alerting::Group>>& groups, std::int64_t now);
  // Stores what an evaluation changed and then hands it on.
  void record(const alerting::Outcome& outcome);
  // Changes up to this number need not be handed on again.
  void taken(std::int64_t number);

  struct Figures {
    std::uint64_t writes = 0;
    std::uint64_t dropped = 0;  // changes that were given up before they were told
    bool behind = false;        // the file lacks something that memory has
  };
  Figures figures() const;

 private:
  void tell();
  void log_change(const alerting::RuleTransition& change);

  log::Log& log_;
  const std::string folder_;
  const std::uint64_t max_bytes_;
  const HandOn hand_on_;
  std::unique_ptr<alerting::Journal> journal_;  // none without a folder
  std::int64_t handed_on_ = 0;                  // the number of the last change
  bool failing_ = false;
};

}  // namespace hitwatch::rules
