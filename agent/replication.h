// Who replicates from whom: the servers as trees, from the masters down. Pure.
//
// A server is listed once with those that follow it; where it follows several masters (KeyDB), or
// servers follow each other in a circle, it stands again below each further master, without them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/replication_links.h"

namespace hitwatch {

// A server in its place.
struct ReplicationRow {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t depth = 0;              // 0: the root
  std::size_t server = kNone;         // among the servers; none: it is not watched
  std::size_t link = kNone;           // to the row above it that is one less deep; none: a root
  std::size_t listed = kNone;         // among the unwatched replicas
  std::string name;                   // the target's, or the address
  bool again = false;                 // it stands with its replicas elsewhere
  std::vector<std::string> problems;  // sentences
};

struct ReplicationTree {
  std::string group;
  std::string shard;
  std::string source;                // whose group it is; "" for none
  std::vector<ReplicationRow> rows;  // each followed by those below it
  std::size_t problems = 0;
};

struct ReplicationForest {
  std::vector<ReplicatedServer> servers;
  ReplicationLinks links;
  std::vector<ReplicationTree> trees;  // by their roots' order among the servers
  std::size_t standalone = 0;          // servers that have no part in any
};

// Servers that neither follow nor are followed are in no tree, unless they have a place in a group.
ReplicationForest replication_forest(std::vector<ReplicatedServer> servers);

}  // namespace hitwatch
