#include "collectors/topology/cluster_endpoints.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "collectors/topology/cluster_words.h"

namespace hitwatch::topology {
namespace {

using redis::Reply;

// Maps are arrays of names and values in turn.
const Reply* member_of(const Reply& map, std::string_view name) {
  for (std::size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    if (map.elements[i].string() == name) return &map.elements[i + 1];
  }
  return nullptr;
}

std::string_view text_of(const Reply& map, std::string_view name) {
  const Reply* found = member_of(map, name);
  return found == nullptr ? std::string_view() : found->string();
}

std::optional<std::uint16_t> port_of(const Reply* reply) {
  if (reply == nullptr) return 0;
  const auto number = reply->as_integer();
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint16_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(*number);
}

bool set_endpoint(const Reply& reply, ClusterNode& node) {
  if (reply.kind != Reply::Kind::kNil && reply.kind != Reply::Kind::kString) return false;
  if (!is_host(reply.string())) return false;
  node.endpoint = std::string(reply.string());
  return true;
}

bool read_names(const Reply& map, ClusterNode& node) {
  const std::string_view ip = text_of(map, "ip");
  const std::string_view hostname = text_of(map, "hostname");
  if (!is_host(ip) || !is_host(hostname)) return false;
  node.ip = ip;
  node.hostname = hostname;
  return true;
}

bool add_range(const Reply& first, const Reply& last, ClusterNode& node) {
  const auto begin = first.as_integer();
  const auto end = last.as_integer();
  if (!begin || !end || *begin < 0 || *end >= kClusterSlots || *begin > *end) return false;
  node.slots.push_back({static_cast<int>(*begin), static_cast<int>(*end)});
  return true;
}

// id, port, tls-port, ip, endpoint, hostname, role, replication-offset, health
std::optional<ClusterNode> read_shard_node(const Reply& reply) {
  ClusterNode node;
  node.id = text_of(reply, "id");
  const auto port = port_of(member_of(reply, "port"));
  const auto tls_port = port_of(member_of(reply, "tls-port"));
  const Reply* endpoint = member_of(reply, "endpoint");
  if (!is_node_id(node.id) || !port || !tls_port || !read_names(reply, node)) return std::nullopt;
  if (endpoint != nullptr && !set_endpoint(*endpoint, node)) return std::nullopt;
  node.port = *port;
  node.tls_port = *tls_port;
  node.replica = text_of(reply, "role") != "master";
  const std::string_view health = text_of(reply, "health");
  node.failed = health == "fail" || health == "failed";
  node.no_address = node.ip.empty() && node.port == 0 && node.tls_port == 0;
  node.flags = node.replica ? "slave" : "master";
  if (node.failed) node.flags += ",fail";
  return node;
}

// slots: first and last in turn; nodes; since Valkey 9 an id.
bool read_shard(const Reply& shard, ClusterView& view) {
  const Reply* slots = member_of(shard, "slots");
  const Reply* nodes = member_of(shard, "nodes");
  if (nodes == nullptr || slots == nullptr || slots->elements.size() % 2 != 0) return false;
  std::string_view shard_id = text_of(shard, "id");
  if (!shard_id.empty() && !is_node_id(shard_id)) return false;
  const std::size_t begin = view.nodes.size();
  for (const Reply& reply : nodes->elements) {
    if (view.nodes.size() > kMostClusterNodes) return true;
    auto node = read_shard_node(reply);
    if (!node) return false;
    node->shard_id = shard_id;
    view.nodes.push_back(*std::move(node));
  }
  const auto members = view.nodes.begin() + static_cast<std::ptrdiff_t>(begin);
  // One that failed may still be listed as master beside its successor.
  auto master = std::find_if(members, view.nodes.end(),
                             [](const ClusterNode& n) { return !n.replica && !n.failed; });
  if (master == view.nodes.end()) {
    master =
        std::find_if(members, view.nodes.end(), [](const ClusterNode& n) { return !n.replica; });
  }
  if (master == view.nodes.end()) return slots->elements.empty() || begin < view.nodes.size();
  if (slots->elements.size() > 2 * kClusterSlots) return false;
  for (std::size_t i = 0; i + 1 < slots->elements.size(); i += 2) {
    if (!add_range(slots->elements[i], slots->elements[i + 1], *master)) return false;
  }
  for (auto node = members; node != view.nodes.end(); ++node) {
    if (node->replica) node->master = master->id;
  }
  return true;
}

// endpoint, port, id, and since Redis 7 a map of further names.
std::optional<ClusterNode> read_slots_node(const Reply& reply) {
  const auto& parts = reply.elements;
  if (parts.size() < 3) return std::nullopt;
  ClusterNode node;
  node.id = parts[2].string();
  const auto port = port_of(&parts[1]);
  if (!is_node_id(node.id) || !port || !set_endpoint(parts[0], node)) return std::nullopt;
  node.port = *port;
  if (parts.size() > 3 && !read_names(parts[3], node)) return std::nullopt;
  return node;
}

std::expected<ClusterView, std::string> checked_answer(ClusterView view, std::string_view command) {
  auto checked = checked_view(std::move(view));
  if (checked) return checked;
  return std::unexpected("the answer to " + std::string(command) + " is wrong: " + checked.error());
}

std::unexpected<std::string> senseless(std::string_view command) {
  return std::unexpected("the answer to " + std::string(command) + " makes no sense");
}

}  // namespace

std::expected<ClusterView, std::string> read_cluster_shards(const Reply& reply) {
  ClusterView view;
  if (!reply.is_array()) return senseless("CLUSTER SHARDS");
  for (const Reply& shard : reply.elements) {
    if (!read_shard(shard, view)) return senseless("CLUSTER SHARDS");
    if (view.nodes.size() > kMostClusterNodes) break;
  }
  return checked_answer(std::move(view), "CLUSTER SHARDS");
}

// A range is: first slot, last slot, the master, its replicas.
std::expected<ClusterView, std::string> read_cluster_slots(const Reply& reply) {
  if (!reply.is_array() || reply.elements.size() > kClusterSlots) return senseless("CLUSTER SLOTS");
  std::map<std::string, ClusterNode> nodes;
  for (const Reply& range : reply.elements) {
    if (range.elements.size() < 3) return senseless("CLUSTER SLOTS");
    std::string master;
    for (std::size_t i = 2; i < range.elements.size(); ++i) {
      auto node = read_slots_node(range.elements[i]);
      if (!node) return senseless("CLUSTER SLOTS");
      if (i == 2) master = node->id;
      node->replica = i > 2;
      if (node->replica) node->master = master;
      node->flags = node->replica ? "slave" : "master";
      const std::string id = node->id;
      nodes.try_emplace(id, *std::move(node));
    }
    if (!add_range(range.elements[0], range.elements[1], nodes[master])) {
      return senseless("CLUSTER SLOTS");
    }
    if (nodes.size() > kMostClusterNodes) break;
  }
  ClusterView view;
  for (auto& [id, node] : nodes) view.nodes.push_back(std::move(node));
  return checked_answer(std::move(view), "CLUSTER SLOTS");
}

void add_endpoints(const ClusterView& told, ClusterView& view) {
  for (ClusterNode& node : view.nodes) {
    const ClusterNode* same = told.find(node.id);
    if (same == nullptr) continue;
    node.endpoint = same->endpoint;
    if (same->port != 0 || same->tls_port != 0) {
      node.port = same->port;
      node.tls_port = same->tls_port;
    }
    if (node.hostname.empty()) node.hostname = same->hostname;
    if (node.shard_id.empty()) node.shard_id = same->shard_id;
  }
}

}  // namespace hitwatch::topology
