#include "agent/notify/durable_map.h"

#include <algorithm>
#include <set>
#include <utility>

#include "agent/sqlite/state_file.h"

namespace hitwatch::notify {
namespace {

// Version 1; the application is "hitn". With rowid, because values are long: a table without keeps
// no more than a quarter of a page with the key, and gives the rest a page of its own.
constexpr sqlite::StateFile::Schema kMapSchema{0x6869746e, 1, R"(
CREATE TABLE entry (
  kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (kind, key));
)"};

bool is_unusable(const sqlite::FileError& error) {
  return error.kind == sqlite::FileError::Kind::kCorrupt ||
         error.kind == sqlite::FileError::Kind::kForeign;
}

}  // namespace

class DurableMap::Impl {
 public:
  struct Entry {
    std::string value;
    bool stored = false;  // the file has the key, with this or an earlier value
  };
  struct Kind {
    std::map<std::string, Entry, std::less<>> entries;
    // Keys whose entry the file does not have as it is here; those without an entry are to be
    // removed from it.
    std::set<std::string, std::less<>> unwritten;
  };

  Impl(std::string path, Options options)
      : file_(std::move(path), kMapSchema, {options.max_bytes, options.busy_timeout_ms}) {}

  std::expected<Opened, std::string> open(std::int64_t now);
  void put(std::string_view kind, std::string_view key, std::string value);
  void erase(std::string_view kind, std::string_view key);
  const Kind* find(std::string_view kind) const;
  std::expected<void, std::string> commit();
  bool behind() const;
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t set_asides() const { return set_asides_; }
  const Opened& last_set_aside() const { return last_set_aside_; }

 private:
  sqlite::FileResult<void> open_and_read();
  sqlite::FileResult<void> read();
  sqlite::FileResult<void> write();
  sqlite::FileResult<void> set_aside(const std::string& reason, std::int64_t now);
  sqlite::FileResult<void> write_to_new_file(const std::string& reason);
  sqlite::Result<void> write_rows(sqlite3* database);

