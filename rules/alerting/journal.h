// What must outlive kill -9: the alerts, and the transitions nobody was told about yet.
//
// One SQLite file (docs/state.md). The changes of an evaluation are one transaction, which is on
// the disk when `commit` returns: whoever tells about a transition does so afterwards. An
// evaluation that changed nothing writes nothing.
//
// The journal holds in memory what is in the file. If the file cannot be written (full disk, lock),
// every call says so and goes on from memory; what is missing in the file is written with the next
// commit that works. One thread at a time. Times are passed in.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/sqlite/state_file.h"
#include "rules/alerting/group.h"
#include "rules/alerting/reload.h"

namespace hitwatch::alerting {

using JournalError = sqlite::FileError;

// A transition and its number. Numbers grow, and none is given twice, even if the file is lost.
struct NumberedTransition {
  std::int64_t number = 0;
  RuleTransition transition;
};

class Journal {
 public:
  struct Options {
    std::size_t max_untold = 100'000;  // beyond, the oldest are dropped and counted
    std::uint64_t max_bytes = 256U << 20;
    int busy_timeout_ms = 2'000;
  };

  explicit Journal(std::string path, Options options);
  explicit Journal(std::string path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Once, before anything else. Reads what a former daemon left. A file that is damaged is renamed
  // to `PATH.corrupt-NOW`, and a new one begun: `set_aside` tells. After an error the journal works
  // from memory, and tries to open the file again at every commit.
  struct Opened {
    Survivors survivors;
    std::string set_aside;  // the damaged file's new name
  };
  std::expected<Opened, JournalError> open(std::int64_t now);

  // Stores an evaluation's outcome and numbers its transitions, also if there is an error.
  std::expected<void, JournalError> commit(const Outcome& outcome);

  // The transitions not yet told, the oldest first.
  const std::deque<NumberedTransition>& untold() const { return untold_; }
  // All up to this number were told.
  std::expected<void, JournalError> told(std::int64_t number);

  std::uint64_t dropped() const { return dropped_; }
  // Whether the file lacks something that memory has.
  bool behind() const;
  std::uint64_t writes() const { return writes_; }  // transactions so far

 private:
  using AlertKey = std::pair<std::string, std::string>;  // identity of the rule, key of the alert

  std::expected<void, JournalError> open_file();
  std::expected<void, JournalError> read_rows();
  std::expected<void, JournalError> read_earlier_transitions();
  std::expected<void, JournalError> write();
  std::expected<void, JournalError> write_transaction();
  sqlite::Result<void> write_rows(sqlite3* database);
  void remember(const Outcome& outcome);
  void forget_until(std::int64_t number);
  void everything_is_unwritten();

  Options options_;
  sqlite::StateFile file_;
  std::int64_t opened_at_ = 0;
  std::map<AlertKey, Alert> alerts_;
  std::map<std::string, std::int64_t> followed_until_;
  std::deque<NumberedTransition> untold_;
  std::int64_t next_number_ = 1;
  std::uint64_t dropped_ = 0;
  std::uint64_t writes_ = 0;
  // What the file does not have yet.
  bool replace_ = false;  // its alerts are not those of memory at all
  std::set<AlertKey> unwritten_alerts_;
  std::set<std::string> unwritten_groups_;
  std::int64_t written_number_ = 0;    // transitions up to this one are in the file
  std::int64_t forgotten_number_ = 0;  // those up to this one were told or dropped
  bool unwritten_forgotten_ = false;
};

}  // namespace hitwatch::alerting
