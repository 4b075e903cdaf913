#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

const std::string kMaster = "{master_host=\"10.0.0.1\",master_port=\"6379\"}";

TEST(Replication, AMasterShowsEachReplica) {
  ScriptedPoll poll;
  poll.info(data_file("redis-7.0.15-sentinel/master-info-replication.txt"));
  poll.run();
  const std::string replica = "{slave_ip=\"127.0.0.1\",slave_port=\"7531\",slave_state=\"online\"}";
  EXPECT_EQ(poll.value("redis_connected_slave_offset_bytes" + replica), 870);
  EXPECT_EQ(poll.value("redis_connected_slave_lag_seconds" + replica), 1);
  EXPECT_EQ(poll.value("redis_connected_slaves"), 1);
  EXPECT_FALSE(poll.samples.contains("redis_slave_info"));
}

TEST(Replication, AReplicaShowsItsLinkToTheMaster) {
  ScriptedPoll poll;
  poll.info(data_file("redis-7.0.15-sentinel/replica-info-replication.txt"));
  poll.run();
  const std::string master = "{master_host=\"127.0.0.1\",master_port=\"7530\"}";
  EXPECT_EQ(poll.value("redis_master_link_up" + master), 1);
  EXPECT_EQ(poll.value("redis_master_last_io_seconds_ago" + master), 1);
  EXPECT_EQ(poll.value("redis_master_sync_in_progress" + master), 0);
  EXPECT_EQ(poll.value("redis_slave_repl_offset" + master), 870);
  EXPECT_EQ(poll.value("redis_slave_read_repl_offset" + master), 870);
  EXPECT_EQ(poll.value("redis_slave_priority"), 100);
  EXPECT_EQ(poll.value("redis_master_repl_offset"), 870);
  EXPECT_EQ(poll.value("redis_slave_info{master_host=\"127.0.0.1\",master_port=\"7530\","
                       "read_only=\"1\"}"),
            1);
  EXPECT_EQ(poll.server.role, "slave");
  EXPECT_EQ(poll.server.master_host, "127.0.0.1");
  EXPECT_EQ(poll.server.master_port, "7530");
}

TEST(Replication, ABrokenLinkSaysSinceWhen) {
  ScriptedPoll poll;
  poll.info(
      "role:slave\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:down\n"
      "master_link_down_since_seconds:42\nmaster_last_io_seconds_ago:-1\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_master_link_up" + kMaster), 0);
  EXPECT_EQ(poll.value("redis_master_link_down_since_seconds" + kMaster), 42);
}

TEST(Replication, AFullCopyShowsItsProgress) {
  ScriptedPoll poll;
  poll.info(
      "role:slave\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_sync_in_progress:1\n"
      "master_sync_total_bytes:1000\nmaster_sync_read_bytes:250\nmaster_sync_left_bytes:750\n"
      "master_sync_perc:25.00\nmaster_sync_last_io_seconds_ago:0\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_master_sync_in_progress" + kMaster), 1);
  EXPECT_EQ(poll.value("redis_master_sync_total_bytes" + kMaster), 1000);
  EXPECT_EQ(poll.value("redis_master_sync_read_bytes" + kMaster), 250);
  EXPECT_EQ(poll.value("redis_master_sync_left_bytes" + kMaster), 750);
  EXPECT_EQ(poll.value("redis_master_sync_perc" + kMaster), 25);
  EXPECT_EQ(poll.value("redis_master_sync_last_io_seconds_ago" + kMaster), 0);
}

TEST(Replication, KeydbMayFollowSeveralMasters) {
  ScriptedPoll poll;
  poll.info(
      "role:active-replica\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:up\n"
      "master_1_host:10.0.0.2\nmaster_1_port:6380\nmaster_1_link_status:down\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_master_link_up" + kMaster), 1);
  EXPECT_EQ(poll.value("redis_master_link_up{master_host=\"10.0.0.2\",master_port=\"6380\"}"), 0);
}

