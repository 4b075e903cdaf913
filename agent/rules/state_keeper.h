// Keeps the states of alerts over restarts, and tells of their changes: the journal at work.
//
// Without a folder for the journal, or with one that cannot be written, everything goes on from
// memory, and the log says so. Of the rules' thread.
#pragma once

#include <cstdint>
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
  // The journal may take `max_bytes` of the folder.
  StateKeeper(log::Log& log, std::string folder, std::uint64_t max_bytes)
      : log_(log), folder_(std::move(folder)), max_bytes_(max_bytes) {}

  // Once, with the first groups: gives them back the alerts that outlived the daemon before.
  void open(std::vector<std::unique_ptr<alerting::Group>>& groups, std::int64_t now);
  // Stores what an evaluation changed and then tells of it.
  void record(const alerting::Outcome& outcome);

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
  std::unique_ptr<alerting::Journal> journal_;  // none without a folder
  bool failing_ = false;
};

}  // namespace hitwatch::rules
