#include "rules/alerting/journal.h"

#include <algorithm>
#include <iterator>

#include "rules/alerting/journal_rows.h"
#include "rules/alerting/rule.h"

namespace hitwatch::alerting {

Journal::Journal(std::string path, Options options)
    : options_(options),
      file_(std::move(path), kJournalSchema, {options.max_bytes, options.busy_timeout_ms}) {}

Journal::Journal(std::string path) : Journal(std::move(path), Options()) {}

Journal::~Journal() = default;

std::expected<Journal::Opened, JournalError> Journal::open(std::int64_t now) {
  opened_at_ = now;
  next_number_ = std::max<std::int64_t>(1, now);
  written_number_ = next_number_ - 1;
  Opened opened;
  auto result = open_file();
  if (!result && result.error().kind == JournalError::Kind::kCorrupt) {
    auto aside = file_.set_aside(opened_at_);
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

std::expected<void, JournalError> Journal::open_file() {
  auto ready = file_.open();
  if (ready) ready = read_rows();
  if (!ready) file_.close();
  return ready;
}

std::expected<void, JournalError> Journal::read_rows() {
  if (!replace_) {
    auto alerts = read_alerts(file_.database());
    if (!alerts) return std::unexpected(file_.error(alerts.error()));
    alerts_ = *std::move(alerts);
    sqlite::Statement groups(file_.database(), "SELECT rule_group, until FROM followed");
    while (true) {
      const auto row = groups.step();
      if (!row) return std::unexpected(file_.error(row.error()));
      if (!*row) break;
      std::string group = groups.text();
      followed_until_[std::move(group)] = groups.number();
    }
  }
  return read_earlier_transitions();
}

// Those that a former daemon left. Of this one's, none is older than when it opened the journal.
std::expected<void, JournalError> Journal::read_earlier_transitions() {
  auto transitions = read_transitions(file_.database());
  if (!transitions) return std::unexpected(file_.error(transitions.error()));
  const auto last = sqlite::query_number(
      file_.database(), "SELECT seq FROM sqlite_sequence WHERE name = 'transition'");
  if (!last) return std::unexpected(file_.error(last.error()));
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
  if (!file_.is_open()) {
    replace_ = true;
    if (const auto opened = open_file(); !opened) return opened;
    everything_is_unwritten();
  }
  auto written = write_transaction();
  if (!written && written.error().kind == JournalError::Kind::kCorrupt) {
    // What memory has is all that matters, and it is written to a new file.
    if (const auto aside = file_.set_aside(opened_at_); !aside)
      return std::unexpected(aside.error());
    everything_is_unwritten();
    if (const auto opened = open_file(); !opened) return opened;
    written = write_transaction();
  }
  return written;
}

std::expected<void, JournalError> Journal::write_transaction() {
  auto written = file_.transact([this](sqlite3* database) { return write_rows(database); });
  if (!written) return written;
  ++writes_;
  replace_ = false;
  unwritten_alerts_.clear();
  unwritten_groups_.clear();
  unwritten_forgotten_ = false;
  written_number_ = next_number_ - 1;
  return {};
}

sqlite::Result<void> Journal::write_rows(sqlite3* database) {
  if (replace_) {
    if (auto done = sqlite::execute(database, "DELETE FROM alert; DELETE FROM followed"); !done) {
      return done;
    }
  }
  AlertRows rows(database);
  for (const AlertKey& key : unwritten_alerts_) {
    const auto found = alerts_.find(key);
    auto done = found != alerts_.end() ? rows.write(key.first, found->second)
                                       : rows.remove(key.first, labels_of_key(key.second));
    if (!done) return done;
  }
  sqlite::Statement followed(database,
                             "INSERT OR REPLACE INTO followed (rule_group, until) VALUES (?, ?)");
  for (const std::string& group : unwritten_groups_) {
    const auto done = followed.bind(group).bind(followed_until_.at(group)).step();
    if (!done) return std::unexpected(done.error());
  }
  if (unwritten_forgotten_) {
    sqlite::Statement forget(database, "DELETE FROM transition WHERE number <= ?");
    const auto done = forget.bind(forgotten_number_).step();
    if (!done) return std::unexpected(done.error());
  }
  TransitionRows transitions(database);
  const auto first = std::ranges::find_if(untold_, [&](const NumberedTransition& transition) {
    return transition.number > written_number_;
  });
  for (auto next = first; next != untold_.end(); ++next) {
    if (auto done = transitions.write(*next); !done) return done;
  }
  return {};
}

}  // namespace hitwatch::alerting