TEST(Replication, WhatBelongsTogetherIsKnownOfAMaster) {
  ScriptedPoll poll;
  poll.info(
      "tcp_port:6379\nrole:master\nconnected_slaves:2\n"
      "slave0:ip=10.0.0.2,port=6379,state=online,offset=870,lag=1\n"
      "slave1:ip=fd00::3,port=6380,state=wait_bgsave,offset=0,lag=-1\n"
      "master_replid:aa\nmaster_replid2:bb\nmaster_repl_offset:900\nsecond_repl_offset:12\n"
      "sync_full:3\nsync_partial_ok:2\nsync_partial_err:1\n");
  poll.run();
  const redis::Replication& known = poll.server.replication;
  EXPECT_EQ(known.role, "master");
  EXPECT_EQ(known.tcp_port, 6379);
  EXPECT_EQ(known.id, "aa");
  EXPECT_EQ(known.former_id, "bb");
  EXPECT_EQ(known.offset, 900);
  EXPECT_EQ(known.former_offset, 12);
  EXPECT_EQ(known.connected, 2);
  ASSERT_EQ(known.replicas.size(), 2U);
  EXPECT_EQ(known.replicas[0].host, "10.0.0.2");
  EXPECT_EQ(known.replicas[0].offset, 870);
  EXPECT_EQ(known.replicas[0].lag, 1);
  EXPECT_EQ(known.replicas[1].host, "fd00::3");
  EXPECT_EQ(known.replicas[1].port, 6380);
  EXPECT_EQ(known.replicas[1].state, "wait_bgsave");
  EXPECT_EQ(known.replicas[1].lag, -1);
  EXPECT_EQ(known.full_syncs, 3);
  EXPECT_EQ(known.partial_syncs, 2);
  EXPECT_EQ(known.partial_syncs_denied, 1);
  EXPECT_TRUE(known.masters.empty());
}

TEST(Replication, WhatBelongsTogetherIsKnownOfAReplicaAndEachOfItsMasters) {
  ScriptedPoll poll;
  poll.info(
      "role:active-replica\nmaster_host:10.0.0.1\nmaster_port:6379\nmaster_link_status:up\n"
      "master_last_io_seconds_ago:3\nmaster_sync_in_progress:0\nslave_repl_offset:40\n"
      "master_1_host:10.0.0.2\nmaster_1_port:6380\nmaster_1_link_status:down\n"
      "master_1_last_io_seconds_ago:-1\nmaster_1_sync_in_progress:1\n"
      "master_1_link_down_since_seconds:7\nslave_repl_offset:50\n");
  poll.run();
  const auto& masters = poll.server.replication.masters;
  ASSERT_EQ(masters.size(), 2U);
  EXPECT_EQ(masters[0].host, "10.0.0.1");
  EXPECT_EQ(masters[0].port, 6379);
  EXPECT_TRUE(masters[0].up);
  EXPECT_EQ(masters[0].last_io, 3);
  EXPECT_EQ(masters[0].offset, 40);
  EXPECT_FALSE(masters[0].syncing);
  EXPECT_EQ(masters[1].host, "10.0.0.2");
  EXPECT_EQ(masters[1].port, 6380);
  EXPECT_FALSE(masters[1].up);
  EXPECT_EQ(masters[1].last_io, -1);
  EXPECT_EQ(masters[1].down_since, 7);
  EXPECT_TRUE(masters[1].syncing);
  EXPECT_EQ(masters[1].offset, 50);
}

TEST(Replication, NonsenseIsNotKnown) {
  ScriptedPoll poll;
  poll.info(
      "role:slave\nmaster_port:70000\nmaster_link_status:up\nmaster_host:" +
      std::string(10'000, 'x') +
      "\nmaster_port:99999999999999999999\nmaster_last_io_seconds_ago:inf\nslave_repl_offset:-7\n"
      "master_repl_offset:1e300\nsync_full:many\nslave0:ip=,port=x,state=,offset=nan,lag=nan\n");
  poll.run();
  const redis::Replication& known = poll.server.replication;
  ASSERT_EQ(known.masters.size(), 1U);
  EXPECT_EQ(known.masters[0].host.size(), redis::Replication::kLongestText);
  EXPECT_EQ(known.masters[0].port, 0);
  EXPECT_EQ(known.masters[0].last_io, -1);
  EXPECT_EQ(known.masters[0].offset, -1);
  EXPECT_EQ(known.offset, -1);
  EXPECT_EQ(known.full_syncs, -1);
  ASSERT_EQ(known.replicas.size(), 1U);
  EXPECT_EQ(known.replicas[0].port, 0);
  EXPECT_EQ(known.replicas[0].offset, -1);
  EXPECT_EQ(known.replicas[0].lag, -1);
}

TEST(Replication, OfEndlessListsAPartIsKept) {
  std::string info = "role:slave\n";
  for (int i = 0; i < 100; ++i) {
    info += "master_" + std::to_string(i) + "_host:h\nmaster_" + std::to_string(i) +
            "_port:" + std::to_string(i + 1) + "\n";
  }
  for (int i = 0; i < 12'000; ++i) {
    info += "slave" + std::to_string(i) + ":ip=10.0.0.1,port=1,state=online,offset=1,lag=1\n";
  }
  ScriptedPoll poll;
  poll.info(info);
  poll.run();
  const redis::Replication& known = poll.server.replication;
  EXPECT_EQ(known.masters.size(), redis::Replication::kMostMasters);
  EXPECT_EQ(known.masters.back().port, 64);
  EXPECT_EQ(known.replicas.size(), redis::Replication::kMostReplicas);
}

}  // namespace
}  // namespace hitwatch::redis
