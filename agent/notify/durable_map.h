// What must outlive kill -9, as texts by kind and key, in one SQLite file.
//
// Memory is the authority: `put` and `erase` change it at once, `commit` makes it durable: when
// that has returned, the changes since the last commit are on the disk, all or none. If the file
// cannot be written (full disk, lock, bound), commit says so, everything goes on from memory, and
// the next commit writes what is missing. One thread at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace hitwatch::notify {

class DurableMap {
 public:
  struct Options {
    std::uint64_t max_bytes = 128U << 20;  // of the file
    int busy_timeout_ms = 2'000;
  };
  // The new name of a file that was damaged or not ours, and what is wrong with it; "" if none was.
  struct Opened {
    std::string set_aside;
    std::string reason;
  };

  DurableMap(std::string path, Options options);
  ~DurableMap();
  DurableMap(const DurableMap&) = delete;
  DurableMap& operator=(const DurableMap&) = delete;

  // Once, before anything else: reads what is in the file. A file that is damaged, or of a format
  // that is not ours, is renamed to `PATH.corrupt-NOW` and a new one begun. After an error the map
  // is empty and works from memory; each commit tries to open the file again.
  std::expected<Opened, std::string> open(std::int64_t now);

  void put(std::string_view kind, std::string_view key, std::string value);
  void erase(std::string_view kind, std::string_view key);
  const std::string* find(std::string_view kind, std::string_view key) const;
  // In the order of their keys.
  void for_each(
      std::string_view kind,
      const std::function<void(const std::string& key, const std::string& value)>& visit) const;
  std::size_t size(std::string_view kind) const;

  std::expected<void, std::string> commit();
  bool behind() const;            // memory has what the file lacks
  std::uint64_t bytes() const;    // of keys and values in memory
  std::uint64_t commits() const;  // transactions so far
  // How many files were set aside so far, when it was opened or later, and the last of them.
  std::uint64_t set_asides() const;
  const Opened& last_set_aside() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::notify
