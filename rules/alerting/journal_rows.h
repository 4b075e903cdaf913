// The journal's tables and their rows. docs/state.md describes them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rules/alerting/alert.h"
#include "rules/alerting/database.h"
#include "rules/alerting/journal.h"

namespace hitwatch::alerting {

constexpr std::int64_t kSchemaVersion = 1;
constexpr std::int64_t kApplicationId = 0x68697477;  // "hitw"

// Makes the tables in an empty database. Refuses one of a newer version or of somebody else.
DatabaseResult<void> prepare_schema(sqlite3* database);

class AlertRows {
 public:
  explicit AlertRows(sqlite3* database);
  DatabaseResult<void> write(const std::string& rule, const Alert& alert);
  DatabaseResult<void> remove(const std::string& rule, const metrics::Labels& labels);

 private:
  Statement write_;
  Statement remove_;
};

// By the identity of the rule and the key of the alert. Rows that cannot be understood are left
// out.
DatabaseResult<std::map<std::pair<std::string, std::string>, Alert>> read_alerts(sqlite3* database);

class TransitionRows {
 public:
  explicit TransitionRows(sqlite3* database);
  DatabaseResult<void> write(const NumberedTransition& transition);

 private:
  Statement write_;
};

DatabaseResult<std::vector<NumberedTransition>> read_transitions(sqlite3* database);

}  // namespace hitwatch::alerting
