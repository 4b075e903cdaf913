// What a server says of its replication: INFO replication, and the counts of resynchronisations.
//
// https://redis.io/docs/latest/commands/info/. Texts are "" and numbers -1 where nothing is said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hitwatch::redis {

// A replica as its master lists it.
struct ListedReplica {
  std::string host;
  int port = 0;
  std::string state;         // "online", "wait_bgsave", "send_bulk", …
  std::int64_t offset = -1;  // that it has confirmed
  double lag = -1;           // seconds since it did
};

// What a replica says of a master; a replica of KeyDB may have several.
struct MasterLink {
  std::string host;
  int port = 0;
  bool up = false;
  bool syncing = false;      // a full copy is on its way
  double last_io = -1;       // seconds since anything came
  double down_since = -1;    // seconds since the link broke
  std::int64_t offset = -1;  // that has been applied
};

struct Replication {
  // Beyond these, what a server lists is not kept.
  static constexpr std::size_t kMostReplicas = 10'000;
  static constexpr std::size_t kMostMasters = 64;
  static constexpr std::size_t kLongestText = 255;  // of a host; it is cut

  std::string role;          // "master", "slave", "active-replica" (KeyDB)
  int tcp_port = 0;          // that the server itself listens on
  std::string id;            // master_replid: of the history that its data are of
  std::string former_id;     // master_replid2: the one before, up to `former_offset`
  std::int64_t offset = -1;  // master_repl_offset
  std::int64_t former_offset = -1;
  std::vector<MasterLink> masters;
  std::vector<ListedReplica> replicas;
  std::int64_t connected = -1;  // connected_slaves: may be more than are listed
  // Since it started or CONFIG RESETSTAT, of its replicas.
  std::int64_t full_syncs = -1;
  std::int64_t partial_syncs = -1;
  std::int64_t partial_syncs_denied = -1;
};

}  // namespace hitwatch::redis
