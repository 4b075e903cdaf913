#include "rules/alerting/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>

#include "rules/alerting/journal_rows.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {
namespace {

JournalError::Kind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return JournalError::Kind::kFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return JournalError::Kind::kLocked;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return JournalError::Kind::kCorrupt;
    default:
      return JournalError::Kind::kOther;
  }
}

// SQLite's own answer is "ok", or what is damaged.
DatabaseResult<void> check_integrity(sqlite3* database) {
  Statement check(database, "PRAGMA quick_check(1)");
  const auto row = check.step();
  if (!row) return std::unexpected(row.error());
  const std::string text = *row ? check.text() : "no answer";
  if (text == "ok") return {};
  return std::unexpected(DatabaseError{SQLITE_CORRUPT, text});
}

}  // namespace

Journal::Journal(std::string path, Options options) : path_(std::move(path)), options_(options) {}

Journal::Journal(std::string path) : Journal(std::move(path), Options()) {}

Journal::~Journal() {
  close();
  if (lock_ >= 0) ::close(lock_);
}

JournalError Journal::error(const DatabaseError& error) const {
  return {kind_of(error.code), fmt::format("{}: {}", path_, error.text)};
}

std::expected<Journal::Opened, JournalError> Journal::open(std::int64_t now) {
  opened_at_ = now;
  next_number_ = std::max<std::int64_t>(1, now);
  written_number_ = next_number_ - 1;
  Opened opened;
  auto result = open_file();
  if (!result && result.error().kind == JournalError::Kind::kCorrupt) {
    auto aside = set_aside();
    if (!aside) return std::unexpected(aside.error());
    opened.set_aside = *std::move(aside);
    result = open_file();
  }
  if (!result) {
    replace_ = true;
    return std::unexpected(result.error());
  }
  for (const auto& [key, alert] : alerts_) {
    opened.survivors.alerts[key.first].emplace(key.second, alert);
  }
  opened.survivors.followed_until = followed_until_;
  return opened;
}

// Two daemons with one file would overwrite each other's alerts. A lock of its own, because
// SQLite's are held for moments only.
std::expected<void, JournalError> Journal::lock() {
  if (lock_ >= 0) return {};
  const std::string name = path_ + ".lock";
  const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return std::unexpected(JournalError{JournalError::Kind::kOther,
                                        fmt::format("{}: {}", name, std::strerror(errno))});
  }
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return std::unexpected(
        JournalError{JournalError::Kind::kLocked, path_ + ": another process uses it"});
  }
  lock_ = descriptor;
  return {};
}

std::expected<void, JournalError> Journal::open_file() {
  if (const auto locked = lock(); !locked) return locked;
  const int code =
      sqlite3_open_v2(path_.c_str(), &database_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const JournalError failed = error({code, sqlite3_errmsg(database_)});
    close();
    return std::unexpected(failed);
  }
  if (const auto ready = configure(); !ready) {
    close();
    return ready;
  }
  return {};
}

std::expected<void, JournalError> Journal::configure() {
  sqlite3_busy_timeout(database_, options_.busy_timeout_ms);
  sqlite3_extended_result_codes(database_, 1);
  const auto checked = [&](DatabaseResult<void> result) -> std::expected<void, JournalError> {
    if (!result) return std::unexpected(error(result.error()));
    return {};
  };
  constexpr std::uint64_t kPage = 4096;
  const std::string pragmas = fmt::format(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA max_page_count = {};",
      std::max<std::uint64_t>(1, options_.max_bytes / kPage));
  if (auto done = checked(execute(database_, pragmas)); !done) return done;
  if (auto done = checked(check_integrity(database_)); !done) return done;
  if (auto done = checked(prepare_schema(database_)); !done) return done;
  if (!replace_) {
    auto alerts = read_alerts(database_);
    if (!alerts) return std::unexpected(error(alerts.error()));
    alerts_ = *std::move(alerts);
    Statement groups(database_, "SELECT rule_group, until FROM followed");
    while (true) {
      const auto row = groups.step();
      if (!row) return std::unexpected(error(row.error()));
      if (!*row) break;
      std::string group = groups.text();
      followed_until_[std::move(group)] = groups.number();
    }
  }
  return read_earlier_transitions();
}

// Those that a former daemon left. Of this one's, none is older than when it opened the journal.
std::expected<void, JournalError> Journal::read_earlier_transitions() {
  auto transitions = read_transitions(database_);
  if (!transitions) return std::unexpected(error(transitions.error()));
  const auto last =
      query_number(database_, "SELECT seq FROM sqlite_sequence WHERE name = 'transition'");
  if (!last) return std::unexpected(error(last.error()));
  const bool is_first = untold_.empty();
  if (is_first) {
    next_number_ = std::max(next_number_, last->value_or(0) + 1);
    written_number_ = next_number_ - 1;
  }
  const std::int64_t before = is_first ? next_number_ : untold_.front().number;
  std::erase_if(*transitions, [&](const NumberedTransition& transition) {
    return transition.number >= before || transition.number <= forgotten_number_;
  });
  untold_.insert(untold_.begin(), std::make_move_iterator(transitions->begin()),
                 std::make_move_iterator(transitions->end()));
  return {};
}

void Journal::close() {
  sqlite3_close(database_);
  database_ = nullptr;
}

