// What is asked of a server in a poll, and how the answers become samples.
//
// A Request is a command and the function that reads its reply. `plan()` lists the requests of a
// poll; they go out in one pipelined write. A reader may ask for more by adding to
// Collection::follow_up: those go out in a second write of the same poll.
//
// Nothing here knows connections or does I/O (but for one stat(), see
// CollectOptions::rdb_file_size); readers are pure but for what they change in the Collection they
// are given, and take any reply: one of an unexpected shape adds nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/metrics/snapshot.h"
#include "collectors/redis/families.h"
#include "collectors/redis/probe_ledger.h"
#include "collectors/redis/recording.h"
#include "collectors/redis/replication.h"
#include "collectors/redis/reply.h"
#include "collectors/redis/standing_answers.h"
#include "collectors/redis/target.h"

namespace hitwatch::redis {

// CommandTotals by command as the last INFO had them. A refill allocates only for commands it has
// not seen before.
class CommandTable {
 public:
  void start_refill();
  void set(std::string_view command, CommandTotals totals);
  // nullptr if the last INFO did not have the command.
  const CommandTotals* find(std::string_view command) const;

 private:
  // Past this many, a refill starts from nothing.
  static constexpr std::size_t kKeep = 4096;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Entry {
    CommandTotals totals;
    std::uint64_t refill = 0;
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  std::uint64_t refill_ = 0;
};

// How long the slow log is, while that entry is its newest and the settings stand: it loses some
// when one is added or slowlog-max-len is lowered, else all at once.
struct SlowlogLength {
  std::int64_t newest = -1;  // its id; -1 where there is none
  double length = 0;
};

// What the last INFO said that decides what else is asked, or that other readers need.
struct ServerFacts {
  std::string run_id;
  std::string version;     // redis_version
  int version_number = 0;  // 70015 for 7.0.15
  int valkey_number = 0;   // likewise for valkey_version; 0 if the server is not Valkey
  bool dragonfly = false;
  std::string mode;         // standalone, cluster or sentinel
  std::string role;         // master or slave; "" on sentinels
  std::string master_host;  // of a replica
  std::string master_port;
  bool cluster_enabled = false;
  bool loading = false;
  double keyspace_hits = 0;
  double keyspace_misses = 0;
  double connections_received = 0;                   // total_connections_received
  double commands_processed = 0;                     // total_commands_processed
  std::chrono::system_clock::time_point counted_at;  // when INFO's answer was read
  double total_keys = 0;
  double used_memory = 0;
  double ops_per_second = 0;  // instantaneous_ops_per_sec
  // From CLUSTER INFO of this poll; -1 where the server did not say.
  double cluster_epoch = -1;     // cluster_current_epoch
  double cluster_slots_ok = -1;  // cluster_slots_ok
  double cluster_nodes = -1;     // cluster_known_nodes
  // What grows when something is denied: the sum of acl_access_denied_*, or before 7.2 of the
  // errors that may be denials; -1 where INFO does not tell.
  double acl_denials = 0;
  bool acl_denials_are_errors = false;
  std::int64_t uptime_seconds = 0;
  std::optional<ServerTime> time;   // by its own clock, when it answered INFO
  std::vector<int> seen_databases;  // those that INFO keyspace lists
  Replication replication;
  CommandTable commands;

  // What it answered that holds on from poll to poll.
  int databases = 16;    // from CONFIG GET databases
  std::string dump_dir;  // from CONFIG GET dir and dbfilename, with rdb_file_size
  std::string dump_file;
  StandingAnswers standing;
  std::optional<SlowlogLength> slowlog_length;
  // It was another server that answered.
  void forget_answers();
};

// What must be remembered from poll to poll so that an event is counted once. Belongs to the
// target: it outlives connections and reloads of the configuration.
struct Remembered {
  std::string run_id;                                 // of the server that the rest is about
  bool restarted = false;                             // it started while we watched its address
  std::chrono::system_clock::time_point info_read{};  // when its INFO was last read
  // The newest slow log entry that was counted, -1 for none; nothing until the log was first read.
  std::optional<std::int64_t> slowlog_last_id;
  std::map<std::string, CommandTotals, std::less<>> slowlog;  // by command, since the daemon runs
  // ACL log entry → its count when last seen; nothing until the log was first read.
  std::optional<std::map<std::string, std::int64_t>> acl_log_seen;
  std::chrono::system_clock::time_point acl_log_read{};  // when that was
  std::map<std::string, double, std::less<>> acl_log;    // by reason, since the daemon runs
  double acl_denials = -1;                               // ServerFacts' when the log was last read
  double acl_log_calls = -1;                             // of ACL LOG with that, in commandstats
  std::chrono::system_clock::time_point acl_log_doubted{};  // when it was read for others' calls
  // Lookups of applications: what the server counts less what our looks at keys have added.
  struct Lookups {
    using Counters = std::array<double, 5>;
    struct Count {
      // Of the server's present count those that are not known to be ours: since it started, or
      // CONFIG RESETSTAT. Falls with these only.
      double of_applications = 0;
      std::uint64_t probes = 0;            // of the ledger, when it was last read
      std::uint64_t probes_not_in_it = 0;  // of these, executed before CONFIG RESETSTAT
    };
    // When the server last said its counts; nothing before the first time.
    std::optional<std::chrono::system_clock::time_point> read;
    std::string run_id;
    Counters counters{};  // that tell of CONFIG RESETSTAT
    Count hits;
    Count misses;
  };
  Lookups lookups;
};

struct Collection;

struct Request {
  std::string collector;  // word for redis_collector_unavailable{collector}
  std::vector<std::string> args;
  std::function<void(const Reply&, Collection&)> read;
  // Error replies that are no refusal are part of the answer and go to `read` too.
  bool reads_errors = false;
};

// One poll in the making.
struct Collection {
  metrics::SnapshotBuilder& out;
  const Families& families;
  const CollectOptions& options;
  ServerFacts& server;
  Remembered& remembered;
  std::chrono::system_clock::time_point now;
  std::vector<Request> follow_up;
  ProbeLedger* probes = nullptr;   // of our looks at keys; null for none
  Recording* recording = nullptr;  // null where the poll is not recorded
  // Entries of the slow log that this poll is the first to see, without `ended`.
  std::vector<SlowCommand> slow = {};
};

// The request whose reply fills ServerFacts: INFO. Goes first in every poll.
Request info_request(const CollectOptions& options);

// All other requests for a server of these facts.
std::vector<Request> plan(const ServerFacts& server, const CollectOptions& options);

// To be called when every reply of the poll has been read: adds what depends on several of them.
void finish_collection(Collection& collection);

}  // namespace hitwatch::redis
