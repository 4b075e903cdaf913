// Target lists in files (`targets: - file: GLOB`), read again when they change.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/log/log.h"

namespace hitwatch {

// Not thread-safe; reads files when asked.
class TargetLists {
 public:
  explicit TargetLists(log::Log& log) : log_(log) {}

  enum class Haste : std::uint8_t {
    kNow,
    // A known file that was written in place since the last look, and may be half written, is left
    // as it was until it has been the same for two looks. One that took its place is whole.
    kOnceSettled
  };
  // Looks at the files that the globs match now; answers whether any came, went or changed since
  // the last look. A file that cannot be read or has a fault is logged and keeps the targets it
  // had, of which there are none if it never was without. Of a duplicate in a file the first
  // counts, and the log says so.
  bool look(const std::vector<config::TargetFiles>& globs, Haste haste = Haste::kNow);
  // All targets of all files, in the order of the files' names.
  std::vector<redis::Target> targets() const;

  struct State {
    std::string path;
    bool faulty = false;  // when it was read last
    bool operator==(const State&) const = default;
  };
  // Of all files, in the order of their names.
  std::vector<State> states() const;

 private:
  struct List {
    std::string signature;   // of the file's state when it was read
    std::string settling;    // of its state at the last look, if that was not read
    std::uint64_t file = 0;  // the inode that was read
    bool faulty = false;
    std::vector<redis::Target> targets;
  };
  void read(const std::string& path, List& list);
  log::Log& log_;
  std::map<std::string, List> lists_;
};

}  // namespace hitwatch
