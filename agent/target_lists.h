// Target lists in files (`targets: - file: GLOB`), read again when they change.
#pragma once

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

  // Looks at the files that the globs match now; answers whether any came, went or changed since
  // the last look. A file that cannot be read or has a fault is logged and keeps the targets it
  // had.
  bool look(const std::vector<config::TargetFiles>& globs);
  // All targets of all files, in the order of the files' names.
  std::vector<redis::Target> targets() const;

 private:
  struct List {
    std::string signature;  // of the file's state when it was read
    std::vector<redis::Target> targets;
  };
  log::Log& log_;
  std::map<std::string, List> lists_;
};

// The targets of the configuration, of the lists, and those discovered, with credentials applied.
// One that is there already, by name, is left out and logged.
std::vector<redis::Target> all_targets(const config::Config& config, const TargetLists& lists,
                                       const std::vector<redis::Target>& discovered, log::Log& log);

}  // namespace hitwatch
