// What a poll of a target comes to.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/metrics/snapshot.h"
#include "agent/net/error.h"
#include "collectors/redis/poll_record.h"
#include "collectors/redis/recording.h"
#include "collectors/redis/replication.h"
#include "collectors/redis/server_changes.h"

namespace hitwatch::redis {

// What is known of a target besides its samples.
struct TargetState {
  bool up = false;   // INFO was answered in the last poll
  net::Error error;  // of the last poll; Reason::kNone if all of it went well
  std::chrono::system_clock::time_point last_poll;
  std::chrono::duration<double> last_duration{};
  // From when it was due to its start; nothing for a poll that somebody asked for.
  std::optional<std::chrono::duration<double>> lateness;
  std::map<std::string, std::string> unavailable;  // collector → what the server said
  std::uint64_t series_dropped = 0;  // in this poll, past a bound or without a valid name
  std::string version;
  std::string role;
  std::string mode;
  // Since the server started or CONFIG RESETSTAT, without those that are known to be our own looks
  // at keys.
  double keyspace_hits = 0;
  double keyspace_misses = 0;
  // As INFO gives them: with our own.
  double counted_hits = 0;
  double counted_misses = 0;
  double commands_processed = 0;
  std::chrono::system_clock::time_point counted_at;  // when INFO's answer was read
  double keys = 0;
  std::string run_id;
  double used_memory = 0;
  double ops_per_second = 0;
  // Of CLUSTER INFO; -1 where the server did not say.
  double cluster_epoch = -1;
  double cluster_slots_ok = -1;
  double cluster_nodes = -1;
  std::string peer;  // the server's IP address, or the path of its socket; "" if unknown
  std::shared_ptr<const Replication> replication;  // null if it is down
};

// What a poll is the first to see of the slow log: at most its kMostSlowCommands newest entries. Of
// a log that was not looked at before, the newest one.
struct SlowCommands {
  std::string run;                    // the server's run id, or the target's name where it has none
  std::vector<SlowCommand> commands;  // without `ended`
};

// The outcome of one poll. Immutable.
struct PollResult {
  std::shared_ptr<const metrics::Snapshot> snapshot;
  std::shared_ptr<const TargetState> state;
  std::shared_ptr<const PollRecord> record = nullptr;  // with PollOptions::record
  std::shared_ptr<const SlowCommands> slow = nullptr;  // null for none
  std::vector<ServerChange> changes = {};
};

}  // namespace hitwatch::redis
