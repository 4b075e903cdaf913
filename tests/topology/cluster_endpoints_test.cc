// Which addresses a cluster wants its nodes to be reached at.
#include "collectors/topology/cluster_endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using redis::Reply;
using testing::HasSubstr;

const net::RedisUrl kPlain = net::parse_redis_url("redis://asked.example:6379").value();
const net::RedisUrl kTls = net::parse_redis_url("rediss://asked.example:6379").value();

std::string address_of(const ClusterView& view, std::string_view id, const net::RedisUrl& asked) {
  const ClusterNode* node = view.find(node_id(id));
  if (node == nullptr) return "not there";
  const auto url = announced_address(*node, asked);
  return url ? url->address() : "none";
}

struct ShardNode {
  std::string id;
  std::string role = "master";
  std::optional<std::string> endpoint = "10.0.0.1";
  std::string hostname{};
  int port = 7001;
  int tls_port = 0;
  std::string health = "online";
};

Reply shard_node(const ShardNode& node) {
  std::vector<Reply> map{bulk_reply("id"), bulk_reply(node_id(node.id))};
  const auto add = [&](std::string_view name, Reply value) {
    map.push_back(bulk_reply(name));
    map.push_back(std::move(value));
  };
  if (node.port != 0) add("port", number_reply(node.port));
  if (node.tls_port != 0) add("tls-port", number_reply(node.tls_port));
  add("ip", bulk_reply("10.0.0.1"));
  add("endpoint", node.endpoint ? bulk_reply(*node.endpoint) : Reply());
  if (!node.hostname.empty()) add("hostname", bulk_reply(node.hostname));
  add("role", bulk_reply(node.role));
  add("replication-offset", number_reply(0));
  add("health", bulk_reply(node.health));
  return list_reply(std::move(map));
}

Reply shard(const std::vector<int>& slots, const std::vector<ShardNode>& nodes,
            const std::string& id = "") {
  std::vector<Reply> numbers;
  for (const int slot : slots) numbers.push_back(number_reply(slot));
  std::vector<Reply> members;
  for (const ShardNode& node : nodes) members.push_back(shard_node(node));
  std::vector<Reply> map{bulk_reply("slots"), list_reply(std::move(numbers)), bulk_reply("nodes"),
                         list_reply(std::move(members))};
  if (!id.empty()) {
    map.push_back(bulk_reply("id"));
    map.push_back(bulk_reply(id));
  }
  return list_reply(std::move(map));
}

ClusterView shards_of(std::vector<Reply> shards) {
  auto view = read_cluster_shards(list_reply(std::move(shards)));
  EXPECT_TRUE(view) << (view ? "" : view.error());
  return view ? *std::move(view) : ClusterView();
}

TEST(ClusterShards, EndpointsArePreferredPortsFitTheConnection) {
  const ClusterView view = shards_of({shard(
      {0, 99},
      {{.id = "a1", .endpoint = "node-1.example", .hostname = "node-1.example", .tls_port = 7101},
       {.id = "a2", .role = "replica", .endpoint = "10.0.0.1", .port = 0, .tls_port = 7102},
       {.id = "a3", .role = "replica", .endpoint = std::nullopt, .port = 7003},
       {.id = "a4", .role = "replica", .endpoint = "?", .port = 7004},
       {.id = "a5", .role = "replica", .endpoint = "", .port = 7005}})});
  EXPECT_EQ(address_of(view, "a1", kPlain), "node-1.example:7001");
  EXPECT_EQ(address_of(view, "a1", kTls), "node-1.example:7101");
  EXPECT_EQ(address_of(view, "a2", kTls), "10.0.0.1:7102");
  EXPECT_EQ(address_of(view, "a2", kPlain), "none") << "it has no port without TLS";
  EXPECT_EQ(address_of(view, "a3", kPlain), "asked.example:7003") << "as it was asked";
  EXPECT_EQ(address_of(view, "a4", kPlain), "10.0.0.1:7004") << "its name is not known";
  EXPECT_EQ(address_of(view, "a5", kPlain), "asked.example:7005") << "it does not know itself";
}

TEST(ClusterShards, AloneMakeAView) {
  const ClusterView view = shards_of(
      {shard({0, 5460, 6000, 6000}, {{.id = "a2", .role = "replica"}, {.id = "a1"}}, "69bc1122"),
       shard({5461, 5999},
             {{.id = "b1", .health = "failed"}, {.id = "b2"}, {.id = "b3", .role = "replica"}}),
       shard({}, {{.id = "c1"}})});
  EXPECT_EQ(slots_text(view.find(node_id("a1"))->slots), "0-5460,6000");
  EXPECT_EQ(view.find(node_id("a2"))->master, node_id("a1"));
  EXPECT_EQ(view.find(node_id("a2"))->shard_id, "69bc1122");
  EXPECT_TRUE(view.find(node_id("b1"))->failed);
  EXPECT_EQ(slots_text(view.find(node_id("b2"))->slots), "5461-5999")
      << "one that failed may still be listed as master";
  EXPECT_EQ(view.find(node_id("b3"))->master, node_id("b2"));
  EXPECT_NE(view.find(node_id("c1")), nullptr);
}

