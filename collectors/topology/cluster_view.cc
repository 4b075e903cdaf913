#include "collectors/topology/cluster_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <functional>
#include <iterator>
#include <utility>

#include "collectors/topology/announced.h"

namespace hitwatch::topology {
namespace {

void join_adjacent(SlotRanges& ranges) {
  std::ranges::sort(ranges, {}, &SlotRange::first);
  SlotRanges joined;
  for (const SlotRange& range : ranges) {
    if (!joined.empty() && joined.back().last + 1 == range.first) {
      joined.back().last = range.last;
    } else {
      joined.push_back(range);
    }
  }
  ranges = std::move(joined);
}

}  // namespace

const ClusterNode* ClusterView::find(std::string_view id) const {
  const auto found = std::ranges::lower_bound(
      nodes, id, {}, [](const ClusterNode& node) { return std::string_view(node.id); });
  return found != nodes.end() && found->id == id ? &*found : nullptr;
}

std::uint64_t ClusterView::epoch() const {
  std::uint64_t highest = 0;
  for (const ClusterNode& node : nodes) highest = std::max(highest, node.epoch);
  return highest;
}

std::expected<ClusterView, std::string> checked_view(ClusterView view) {
  if (view.nodes.empty()) return std::unexpected("it names no nodes");
  if (view.nodes.size() > kMostClusterNodes) {
    return std::unexpected(fmt::format("it names more than {} nodes", kMostClusterNodes));
  }
  std::ranges::sort(view.nodes, {}, &ClusterNode::id);
  if (std::ranges::adjacent_find(view.nodes, {}, &ClusterNode::id) != view.nodes.end()) {
    return std::unexpected("it names a node twice");
  }
  std::bitset<kClusterSlots> taken;
  for (ClusterNode& node : view.nodes) {
    for (const SlotRange& range : node.slots) {
      if (range.first < 0 || range.last >= kClusterSlots || range.first > range.last) {
        return std::unexpected("it names slots that no cluster has");
      }
      for (int slot = range.first; slot <= range.last; ++slot) {
        if (taken.test(static_cast<std::size_t>(slot))) {
          return std::unexpected(fmt::format("slot {} is at two nodes", slot));
        }
        taken.set(static_cast<std::size_t>(slot));
      }
    }
    join_adjacent(node.slots);
  }
  return view;
}

std::vector<std::uint16_t> slot_owners(const ClusterView& view) {
  std::vector<std::uint16_t> owners(kClusterSlots, kNobody);
  for (std::size_t i = 0; i < view.nodes.size(); ++i) {
    for (const SlotRange& range : view.nodes[i].slots) {
      std::fill(owners.begin() + range.first, owners.begin() + range.last + 1,
                static_cast<std::uint16_t>(i));
    }
  }
  return owners;
}

std::optional<net::RedisUrl> announced_address(const ClusterNode& node,
                                               const net::RedisUrl& asked) {
  if (node.no_address) return std::nullopt;
  std::string host = node.endpoint.value_or(node.ip);
  // A host name that is preferred but was not announced: the address that other nodes use.
  if (host == "?") host = node.ip;
  if (host.empty()) host = asked.host;
  const std::uint16_t port = asked.tls && node.tls_port != 0 ? node.tls_port : node.port;
  return announced_url(host, port, asked.tls);
}

std::size_t fingerprint(const ClusterView& view) {
  std::string text;
  for (const ClusterNode& node : view.nodes) {
    if (node.handshake) continue;
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {}\n", node.id, node.replica, node.master,
                   node.failed, slots_text(node.slots));
  }
  return std::hash<std::string>{}(text);
}

int count_slots(const SlotRanges& ranges) {
  int count = 0;
  for (const SlotRange& range : ranges) count += range.last - range.first + 1;
  return count;
}

std::string slots_text(const SlotRanges& ranges, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0) text += ',';
    if (i == most) return text + fmt::format("… ({} more)", ranges.size() - most);
    const SlotRange& range = ranges[i];
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

}  // namespace hitwatch::topology