std::expected<std::string, JournalError> Journal::set_aside() {
  close();
  std::string aside;
  // A name that nobody has, so that no earlier one is overwritten.
  for (int i = 0; i < 1000; ++i) {
    aside = fmt::format("{}.corrupt-{}", path_, opened_at_ + i);
    if (::access(aside.c_str(), F_OK) != 0) break;
  }
  if (std::rename(path_.c_str(), aside.c_str()) != 0) {
    return std::unexpected(JournalError{
        JournalError::Kind::kCorrupt,
        fmt::format("{}: damaged, and cannot be renamed: {}", path_, std::strerror(errno))});
  }
  // Without them the old file is as it was at its last checkpoint; with the new one they must not
  // be found.
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string from = path_ + suffix;
    const std::string to = aside + suffix;
    if (std::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return std::unexpected(
          JournalError{JournalError::Kind::kCorrupt,
                       fmt::format("{}: cannot be renamed: {}", from, std::strerror(errno))});
    }
  }
  return aside;
}

void Journal::forget_until(std::int64_t number) {
  while (!untold_.empty() && untold_.front().number <= number) untold_.pop_front();
  forgotten_number_ = std::max(forgotten_number_, number);
  unwritten_forgotten_ = true;
}

void Journal::remember(const Outcome& outcome) {
  for (const StoredChange& change : outcome.changes) {
    const AlertKey key(change.rule, change.key);
    if (change.alert) {
      alerts_.insert_or_assign(key, *change.alert);
    } else if (alerts_.erase(key) == 0 && !replace_ && !unwritten_alerts_.contains(key)) {
      continue;  // it began and ended in between
    }
    unwritten_alerts_.insert(key);
  }
  if (outcome.followed_until) {
    followed_until_[outcome.group] = *outcome.followed_until;
    unwritten_groups_.insert(outcome.group);
  }
  for (const RuleTransition& transition : outcome.transitions) {
    untold_.push_back(NumberedTransition{next_number_++, transition});
  }
  while (untold_.size() > options_.max_untold) {
    forget_until(untold_.front().number);
    ++dropped_;
  }
}

bool Journal::behind() const {
  return replace_ || !unwritten_alerts_.empty() || !unwritten_groups_.empty() ||
         unwritten_forgotten_ || written_number_ + 1 < next_number_;
}

void Journal::everything_is_unwritten() {
  replace_ = true;
  for (const auto& [key, alert] : alerts_) unwritten_alerts_.insert(key);
  for (const auto& [group, until] : followed_until_) unwritten_groups_.insert(group);
  if (!untold_.empty()) written_number_ = untold_.front().number - 1;
}

std::expected<void, JournalError> Journal::commit(const Outcome& outcome) {
  remember(outcome);
  return behind() ? write() : std::expected<void, JournalError>();
}

std::expected<void, JournalError> Journal::told(std::int64_t number) {
  const std::size_t before = untold_.size();
  if (before > 0 && untold_.front().number <= number) {
    forget_until(std::min(number, untold_.back().number));
  }
  return behind() ? write() : std::expected<void, JournalError>();
}

std::expected<void, JournalError> Journal::write() {
  if (database_ == nullptr) {
    replace_ = true;
    if (const auto opened = open_file(); !opened) return opened;
    everything_is_unwritten();
  }
  auto written = write_transaction();
  if (!written && written.error().kind == JournalError::Kind::kCorrupt) {
    // What memory has is all that matters, and it is written to a new file.
    if (const auto aside = set_aside(); !aside) return std::unexpected(aside.error());
    everything_is_unwritten();
    if (const auto opened = open_file(); !opened) return opened;
    written = write_transaction();
  }
  return written;
}

std::expected<void, JournalError> Journal::write_transaction() {
  auto done = execute(database_, "BEGIN IMMEDIATE");
  if (done) done = write_rows();
  if (done) done = execute(database_, "COMMIT");
  if (!done) {
    const JournalError failed = error(done.error());
    // Some errors have rolled it back already; then this one says that there is nothing.
    static_cast<void>(execute(database_, "ROLLBACK"));
    return std::unexpected(failed);
  }
  ++writes_;
  replace_ = false;
  unwritten_alerts_.clear();
  unwritten_groups_.clear();
  unwritten_forgotten_ = false;
  written_number_ = next_number_ - 1;
  return {};
}

DatabaseResult<void> Journal::write_rows() {
  if (replace_) {
    if (auto done = execute(database_, "DELETE FROM alert; DELETE FROM followed"); !done) {
      return done;
    }
  }
  AlertRows rows(database_);
  for (const AlertKey& key : unwritten_alerts_) {
    const auto found = alerts_.find(key);
    auto done = found != alerts_.end() ? rows.write(key.first, found->second)
                                       : rows.remove(key.first, labels_of_key(key.second));
    if (!done) return done;
  }
  Statement followed(database_,
                     "INSERT OR REPLACE INTO followed (rule_group, until) VALUES (?, ?)");
  for (const std::string& group : unwritten_groups_) {
    const auto done = followed.bind(group).bind(followed_until_.at(group)).step();
    if (!done) return std::unexpected(done.error());
  }
  if (unwritten_forgotten_) {
    Statement forget(database_, "DELETE FROM transition WHERE number <= ?");
    const auto done = forget.bind(forgotten_number_).step();
    if (!done) return std::unexpected(done.error());
  }
  TransitionRows transitions(database_);
  const auto first = std::ranges::find_if(untold_, [&](const NumberedTransition& transition) {
    return transition.number > written_number_;
  });
  for (auto next = first; next != untold_.end(); ++next) {
    if (auto done = transitions.write(*next); !done) return done;
  }
  return {};
}

}  // namespace hitwatch::alerting
