// Which of many targets may hold the same keys as one of them, without looking at all: those of its
// group and shard, those that said the same replication id, and those at addresses that it
// announced.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/keyspace_source.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// Not thread-safe. Targets are known by their numbers: in the order in which they were added.
class KeyspacePeers {
 public:
  void add(const redis::Target& target, const Replication* said);
  // What a target last said; null for nothing that holds.
  void note(std::size_t number, const Replication* said);
  // The peers of one that last said `said`, ascending.
  std::vector<std::size_t> of(std::size_t number, const Replication* said) const;

 private:
  using Shard = std::pair<std::string, std::string>;  // group and shard
  struct Known {
    Shard shard;
    std::string id;
  };
  std::vector<Known> known_;
  std::map<Shard, std::set<std::size_t>> by_shard_;
  std::unordered_map<std::string, std::set<std::size_t>> by_id_;
  std::unordered_map<std::string, std::set<std::size_t>> by_address_;
};

}  // namespace hitwatch
