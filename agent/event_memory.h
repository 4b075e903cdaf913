// Keeps over a restart of the daemon which entries of the servers' logs have been told of, so that
// none is told twice.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "agent/log/log.h"
#include "collectors/redis/event_ledger.h"

namespace hitwatch {

// A file `events.json` in a folder that need not be there.
class EventMemory {
 public:
  static constexpr std::size_t kMaxBytes = 128U << 20;  // more than the ledger can hold

  // Both must outlive this.
  EventMemory(std::string folder, redis::EventLedger& ledger, log::Log& log);

  // Once: fills the ledger from the file, if there is one, and tells it whether it can be kept at
  // all. A file that cannot be read is logged and begun anew. Further calls do nothing.
  void begin();
  // Any thread: writes what was settled since; at once or not at all.
  void save();

 private:
  const std::string folder_;
  redis::EventLedger& ledger_;
  log::Log& log_;
  std::mutex mutex_;
  std::uint64_t saved_ = 0;  // of the ledger's settlements
  bool begun_ = false;
  bool failed_ = false;
};

}  // namespace hitwatch
