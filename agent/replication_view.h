// The present replication of all targets, made when somebody asks and kept until a poll says
// something new.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/replication.h"
#include "agent/targets.h"
#include "collectors/redis/poll_result.h"
#include "collectors/redis/replication.h"

namespace hitwatch {

// All of it may be called on any thread.
class ReplicationView {
 public:
  using Clock = std::chrono::steady_clock;

  // The outcome of a poll, at this time. Cheap.
  void polled(const std::string& target, const redis::TargetState& state, Clock::time_point now);
  // Forgets other targets.
  void keep_only(const std::set<std::string>& targets);

  // Of these targets; their number decides how long it takes, about a millisecond for a thousand.
  std::shared_ptr<const ReplicationForest> forest(
      const std::shared_ptr<const WatchedTargets>& targets) const;

 private:
  using Facts = std::shared_ptr<const redis::Replication>;
  // Each poll's facts are null where the server was down.
  struct Polls {
    Facts latest;
    Facts known;    // the last that are not null
    Facts earlier;  // of a poll at least a second before the latest
    Facts next_earlier;
    Clock::time_point next_earlier_at;
    std::string peer;
    std::string state;
  };
  std::vector<ReplicatedServer> servers(const WatchedTargets& targets) const;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Polls> polls_;
  std::uint64_t version_ = 0;  // grows with each poll, and when some are forgotten
  mutable std::uint64_t made_of_ = 0;
  mutable std::shared_ptr<const WatchedTargets> made_for_;
  mutable std::shared_ptr<const ReplicationForest> made_;
};

}  // namespace hitwatch
