// Which server follows which, by what both sides say of it. Pure; the time it takes grows with the
// number of servers and of what they list.
//
// A replica says the address of its master, and the master lists the addresses of its replicas.
// Either may be another than the one by which the server is watched: a name and an IP address, the
// loopback as seen from the other's host, an announced address, a port that is mapped. So a server
// is known by the address it is watched at, by its name if that is an address, and by the IP
// address of the connection to it. A master that is not found so is looked for by the replication
// id, which all share that hold the same data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "collectors/redis/replication.h"

namespace hitwatch {

struct ReplicatedServer {
  using Facts = std::shared_ptr<const redis::Replication>;

  std::string name;  // the target's
  std::string host;  // it is watched at; "" for a socket
  int port = 0;
  std::string peer;   // IP address of the connection to it; "" if unknown
  std::string group;  // its place, as sentinels or the cluster told: see redis::Place
  std::string role;
  std::string shard;
  std::string source;
  metrics::Labels labels;  // of its series, `role` among them; without `instance`
  std::string state;       // state_word() of its last poll
  Facts latest;            // of its last poll; null if it was down
  Facts known;             // of the last poll in which it was up
  Facts earlier;           // of one a second or more before `latest`, if it was up then

  bool up() const { return latest != nullptr; }
};

// Who said it.
enum class LagSource : std::uint8_t {
  kNobody,   // it is not known
  kMaster,   // the master, of the replica that it lists
  kReplica,  // the replica itself
  kPolls     // each its own offset, in polls of different moments: what was written between counts
};
std::string_view lag_source_word(LagSource source);  // "", "master", "replica", "polls"

// From a server to one that it follows, or is said to.
struct ReplicationLink {
  static constexpr std::size_t kNotWatched = static_cast<std::size_t>(-1);

  std::size_t replica = 0;           // among the servers
  std::size_t master = kNotWatched;  // among the servers
  std::string master_address;        // host:port, as the replica says it
  bool told = true;  // by the replica; false: only the master, sentinels or the cluster say so
  bool up = false;   // as the replica says, or said when it was last up
  bool syncing = false;
  double down_seconds = -1;
  std::string listed_state;  // as the master lists it: "online", "send_bulk", …; "" if it does not
  std::string listed_as;     // the address in the master's list, where it is none of the replica's
  std::int64_t lag_bytes = -1;  // -1: not known
  LagSource lag_bytes_from = LagSource::kNobody;
  double lag_seconds = -1;
  LagSource lag_seconds_from = LagSource::kNobody;
  // Both answer, and the master lists no such replica: in their last polls, and in earlier ones.
  bool unlisted = false;
};

// What a master lists and no server is.
struct UnwatchedReplica {
  std::size_t master = 0;
  std::string address;
  redis::ListedReplica listed;
  std::int64_t lag_bytes = -1;
};

struct ReplicationLinks {
  std::vector<ReplicationLink> links;  // by replica, in the order of the servers
  std::vector<UnwatchedReplica> unwatched;
};

ReplicationLinks replication_links(std::span<const ReplicatedServer> servers);

}  // namespace hitwatch
