// Says in the log that a receiver does not accept notifications, once, and that it does again.
// Reasons have no secrets (see `judge`). One thread at a time.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "agent/notify/outbox.h"

namespace hitwatch::notify {

class TroubleLog {
 public:
  explicit TroubleLog(log::Log& log) : log_(log) {}

  void note(const Destination& destination, const Verdict& verdict);
  // Of others nothing more is said.
  void keep(const std::vector<Destination>& destinations);

 private:
  log::Log& log_;
  std::set<Destination> failing_;
};

}  // namespace hitwatch::notify
