#include "collectors/topology/cluster_nodes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "collectors/topology/cluster_words.h"

namespace hitwatch::topology {
namespace {

// What stands before `end`, which is taken off with it; all of it where there is none.
std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

// shard-id=69bc…, tls-port=7001
bool read_pair(std::string_view pair, ClusterNode& node) {
  const std::string_view name = take_until(pair, '=');
  if (name == "shard-id") {
    if (!is_node_id(pair)) return false;
    node.shard_id = pair;
  } else if (name == "tls-port") {
    const auto port = read_port(pair);
    if (!port) return false;
    node.tls_port = *port;
  }
  return true;
}

// ip:port@cport,hostname,name=value… An IPv6 address stands without brackets. What leads nowhere is
// `:0@0`.
bool read_address(std::string_view text, ClusterNode& node) {
  std::string_view address = take_until(text, ',');
  address = address.substr(0, address.find('@'));
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto port = read_port(address.substr(colon + 1));
  const std::string_view ip = address.substr(0, colon);
  if (!port || !is_host(ip)) return false;
  node.ip = ip;
  node.port = *port;
  const std::string_view hostname = take_until(text, ',');
  if (!is_host(hostname)) return false;
  node.hostname = hostname;
  while (!text.empty()) {
    if (!read_pair(take_until(text, ','), node)) return false;
  }
  return true;
}

struct NodeFlag {
  std::string_view word;
  bool ClusterNode::* member;
};

constexpr NodeFlag kNodeFlags[] = {
    {"slave", &ClusterNode::replica},       {"replica", &ClusterNode::replica},
    {"fail", &ClusterNode::failed},         {"fail?", &ClusterNode::suspected},
    {"handshake", &ClusterNode::handshake}, {"noaddr", &ClusterNode::no_address},
};

// myself,master,fail?
bool read_flags(std::string_view text, ClusterNode& node, ClusterView& view) {
  while (!text.empty()) {
    const std::string_view flag = take_until(text, ',');
    if (!is_flag(flag)) return false;
    if (flag == "myself") {
      if (!view.myself.empty()) return false;
      view.myself = node.id;
      continue;
    }
    if (!node.flags.empty()) node.flags += ',';
    node.flags += flag;
    for (const NodeFlag& known : kNodeFlags) {
      if (flag == known.word) node.*known.member = true;
    }
    if (node.flags.size() > kLongestWord) return false;
  }
  return true;
}

// 0-99, 200, or [93-<-id] and [77->-id] for slots on their way.
bool read_slots(std::string_view text, ClusterNode& node, ClusterView& view) {
  if (text.starts_with('[')) {
    if (++view.open_slots > kClusterSlots) return false;
    return text.ends_with(']');
  }
  const std::string_view first = take_until(text, '-');
  const auto begin = read_number(first);
  const auto end = text.empty() ? begin : read_number(text);
  if (!begin || !end || *end >= kClusterSlots || *begin > *end) return false;
  if (node.slots.size() >= kClusterSlots) return false;
  node.slots.push_back({static_cast<int>(*begin), static_cast<int>(*end)});
  return true;
}

// id address flags master ping-sent pong-received epoch link slots…
bool read_node(std::string_view line, ClusterView& view) {
  ClusterNode node;
  const std::string_view id = take_until(line, ' ');
  if (!is_node_id(id)) return false;
  node.id = id;
  if (!read_address(take_until(line, ' '), node)) return false;
  if (!read_flags(take_until(line, ' '), node, view)) return false;
  const std::string_view master = take_until(line, ' ');
  if (master != "-") {
    if (!is_node_id(master)) return false;
    node.master = master;
  }
  take_until(line, ' ');
  take_until(line, ' ');
  const auto epoch = read_number(take_until(line, ' '));
  if (!epoch) return false;
  node.epoch = *epoch;
  const std::string_view link = take_until(line, ' ');
  if (link != "connected" && link != "disconnected") return false;
  while (!line.empty()) {
    if (!read_slots(take_until(line, ' '), node, view)) return false;
  }
  view.nodes.push_back(std::move(node));
  return true;
}

}  // namespace

std::expected<ClusterView, std::string> read_cluster_nodes(std::string_view text) {
  ClusterView view;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    // checked_view() refuses one more than there may be.
    if (view.nodes.size() > kMostClusterNodes) break;
    if (!read_node(line, view)) {
      return std::unexpected("the answer to CLUSTER NODES makes no sense");
    }
  }
  auto checked = checked_view(std::move(view));
  if (!checked) return std::unexpected("the answer to CLUSTER NODES is wrong: " + checked.error());
  return checked;
}

}  // namespace hitwatch::topology
