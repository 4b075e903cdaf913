// Keeps the ledger of our own looks at keys over a restart of the daemon: without it a server's
// hits that were ours would be taken for its applications'.
#pragma once

#include <string>

#include "agent/log/log.h"
#include "collectors/redis/probe_ledger.h"

namespace hitwatch {

// A file `probes.json` in a folder that need not be there. Not thread-safe.
class ProbeMemory {
 public:
  static constexpr std::size_t kMaxBytes = 4U << 20;

  // Both must outlive this.
  ProbeMemory(std::string folder, redis::ProbeLedger& ledger, log::Log& log);

  // Fills the ledger from the file, if there is one. A file that cannot be read is logged and left.
  void load();
  // Writes what has changed since; at once or not at all. Logs the first failure only.
  void save();

 private:
  const std::string folder_;
  redis::ProbeLedger& ledger_;
  log::Log& log_;
  redis::ProbeLedger::State saved_;
  bool failed_ = false;
};

}  // namespace hitwatch