  sqlite::StateFile file_;
  std::int64_t opened_at_ = 0;
  std::map<std::string, Kind, std::less<>> kinds_;
  std::uint64_t bytes_ = 0;
  std::uint64_t commits_ = 0;
  std::uint64_t set_asides_ = 0;
  Opened last_set_aside_;
};

std::expected<DurableMap::Opened, std::string> DurableMap::Impl::open(std::int64_t now) {
  opened_at_ = now;
  Opened opened;
  auto ready = open_and_read();
  if (!ready && is_unusable(ready.error())) {
    if (auto aside = set_aside(ready.error().text, now); !aside) {
      return std::unexpected(aside.error().text);
    }
    opened = last_set_aside_;
    ready = open_and_read();
  }
  if (!ready) return std::unexpected(ready.error().text);
  return opened;
}

sqlite::FileResult<void> DurableMap::Impl::set_aside(const std::string& reason, std::int64_t now) {
  auto aside = file_.set_aside(now);
  if (!aside) return std::unexpected(std::move(aside.error()));
  last_set_aside_ = {*std::move(aside), reason};
  ++set_asides_;
  return {};
}

sqlite::FileResult<void> DurableMap::Impl::open_and_read() {
  auto ready = file_.open();
  if (ready) ready = read();
  if (!ready) {
    file_.close();
    kinds_.clear();
    bytes_ = 0;
  }
  return ready;
}

sqlite::FileResult<void> DurableMap::Impl::read() {
  sqlite::Statement rows(file_.database(), "SELECT kind, key, value FROM entry");
  while (true) {
    const auto row = rows.step();
    if (!row) return std::unexpected(file_.error(row.error()));
    if (!*row) return {};
    const std::string kind = rows.text();
    std::string key = rows.text();
    std::string value = rows.text();
    bytes_ += key.size() + value.size();
    kinds_[kind].entries.insert_or_assign(std::move(key), Entry{std::move(value), true});
  }
}

void DurableMap::Impl::put(std::string_view kind, std::string_view key, std::string value) {
  auto of = kinds_.find(kind);
  if (of == kinds_.end()) of = kinds_.emplace(kind, Kind()).first;
  auto& [entries, unwritten] = of->second;
  auto entry = entries.find(key);
  if (entry == entries.end()) {
    // One that the file is still to forget is in the file.
    const bool stored = unwritten.contains(key);
    entry = entries.emplace(key, Entry{std::string(), stored}).first;
    bytes_ += key.size();
  } else if (entry->second.value == value) {
    return;
  }
  bytes_ += value.size();
  bytes_ -= entry->second.value.size();
  entry->second.value = std::move(value);
  unwritten.emplace(key);
}

void DurableMap::Impl::erase(std::string_view kind, std::string_view key) {
  const auto of = kinds_.find(kind);
  if (of == kinds_.end()) return;
  auto& [entries, unwritten] = of->second;
  const auto entry = entries.find(key);
  if (entry == entries.end()) return;
  bytes_ -= entry->first.size() + entry->second.value.size();
  if (entry->second.stored) {
    unwritten.insert(entry->first);
  } else {
    unwritten.erase(entry->first);
  }
  entries.erase(entry);
}

const DurableMap::Impl::Kind* DurableMap::Impl::find(std::string_view kind) const {
  const auto of = kinds_.find(kind);
  return of == kinds_.end() ? nullptr : &of->second;
}

bool DurableMap::Impl::behind() const {
  return std::ranges::any_of(kinds_, [](const auto& of) { return !of.second.unwritten.empty(); });
}

std::expected<void, std::string> DurableMap::Impl::commit() {
  auto ready = file_.is_open() ? sqlite::FileResult<void>() : file_.open();
  if (ready && behind()) ready = write();
  if (!ready && is_unusable(ready.error())) ready = write_to_new_file(ready.error().text);
  if (!ready) return std::unexpected(ready.error().text);
  return {};
}

// What memory has is all that matters.
sqlite::FileResult<void> DurableMap::Impl::write_to_new_file(const std::string& reason) {
  if (auto aside = set_aside(reason, opened_at_); !aside) return aside;
  for (auto& [kind, of] : kinds_) {
    of.unwritten.clear();
    for (auto& [key, entry] : of.entries) {
      entry.stored = false;
      of.unwritten.insert(key);
    }
  }
  if (auto opened = file_.open(); !opened) return opened;
  return write();
}

sqlite::FileResult<void> DurableMap::Impl::write() {
  auto written = file_.transact([this](sqlite3* database) { return write_rows(database); });
  if (!written) return written;
  ++commits_;
  for (auto& [kind, of] : kinds_) {
    for (const std::string& key : of.unwritten) {
      const auto entry = of.entries.find(key);
      if (entry != of.entries.end()) entry->second.stored = true;
    }
    of.unwritten.clear();
  }
  return {};
}

// First what goes, so that what comes finds room in a file that is full.
sqlite::Result<void> DurableMap::Impl::write_rows(sqlite3* database) {
  sqlite::Statement remove(database, "DELETE FROM entry WHERE kind = ? AND key = ?");
  sqlite::Statement insert(database,
                           "INSERT INTO entry (kind, key, value) VALUES (?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET value = excluded.value");
  for (const bool removing : {true, false}) {
    for (const auto& [kind, of] : kinds_) {
      for (const std::string& key : of.unwritten) {
        const auto entry = of.entries.find(key);
        if ((entry == of.entries.end()) != removing) continue;
        const auto done = removing ? remove.bind(kind).bind(key).step()
                                   : insert.bind(kind).bind(key).bind(entry->second.value).step();
        if (!done) return std::unexpected(done.error());
      }
    }
  }
  return {};
}

DurableMap::DurableMap(std::string path, Options options)
    : impl_(std::make_unique<Impl>(std::move(path), options)) {}
DurableMap::~DurableMap() = default;

std::expected<DurableMap::Opened, std::string> DurableMap::open(std::int64_t now) {
  return impl_->open(now);
}

void DurableMap::put(std::string_view kind, std::string_view key, std::string value) {
  impl_->put(kind, key, std::move(value));
}

void DurableMap::erase(std::string_view kind, std::string_view key) { impl_->erase(kind, key); }

const std::string* DurableMap::find(std::string_view kind, std::string_view key) const {
  const Impl::Kind* of = impl_->find(kind);
  if (of == nullptr) return nullptr;
  const auto entry = of->entries.find(key);
  return entry == of->entries.end() ? nullptr : &entry->second.value;
}

void DurableMap::for_each(
    std::string_view kind,
    const std::function<void(const std::string& key, const std::string& value)>& visit) const {
  const Impl::Kind* of = impl_->find(kind);
  if (of == nullptr) return;
  for (const auto& [key, entry] : of->entries) visit(key, entry.value);
}

std::size_t DurableMap::size(std::string_view kind) const {
  const Impl::Kind* of = impl_->find(kind);
  return of == nullptr ? 0 : of->entries.size();
}

std::expected<void, std::string> DurableMap::commit() { return impl_->commit(); }
bool DurableMap::behind() const { return impl_->behind(); }
std::uint64_t DurableMap::bytes() const { return impl_->bytes(); }
std::uint64_t DurableMap::commits() const { return impl_->commits(); }
std::uint64_t DurableMap::set_asides() const { return impl_->set_asides(); }
const DurableMap::Opened& DurableMap::last_set_aside() const { return impl_->last_set_aside(); }

}  // namespace hitwatch::notify
