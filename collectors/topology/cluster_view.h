// A Redis Cluster as one of its nodes sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/url.h"

namespace hitwatch::topology {

inline constexpr int kClusterSlots = 16384;
// A node that tells of more is not believed: Redis recommends at most a thousand.
inline constexpr std::size_t kMostClusterNodes = 1000;

struct SlotRange {
  int first = 0;
  int last = 0;  // part of it
  bool operator==(const SlotRange&) const = default;
};
using SlotRanges = std::vector<SlotRange>;  // ascending

struct ClusterNode {
  std::string id;
  std::string ip;        // "" unknown
  std::string hostname;  // "" none
  // The preferred endpoint, where the node said which that is: "" is the address that was asked,
  // "?" one that is not known.
  std::optional<std::string> endpoint;
  std::uint16_t port = 0;      // 0 none
  std::uint16_t tls_port = 0;  // 0 none, or `port` is that already
  std::string master;          // of a replica: its master's id, "" unknown
  std::string shard_id;        // "" where the server does not tell
  std::string flags;           // as CLUSTER NODES has them, without `myself`
  bool replica = false;
  bool failed = false;      // the cluster agreed on it
  bool suspected = false;   // by the node that was asked, which may be it that has lost the others
  bool handshake = false;   // not yet known to be a node at all
  bool no_address = false;  // nobody knows where it is, so nobody can reach it
  std::uint64_t epoch = 0;  // of its configuration
  SlotRanges slots;

  bool gone() const { return failed || no_address; }
  bool operator==(const ClusterNode&) const = default;
};

struct ClusterView {
  std::vector<ClusterNode> nodes;  // by id
  std::string myself;              // the id of the node that was asked; "" unknown
  std::size_t open_slots = 0;      // that it is importing or migrating

  const ClusterNode* find(std::string_view id) const;
  // The highest epoch of a node's configuration: whose view has a higher one knows more.
  std::uint64_t epoch() const;
};

// Sorts the nodes and joins adjacent slots. Fails with a sentence where the view is none that a
// cluster could have: an id twice, a slot at two nodes, too many nodes.
std::expected<ClusterView, std::string> checked_view(ClusterView view);

// By slot the index of the node that serves it, or kNobody.
inline constexpr std::uint16_t kNobody = 0xffff;
std::vector<std::uint16_t> slot_owners(const ClusterView& view);

// Where the node is reached by others, as it is announced. `asked` is the address that the view
// came from; it also says whether TLS is wanted. Nothing where the node has no address.
std::optional<net::RedisUrl> announced_address(const ClusterNode& node, const net::RedisUrl& asked);

// What nodes of one cluster agree on once its gossip has settled: members, roles, failures, slots.
// Equal views have the same number, in this process.
std::size_t fingerprint(const ClusterView& view);

int count_slots(const SlotRanges& ranges);
// "0-99,200"; past `most` ranges their number: "0-99,200,… (7 more)".
std::string slots_text(const SlotRanges& ranges, std::size_t most = kClusterSlots);

}  // namespace hitwatch::topology
