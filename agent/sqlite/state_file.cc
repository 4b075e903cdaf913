#include "agent/sqlite/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace hitwatch::sqlite {
namespace {

FileError::Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return FileError::Kind::kFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return FileError::Kind::kLocked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return FileError::Kind::kCorrupt;
    default:
      return FileError::Kind::kOther;
  }
}

// SQLite's own answer is "ok", or what is damaged.
Result<void> check_integrity(sqlite3* database) {
  Statement check(database, "PRAGMA quick_check(1)");
  const auto row = check.step();
  if (!row) return std::unexpected(row.error());
  const std::string text = *row ? check.text() : "no answer";
  if (text == "ok") return {};
  return std::unexpected(Error{SQLITE_CORRUPT, text});
}

}  // namespace

StateFile::StateFile(std::string path, Schema schema, Options options)
    : path_(std::move(path)), schema_(schema), options_(options) {}

StateFile::~StateFile() {
  close();
  if (lock_ >= 0) ::close(lock_);
}

FileError StateFile::error(const Error& error) const {
  return {kind_of(error.code), fmt::format("{}: {}", path_, error.text)};
}

// Two processes with one file would overwrite each other's state. A lock of its own, because
// SQLite's are held for moments only.
FileResult<void> StateFile::lock() {
  if (lock_ >= 0) return {};
  const std::string name = path_ + ".lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return std::unexpected(
        FileError{FileError::Kind::kOther, fmt::format("{}: {}", name, std::strerror(errno))});
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return std::unexpected(
        FileError{FileError::Kind::kLocked, path_ + ": another process uses it"});
  }
  lock_ = descriptor;
  return {};
}

FileResult<void> StateFile::open() {
  if (const auto locked = lock(); !locked) return locked;
  const int code =
      sqlite3_open_v2(path_.c_str(), &database_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  FileResult<void> ready;
  if (code != SQLITE_OK) {
    ready = std::unexpected(error({code, sqlite3_errmsg(database_)}));
  } else {
    ready = configure();
  }
  if (!ready) close();
  return ready;
}

FileResult<void> StateFile::configure() {
  sqlite3_busy_timeout(database_, options_.busy_timeout_ms);
  sqlite3_extended_result_codes(database_, 1);
  const auto run = [&](Result<void> result) -> FileResult<void> {
    if (!result) return std::unexpected(error(result.error()));
    return {};
  };
  if (auto done = run(check_integrity(database_)); !done) return done;
  const auto ready = has_tables();
  if (!ready) return std::unexpected(ready.error());
  constexpr std::uint64_t kPage = 4096;
  // The WAL is cut back after a large transaction. What stays is room for changes when the disk is
  // full.
  if (auto done = run(
          execute(database_, fmt::format("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                                         "PRAGMA journal_size_limit = 4194304; "
                                         "PRAGMA max_page_count = {};",
                                         std::max<std::uint64_t>(1, options_.max_bytes / kPage))));
      !done) {
    return done;
  }
  if (*ready) return {};
  return run(
      execute(database_, fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; "
                                     "PRAGMA user_version = {}; COMMIT;",
                                     schema_.tables, schema_.application_id, schema_.version)));
}

FileResult<std::int64_t> StateFile::pragma(const char* name) {
  const auto value = query_number(database_, fmt::format("PRAGMA {}", name));
  if (!value) return std::unexpected(error(value.error()));
  return value->value_or(0);
}

// False for an empty database, an error for one that is not ours.
FileResult<bool> StateFile::has_tables() {
  const auto version = pragma("user_version");
  if (!version) return std::unexpected(version.error());
  const auto application = pragma("application_id");
  if (!application) return std::unexpected(application.error());
  const bool ours = *application == schema_.application_id;
  if (ours && *version == schema_.version) return true;
  if (ours && *version > schema_.version) {
    return std::unexpected(
        FileError{FileError::Kind::kForeign,
                  fmt::format("{}: written by a newer hitwatch (version {} of its tables, {} is "
                              "the newest known here)",
                              path_, *version, schema_.version)});
  }
  const auto tables = query_number(database_, "SELECT count(*) FROM sqlite_master");
  if (!tables) return std::unexpected(error(tables.error()));
  if (tables->value_or(0) != 0 || *version != 0) {
    return std::unexpected(
        FileError{FileError::Kind::kForeign, path_ + ": is a database of another program"});
  }
  return false;
}

void StateFile::close() {
  sqlite3_close(database_);
  database_ = nullptr;
}

FileResult<void> StateFile::transact(const std::function<Result<void>(sqlite3*)>& write) {
  auto done = execute(database_, "BEGIN IMMEDIATE");
  if (done) done = write(database_);
  if (done) done = execute(database_, "COMMIT");
  if (done) return {};
  const FileError failed = error(done.error());
  // Some errors have rolled it back already; then this one says that there is nothing.
  static_cast<void>(execute(database_, "ROLLBACK"));
  return std::unexpected(failed);
}

FileResult<std::string> StateFile::set_aside(std::int64_t now) {
  close();
  std::string aside;
  // A name that nobody has, so that no earlier one is overwritten.
  for (int i = 0; i < 1000; ++i) {
    aside = fmt::format("{}.corrupt-{}", path_, now + i);
    if (::access(aside.c_str(), F_OK) != 0) break;
  }
  if (std::rename(path_.c_str(), aside.c_str()) != 0) {
    return std::unexpected(FileError{
        FileError::Kind::kCorrupt,
        fmt::format("{}: damaged, and cannot be renamed: {}", path_, std::strerror(errno))});
  }
  // Without them the old file is as it was at its last checkpoint; with the new one they must not
  // be found.
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string from = path_ + suffix;
    const std::string to = aside + suffix;
    if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return std::unexpected(
          FileError{FileError::Kind::kCorrupt,
                    fmt::format("{}: cannot be renamed: {}", from, std::strerror(errno))});
    }
  }
  return aside;
}

}  // namespace hitwatch::sqlite
