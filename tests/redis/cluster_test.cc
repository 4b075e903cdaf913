#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

TEST(Cluster, ShowsItsStateUnderItsOwnNames) {
  ScriptedPoll poll;
  poll.info(data_file("redis-7.4.1-cluster/info-everything.txt"));
  poll.answers["CLUSTER INFO"] = text_reply(data_file("redis-7.4.1-cluster/cluster-info.txt"));
  poll.run();
  EXPECT_EQ(poll.value("redis_cluster_state"), 0) << "the recorded cluster is in state fail";
  EXPECT_EQ(poll.value("redis_cluster_slots_assigned"), 16384);
  EXPECT_EQ(poll.value("redis_cluster_known_nodes"), 1);
  EXPECT_EQ(poll.value("redis_cluster_messages_sent_total"), 0);
  EXPECT_EQ(poll.value("redis_cluster_messages_received_total"), 0);
  EXPECT_FALSE(poll.has("redis_cluster_stats_messages_sent"));
  EXPECT_FALSE(poll.has("redis_total_cluster_links_buffer_limit_exceeded"));
}

TEST(Cluster, WhatTellsOfAChangeIsKeptForThoseWhoWatchTheCluster) {
  ScriptedPoll poll;
  poll.info(
      "redis_version:7.0.15\ncluster_enabled:1\nused_memory:4096\n"
      "instantaneous_ops_per_sec:12\n");
  poll.answers["CLUSTER INFO"] = text_reply(
      "cluster_state:ok\r\ncluster_slots_ok:16000\r\ncluster_known_nodes:6\r\n"
      "cluster_current_epoch:7\r\n");
  poll.run();
  EXPECT_EQ(poll.server.cluster_epoch, 7);
  EXPECT_EQ(poll.server.cluster_slots_ok, 16000);
  EXPECT_EQ(poll.server.cluster_nodes, 6);
  EXPECT_EQ(poll.server.used_memory, 4096);
  EXPECT_EQ(poll.server.ops_per_second, 12);
  poll.answers.erase("CLUSTER INFO");
  poll.run();
  EXPECT_EQ(poll.server.cluster_epoch, -1) << "what is not said any more is not known";
}

TEST(Cluster, MessageTypesBecomeMetricNames) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\ncluster_enabled:1\n");
  poll.answers["CLUSTER INFO"] =
      text_reply("cluster_state:ok\r\ncluster_stats_messages_auth-req_sent:3\r\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_cluster_state"), 1);
  EXPECT_EQ(poll.value("redis_cluster_stats_messages_auth_req_sent"), 3);
  EXPECT_EQ(poll.types["redis_cluster_stats_messages_auth_req_sent"], metrics::Type::kGauge);
}

TEST(Cluster, IsNotAskedOfAServerThatIsNone) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\ncluster_enabled:0\n");
  poll.options.cluster_slot_stats = true;
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("CLUSTER"));
}

TEST(Cluster, SlotsHaveTheirFiguresWhereTheServerKeepsThem) {
  ScriptedPoll poll;
  poll.options.cluster_slot_stats = true;
  const std::string command = "CLUSTER SLOT-STATS SLOTSRANGE 0 16383";
  poll.answers[command] = array_reply(
      {array_reply({integer_reply(12),
                    array_reply({text_reply("key-count"), integer_reply(4), text_reply("cpu-usec"),
                                 integer_reply(5), text_reply("network-bytes-in"), integer_reply(6),
                                 text_reply("network-bytes-out"), integer_reply(7)})}),
       array_reply({text_reply("x"), text_reply("y")}), integer_reply(1)});
  poll.info("redis_version:7.2.4\nvalkey_version:8.0.1\ncluster_enabled:1\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_cluster_slot_key_count{slot=\"12\"}"), 4);
  EXPECT_EQ(poll.value("redis_cluster_slot_cpu_usec_total{slot=\"12\"}"), 5);
  EXPECT_EQ(poll.value("redis_cluster_slot_network_bytes_in_total{slot=\"12\"}"), 6);
  EXPECT_EQ(poll.value("redis_cluster_slot_network_bytes_out_total{slot=\"12\"}"), 7);
  poll.info("redis_version:7.4.1\ncluster_enabled:1\n");
  poll.run();
  EXPECT_FALSE(poll.was_sent(command));
  poll.info("redis_version:8.2.0\ncluster_enabled:1\n");
  poll.run();
  EXPECT_TRUE(poll.was_sent(command));
}

}  // namespace
}  // namespace hitwatch::redis
