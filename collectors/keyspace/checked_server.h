// What a round of checks needs to know of its server before it asks about keys.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/keyspace/cluster_slots.h"

namespace hitwatch::keyspace {

struct CheckedServer {
  std::string run_id;
  std::string role;  // "master", "slave" or ""
  std::string mode;  // "standalone", "cluster", "sentinel" or ""
  bool loading = false;
  int version = 0;  // as redis::parse_version
  bool cluster = false;
  std::string eviction_policy;
  // Databases with keys, by INFO; nothing if it did not say.
  std::optional<std::map<int, std::uint64_t>> databases;
  // In a cluster: the node's own slots, if it said.
  std::optional<std::bitset<kSlotsOfCluster>> own_slots;
  bool no_touch = false;  // our connection leaves idle times and frequencies alone

  bool is_replica() const { return role == "slave"; }
  bool has_client_no_touch() const;
  // Whether the server evicts by what touching a key changes. A replica evicts nothing.
  bool touching_matters() const;
  // Whether the server said that the database has keys.
  bool lists(int database) const { return databases && databases->contains(database); }
  bool may_have_keys(int database) const { return !databases || databases->contains(database); }
};

// By the text of INFO. `cut`: only its beginning is there.
CheckedServer read_checked_server(std::string_view info, bool cut);

}  // namespace hitwatch::keyspace
