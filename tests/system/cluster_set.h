// A real Redis Cluster on the loopback.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {

// A node that belongs to no cluster yet, with a node timeout of half a second.
std::unique_ptr<RedisServer> cluster_node(std::vector<std::string> arguments = {});

// What a node says of a node, in a line of CLUSTER NODES.
struct ClusterLine {
  std::string id;
  int port = 0;
  std::string flags;
  std::string master;  // its id, or "-"
  std::string slots;

  bool is(std::string_view flag) const { return flags.find(flag) != std::string::npos; }
};

class ClusterSet {
 public:
  // `shards` masters with `replicas` each, made by redis-cli; all of them agree when constructed.
  ClusterSet(int shards, int replicas, std::vector<std::string> arguments = {});

  std::vector<std::unique_ptr<RedisServer>> nodes;

  RedisServer& at(int port) const;
  // Cuts a node off, as a broken network would: it neither answers nor goes.
  void cut_off(int port);
  void reconnect(int port);
  // The view of the first node that runs and is not cut off.
  std::vector<ClusterLine> lines() const;
  ClusterLine line(int port) const;
  // Nodes that serve slots, and the replicas of one.
  std::vector<ClusterLine> masters() const;
  std::vector<ClusterLine> replicas_of(const std::string& id) const;
  // Waits until every node sees every node, all slots served, and none failed.
  bool settles() const;

 private:
  std::set<int> cut_off_;  // ports
};

}  // namespace hitwatch::test
