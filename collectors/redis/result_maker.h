// Makes the results of a target's polls: adds what a poll tells of itself to the samples, says what
// is known of the server and what has changed, and logs when it comes up or goes down.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "agent/log/log.h"
#include "agent/metrics/snapshot.h"
#include "agent/net/error.h"
#include "collectors/redis/collect.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/server_changes.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// How a poll went.
struct PollEnd {
  using Clock = std::chrono::steady_clock;

  bool have_info;    // INFO was answered
  net::Error error;  // Reason::kNone if all of it went well
  Clock::time_point began;
  Clock::duration took;
  std::optional<Clock::duration> late_by;  // TargetState::lateness
  double connect_seconds;
  double ping_seconds;
  const std::map<std::string, std::string>& unavailable;
  bool reconnected;  // the connection is new since the poll before, or was lost
  std::string peer;
  bool may_stand_in;  // figures of an earlier poll may
};

class ResultMaker {
 public:
  // `log` must outlive it.
  explicit ResultMaker(log::Log& log) : log_(log) {}

  // Of a poll that has ended. `collection` is finished and of no further use. The result has no
  // record.
  PollResult make(const Target& target, PollEnd end, Collection& collection);

  // See ServerChanges.
  void begin_down() { changes_.begin_down(); }
  bool is_down() const { return changes_.is_down(); }
  // Of the poll before; null before the first.
  const TargetState* last() const { return last_.get(); }

 private:
  void add_own_samples(const PollEnd& end, Collection& collection) const;
  std::shared_ptr<const metrics::Snapshot> snapshot(const PollEnd& end, Collection& collection);
  void log_change(const Target& target, const TargetState& state);

  log::Log& log_;
  std::uint64_t polls_ = 0;
  double seconds_polling_ = 0;
  std::shared_ptr<const metrics::Snapshot> last_good_;
  std::shared_ptr<const TargetState> last_;
  std::set<net::Reason> reasons_told_;  // since it is down
  ServerChanges changes_;
};

}  // namespace hitwatch::redis
