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

}  // namespace
}  // namespace hitwatch::redis
