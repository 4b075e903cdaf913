// What INFO says that matters for looking at keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::keyspace {

struct DatabaseSize {
  int index = 0;
  std::uint64_t keys = 0;
  std::uint64_t expires = 0;
};

struct ServerFacts {
  std::string run_id;
  std::string role;  // "master", "slave"; "" on a sentinel
  bool sentinel = false;
  bool loading = false;
  // Each slot of the cluster has a hash table of its own, so that what SCAN answers to a made-up
  // cursor is one slot's keys, whose tenants are related (Redis 7.4, Valkey 8).
  bool table_per_slot = false;
  // Of a cluster: keys may be asked about only after READONLY.
  bool cluster_replica = false;
  std::optional<std::uint64_t> used_memory_dataset;
  double lookups = 0;  // keyspace_hits + keyspace_misses
  double uptime_seconds = 0;
  double operations_per_second = 0;
  std::vector<DatabaseSize> databases;  // those with keys, by index
};

ServerFacts read_facts(std::string_view info);

}  // namespace hitwatch::keyspace
