// A SQLite file of this process' state: locked for it alone, checked when it is opened, durable
// after each transaction (WAL, synchronous=FULL), and set aside where it is damaged.
//
// Its owner has in memory what matters, and goes on from there when the file fails. One thread at a
// time.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "agent/sqlite/database.h"

namespace hitwatch::sqlite {

struct FileError {
  enum class Kind : std::uint8_t {
    kFull,     // the disk, or the file's bound
    kLocked,   // by another process
    kCorrupt,  // damaged, or no database at all
    kForeign,  // of another program, or of a newer version of this one
    kOther
  };
  Kind kind = Kind::kOther;
  std::string text;  // with the file's name
};
template <typename T>
using FileResult = std::expected<T, FileError>;

class StateFile {
 public:
  struct Schema {
    std::int64_t application_id = 0;  // tells whose file it is
    std::int64_t version = 1;         // of the tables
    const char* tables = "";          // the statements that make them
  };
  struct Options {
    std::uint64_t max_bytes = 256U << 20;
    int busy_timeout_ms = 2'000;
  };

  StateFile(std::string path, Schema schema, Options options);
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // Locks, opens and checks the file, and makes the tables where there are none. Nothing is changed
  // in a file that is not ours. The lock is held until the destructor, also after an error.
  FileResult<void> open();
  void close();
  bool is_open() const { return database_ != nullptr; }
  sqlite3* database() const { return database_; }

  // All that `write` does is on the disk afterwards, or nothing is.
  FileResult<void> transact(const std::function<Result<void>(sqlite3*)>& write);

  // Closes the file and renames it to `PATH.corrupt-NOW`, or the next such name that nobody has.
  // The new name.
  FileResult<std::string> set_aside(std::int64_t now);

  FileError error(const Error& error) const;

 private:
  FileResult<void> lock();
  FileResult<void> configure();
  FileResult<bool> has_tables();
  FileResult<std::int64_t> pragma(const char* name);

  const std::string path_;
  const Schema schema_;
  const Options options_;
  sqlite3* database_ = nullptr;
  int lock_ = -1;
};

}  // namespace hitwatch::sqlite