Reply slots_node(const Reply& endpoint, int port, std::string_view id) {
  return list_reply({endpoint, number_reply(port), bulk_reply(node_id(id)),
                     list_reply({bulk_reply("ip"), bulk_reply("10.0.0.9")})});
}

TEST(ClusterSlots, AloneMakeAView) {
  const auto view = read_cluster_slots(
      list_reply({list_reply({number_reply(0), number_reply(99), slots_node(Reply(), 7001, "a1"),
                              slots_node(bulk_reply("?"), 7002, "a2")}),
                  list_reply({number_reply(200), number_reply(200),
                              slots_node(bulk_reply("node-1"), 7001, "a1")})}));
  ASSERT_TRUE(view) << view.error();
  EXPECT_EQ(slots_text(view->find(node_id("a1"))->slots), "0-99,200");
  EXPECT_EQ(view->find(node_id("a2"))->master, node_id("a1"));
  EXPECT_EQ(address_of(*view, "a1", kPlain), "asked.example:7001");
  EXPECT_EQ(address_of(*view, "a2", kPlain), "10.0.0.9:7002");
}

TEST(ClusterSlots, ServersBeforeRedis7HaveNoFurtherNames) {
  const auto view = read_cluster_slots(list_reply({list_reply(
      {number_reply(0), number_reply(99),
       list_reply({bulk_reply("10.0.0.1"), number_reply(7001), bulk_reply(node_id("a1"))})})}));
  ASSERT_TRUE(view) << view.error();
  EXPECT_EQ(address_of(*view, "a1", kPlain), "10.0.0.1:7001");
}

TEST(ClusterEndpoints, AreAddedToWhatNodesSay) {
  ClusterView view = view_of({"a1 7001 myself,master 4 0-99", "a2 7002 slave:a1 4"});
  add_endpoints(shards_of({shard({0, 99},
                                 {{.id = "a1", .endpoint = "node-1", .hostname = "node-1"},
                                  {.id = "ff", .role = "replica"}},
                                 "69bc1122")}),
                view);
  ASSERT_EQ(view.nodes.size(), 2U) << "nodes are those of CLUSTER NODES";
  EXPECT_EQ(view.epoch(), 4U);
  EXPECT_EQ(address_of(view, "a1", kPlain), "node-1:7001");
  EXPECT_EQ(view.nodes[0].shard_id, "69bc1122");
  EXPECT_EQ(address_of(view, "a2", kPlain), "127.0.0.1:7002");
}

TEST(ClusterEndpoints, ALieIsRefused) {
  const std::vector<Reply> shards = {
      bulk_reply("x"),
      list_reply({bulk_reply("x")}),
      list_reply({shard({0}, {{.id = "a1"}})}),
      list_reply({shard({0, 16384}, {{.id = "a1"}})}),
      list_reply({shard({0, 9}, {{.id = "a1"}}), shard({9, 9}, {{.id = "b1"}})}),
      list_reply({shard({0, 9}, {{.id = "a1"}, {.id = "a1"}})}),
      list_reply({shard({0, 9}, {{.id = "a 1"}})}),
      list_reply({shard({0, 9}, {{.id = "a1", .endpoint = "bad host"}})}),
      list_reply({shard({0, 9}, {{.id = "a1", .port = 70000}})}),
      list_reply({shard({0, 9}, {})}),
      list_reply({}),
  };
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto view = read_cluster_shards(shards[i]);
    ASSERT_FALSE(view) << i;
    EXPECT_THAT(view.error(), HasSubstr("CLUSTER SHARDS")) << i;
  }
  const std::vector<Reply> slots = {
      bulk_reply("x"),
      list_reply({bulk_reply("x")}),
      list_reply({list_reply({number_reply(0), number_reply(9)})}),
      list_reply({list_reply({number_reply(0), number_reply(9), bulk_reply("x")})}),
      list_reply({list_reply(
          {number_reply(9), number_reply(0), slots_node(bulk_reply("h"), 7001, "a1")})}),
      list_reply(
          {list_reply({number_reply(0), number_reply(9), slots_node(bulk_reply("h"), -1, "a1")})}),
  };
  for (std::size_t i = 0; i < slots.size(); ++i) EXPECT_FALSE(read_cluster_slots(slots[i])) << i;
}

TEST(ClusterEndpoints, ThousandsOfNodesAreRefused) {
  std::vector<ShardNode> nodes;
  for (int i = 0; i < 5000; ++i) nodes.push_back({.id = fmt::format("{:04x}", i)});
  const auto view = read_cluster_shards(list_reply({shard({0, 9}, nodes)}));
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error(), HasSubstr("1000 nodes"));
}

}  // namespace
}  // namespace hitwatch::topology
