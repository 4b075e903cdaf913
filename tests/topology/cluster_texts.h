// Clusters as their nodes would describe them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "collectors/redis/reply.h"
#include "collectors/topology/cluster_map.h"
#include "collectors/topology/cluster_nodes.h"

namespace hitwatch::topology {

// 40 digits from a few.
inline std::string node_id(std::string_view start) {
  return std::string(start) + std::string(40 - start.size(), '0');
}

// A line of CLUSTER NODES: "a1 7001 master 5 0-99 200", "a2 7002 slave:a1 5". The address is that
// of the loopback; or give a whole address field with an `@`.
inline std::string node_line(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  std::string address = words[1];
  if (address.find('@') == std::string::npos) address = "127.0.0.1:" + address + "@1" + address;
  std::string flags = words[2];
  std::string master = "-";
  if (const std::size_t colon = flags.find(':'); colon != std::string::npos) {
    master = node_id(flags.substr(colon + 1));
    flags.resize(colon);
  }
  std::string line = fmt::format("{} {} {} {} 0 1795883781475 {} connected", node_id(words[0]),
                                 address, flags, master, words[3]);
  for (std::size_t i = 4; i < words.size(); ++i) line += " " + words[i];
  return line + "\n";
}

inline std::string nodes_text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += node_line(line);
  return text;
}

inline ClusterView view_of(const std::vector<std::string>& lines) {
  auto view = read_cluster_nodes(nodes_text(lines));
  EXPECT_TRUE(view) << (view ? "" : view.error());
  return view ? *std::move(view) : ClusterView();
}

// Nodes are called by the first two digits of their ids.
inline ClusterMap arranged(ShardNames& names, const std::vector<std::string>& lines) {
  ClusterView view = view_of(lines);
  std::vector<std::string> instances;
  for (const ClusterNode& node : view.nodes) instances.push_back(node.id.substr(0, 2));
  return names.arrange(std::move(view), std::move(instances));
}

// "a1a1a1a1: a1 + a2 0-99", by shard.
inline std::vector<std::string> shards_text(const ClusterMap& map) {
  std::vector<std::string> texts;
  for (const ClusterShard& shard : map.shards) {
    std::string text = shard.name + ":";
    text += shard.master == kNoNode ? " nobody" : " " + map.instances[shard.master];
    for (const std::size_t node : shard.others) text += " + " + map.instances[node];
    if (!shard.slots.empty()) text += " " + slots_text(shard.slots);
    texts.push_back(text);
  }
  return texts;
}

inline redis::Reply bulk_reply(std::string_view text) {
  return {
      .kind = redis::Reply::Kind::kString, .integer = 0, .text = std::string(text), .elements = {}};
}
inline redis::Reply number_reply(std::int64_t value) {
  return {.kind = redis::Reply::Kind::kInteger, .integer = value, .text = {}, .elements = {}};
}
inline redis::Reply list_reply(std::vector<redis::Reply> elements) {
  return {.kind = redis::Reply::Kind::kArray,
          .integer = 0,
          .text = {},
          .elements = std::move(elements)};
}

}  // namespace hitwatch::topology
