// What CLUSTER NODES of servers of all ages says, and what of it is not believed.
#include "collectors/topology/cluster_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/topology/cluster_texts.h"

namespace hitwatch::topology {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

const net::RedisUrl kAsked = net::parse_redis_url("redis://asked.example:6379").value();

std::string address_of(const ClusterNode& node, const net::RedisUrl& asked = kAsked) {
  const auto url = announced_address(node, asked);
  return url ? url->redacted() : "none";
}

TEST(ClusterNodes, ALineIsANodeWithItsPlace) {
  const ClusterView view = view_of({"b2 7002 slave:a1 5", "a1 7001 myself,master 5 0-99 200"});
  ASSERT_EQ(view.nodes.size(), 2U);
  EXPECT_EQ(view.myself, node_id("a1"));
  EXPECT_EQ(view.epoch(), 5U);
  const ClusterNode& master = view.nodes[0];
  EXPECT_EQ(master.id, node_id("a1")) << "nodes are sorted by id";
  EXPECT_FALSE(master.replica);
  EXPECT_EQ(master.flags, "master");
  EXPECT_EQ(slots_text(master.slots), "0-99,200");
  EXPECT_EQ(count_slots(master.slots), 101);
  EXPECT_EQ(address_of(master), "redis://127.0.0.1:7001");
  const ClusterNode& replica = view.nodes[1];
  EXPECT_TRUE(replica.replica);
  EXPECT_EQ(replica.master, node_id("a1"));
  EXPECT_THAT(replica.slots, IsEmpty());
}

TEST(ClusterNodes, FailuresAreThoseThatTheClusterAgreedOn) {
  const ClusterView view = view_of({"a1 7001 master,fail 1", "a2 7002 master,fail? 1",
                                    "a3 7003 handshake 0", "a4 :0@0 master,fail,noaddr 1"});
  EXPECT_TRUE(view.find(node_id("a1"))->failed);
  EXPECT_FALSE(view.find(node_id("a2"))->failed);
  EXPECT_TRUE(view.find(node_id("a2"))->suspected);
  EXPECT_TRUE(view.find(node_id("a3"))->handshake);
  EXPECT_EQ(address_of(*view.find(node_id("a4"))), "none");
}

TEST(ClusterNodes, AddressesOfAllServersAreUnderstood) {
  struct Case {
    const char* field;
    const char* address;
  };
  for (const Case& c : {
           Case{"10.0.0.1:7001@17001", "redis://10.0.0.1:7001"},
           Case{"10.0.0.1:7001", "redis://10.0.0.1:7001"},
           Case{"::1:7001@17001", "redis://[::1]:7001"},
           Case{":7001@17001", "redis://asked.example:7001"},
           Case{"10.0.0.1:7001@17001,node-1.example", "redis://10.0.0.1:7001"},
           Case{"10.0.0.1:7001@17001,,tls-port=7101,shard-id=69bc", "redis://10.0.0.1:7001"},
       }) {
    const std::string line = node_id("a1") + " " + c.field + " master - 0 0 1 connected 0-16383\n";
    const auto view = read_cluster_nodes(line);
    ASSERT_TRUE(view) << c.field;
    EXPECT_EQ(address_of(view->nodes[0]), c.address) << c.field;
  }
  const ClusterNode node =
      view_of({"a1 10.0.0.1:7001@17001,node-1,tls-port=7101,shard-id=69bc master 1"}).nodes[0];
  EXPECT_EQ(node.hostname, "node-1");
  EXPECT_EQ(node.shard_id, "69bc");
  const net::RedisUrl tls = net::parse_redis_url("rediss://asked.example").value();
  EXPECT_EQ(address_of(node, tls), "rediss://10.0.0.1:7101") << "with TLS the port for TLS";
}

TEST(ClusterNodes, SlotsOnTheirWayAreCounted) {
  const ClusterView view = view_of(
      {"a1 7001 myself,master 1 0-99 [93-<-" + node_id("b1") + "] [77->-" + node_id("b1") + "]"});
  EXPECT_EQ(view.open_slots, 2U);
  EXPECT_EQ(slots_text(view.nodes[0].slots), "0-99");
}

TEST(ClusterNodes, ALieIsRefused) {
  const std::string start = node_id("a1") + " 127.0.0.1:7001@17001 master - 0 0 1 connected ";
  for (const std::string& text : {
           std::string("hello\n"),
           std::string("\n\n"),
           std::string(),
           start + "0-16384\n",
           start + "100-50\n",
           start + "-5\n",
           start + "x\n",
           start + "[1-<-\n",
           start + "0-99 50\n",
           start + "0\n" + start + "1\n",
           node_line("a1 7001 master 1 0-5") + node_line("a2 7002 master 1 5"),
           std::string("a;1 b:1@2 master - 0 0 1 connected\n"),
           node_id("a1") + " 127.0.0.1:70000@1 master - 0 0 1 connected\n",
           node_id("a1") + " evil\"host:7000@1 master - 0 0 1 connected\n",
           node_id("a1") + " h:7000@1,ho\x01st master - 0 0 1 connected\n",
           node_id("a1") + " h:7000@1 mas{ter - 0 0 1 connected\n",
           node_id("a1") + " h:7000@1 master evil;id 0 0 1 connected\n",
           node_id("a1") + " h:7000@1 master - 0 0 one connected\n",
           node_id("a1") + " h:7000@1 master - 0 0 1 perhaps\n",
           node_line("a1 7001 myself,master 1") + node_line("a2 7002 myself,master 1"),
           std::string(65, 'a') + " h:7000@1 master - 0 0 1 connected\n",
       }) {
    const auto view = read_cluster_nodes(text);
    ASSERT_FALSE(view) << text;
    EXPECT_THAT(view.error(), HasSubstr("CLUSTER NODES")) << text;
  }
}

TEST(ClusterNodes, MoreNodesThanAClusterCanHaveAreRefused) {
  std::string text;
  for (std::size_t i = 0; i < kMostClusterNodes; ++i) {
    text += node_line(fmt::format("{:04x} 7001 master 1", i));
  }
  EXPECT_TRUE(read_cluster_nodes(text));
  text += node_line("ffff 7001 master 1");
  const auto view = read_cluster_nodes(text);
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error(), HasSubstr("1000 nodes"));
  for (int i = 0; i < 200'000; ++i) text += "x\n";
  EXPECT_FALSE(read_cluster_nodes(text)) << "and the rest is not read";
}

TEST(ClusterNodes, SlotRangesAreJoinedAndCutWhereTheyAreMany) {
  const ClusterView view = view_of({"a1 7001 master 1 5 3 4 0-2 9 11"});
  EXPECT_EQ(slots_text(view.nodes[0].slots), "0-5,9,11");
  EXPECT_EQ(slots_text(view.nodes[0].slots, 1), "0-5,… (2 more)");
}

TEST(ClusterNodes, NodesAgreeWhateverTheyThinkOfTheirOwnAddressAndSuspect) {
  const ClusterView one = view_of({"a1 7001 myself,master 1 0-99", "a2 7002 slave:a1 1"});
  const ClusterView other =
      view_of({"a1 9.9.9.9:1@2,host master,fail? 1 0-99", "a2 7002 myself,slave:a1 1"});
  EXPECT_EQ(fingerprint(one), fingerprint(other));
  for (const char* changed : {"a1 7001 myself,master 1 0-98", "a1 7001 myself,master,fail 1 0-99",
                              "a3 7001 myself,master 1 0-99"}) {
    EXPECT_NE(fingerprint(one), fingerprint(view_of({changed, "a2 7002 slave:a1 1"}))) << changed;
  }
}

}  // namespace
}  // namespace hitwatch::topology
