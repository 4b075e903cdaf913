// The journal's tables and their rows. docs/state.md describes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/sqlite/state_file.h"
#include "rules/alerting/alert.h"
#include "rules/alerting/journal.h"

namespace hitwatch::alerting {

// Version 1 of the tables; the application is "hitw".
extern const sqlite::StateFile::Schema kJournalSchema;

class AlertRows {
 public:
  explicit AlertRows(sqlite3* database);
  sqlite::Result<void> write(const std::string& rule, const Alert& alert);
  sqlite::Result<void> remove(const std::string& rule, const metrics::Labels& labels);

 private:
  sqlite::Statement write_;
  sqlite::Statement remove_;
};

// By the identity of the rule and the key of the alert. Rows that cannot be understood are left
// out.
sqlite::Result<std::map<std::pair<std::string, std::string>, Alert>> read_alerts(sqlite3* database);

class TransitionRows {
 public:
  explicit TransitionRows(sqlite3* database);
  sqlite::Result<void> write(const NumberedTransition& transition);

 private:
  sqlite::Statement write_;
};

sqlite::Result<std::vector<NumberedTransition>> read_transitions(sqlite3* database);

}  // namespace hitwatch::alerting
