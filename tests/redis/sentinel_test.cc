#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

class Sentinel : public testing::Test {
 protected:
  void SetUp() override {
    poll.info(data_file("redis-7.0.15-sentinel/info-everything.txt"));
    poll.answers["SENTINEL MASTERS"] = array_reply({array_of({"name",
                                                              "cachemaster",
                                                              "ip",
                                                              "127.0.0.1",
                                                              "port",
                                                              "7530",
                                                              "flags",
                                                              "master",
                                                              "last-ok-ping-reply",
                                                              "347",
                                                              "down-after-milliseconds",
                                                              "30000",
                                                              "config-epoch",
                                                              "2",
                                                              "quorum",
                                                              "1",
                                                              "failover-timeout",
                                                              "180000",
                                                              "parallel-syncs",
                                                              "3"})});
    poll.answers["SENTINEL SENTINELS cachemaster"] =
        array_reply({array_of({"name", "peer", "ip", "10.0.0.1", "port", "26379", "runid", "r",
                               "flags", "sentinel"}),
                     array_of({"name", "gone", "ip", "10.0.0.2", "port", "26379", "runid", "s",
                               "flags", "s_down,sentinel,disconnected"})});
    poll.answers["SENTINEL SLAVES cachemaster"] =
        array_reply({array_of({"name", "a", "flags", "slave"}),
                     array_of({"name", "b", "flags", "slave,o_down"}),
                     array_of({"name", "c", "flags", "slave"})});
    poll.answers["SENTINEL CKQUORUM cachemaster"] = text_reply("OK 2 usable Sentinels.");
  }
  ScriptedPoll poll;
  const std::string master = "{master_name=\"cachemaster\",master_address=\"127.0.0.1:7530\"}";
};

TEST_F(Sentinel, ShowsItsOwnState) {
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_masters"), 1);
  EXPECT_EQ(poll.value("redis_sentinel_tilt"), 0);
  EXPECT_EQ(poll.value("redis_sentinel_running_scripts"), 0);
  EXPECT_EQ(poll.value("redis_sentinel_scripts_queue_length"), 0);
  EXPECT_EQ(poll.value("redis_sentinel_simulate_failure_flags"), 0);
  EXPECT_EQ(poll.server.mode, "sentinel");
  EXPECT_EQ(poll.server.role, "");
}

TEST_F(Sentinel, ShowsEachMaster) {
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_master_status{master_name=\"cachemaster\","
                       "master_address=\"127.0.0.1:7530\",master_status=\"ok\"}"),
            1);
  EXPECT_EQ(poll.value("redis_sentinel_master_slaves" + master), 1);
  EXPECT_EQ(poll.value("redis_sentinel_master_sentinels" + master), 1);
  EXPECT_EQ(poll.value("redis_sentinel_master_config_epoch" + master), 2);
  EXPECT_EQ(poll.value("redis_sentinel_master_last_ok_ping_reply_seconds" + master), 0.347);
  EXPECT_EQ(poll.value("redis_sentinel_master_setting_ckquorum" + master), 1);
  EXPECT_EQ(poll.value("redis_sentinel_master_setting_down_after_milliseconds" + master), 30000);
  EXPECT_EQ(poll.value("redis_sentinel_master_setting_failover_timeout" + master), 180000);
  EXPECT_EQ(poll.value("redis_sentinel_master_setting_parallel_syncs" + master), 3);
}

TEST_F(Sentinel, CountsWhoIsNotSeenAsDown) {
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_master_ok_sentinels" + master), 2) << "itself and one peer";
  EXPECT_EQ(poll.value("redis_sentinel_master_ok_slaves" + master), 2);
}

TEST_F(Sentinel, AMissingQuorumIsAnAnswerNotAFailure) {
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_master_ckquorum_status{master_name=\"cachemaster\","
                       "message=\"OK 2 usable Sentinels.\"}"),
            1);
  poll.answers["SENTINEL CKQUORUM cachemaster"] = error_reply("NOQUORUM 1 usable Sentinels.");
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_master_ckquorum_status{master_name=\"cachemaster\","
                       "message=\"NOQUORUM 1 usable Sentinels.\"}"),
            0);
}

TEST_F(Sentinel, NamesItsPeersIfAskedTo) {
  poll.run();
  EXPECT_FALSE(poll.types.contains("redis_sentinel_peer_info"));
  poll.options.sentinel_peers = true;
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_peer_info{master_name=\"cachemaster\","
                       "master_address=\"127.0.0.1:7530\",name=\"peer\",ip=\"10.0.0.1\","
                       "port=\"26379\",runid=\"r\",flags=\"sentinel\"}"),
            1);
}

TEST_F(Sentinel, IsAskedNothingThatOnlyServersKnow) {
  poll.options.config = true;
  poll.answers["SENTINEL CONFIG GET *"] =
      array_of({"resolve-hostnames", "no", "announce-port", "26379", "sentinel-pass", "s3cret"});
  poll.run();
  for (const char* start : {"SLOWLOG", "LATENCY", "CONFIG", "ACL", "CLUSTER"}) {
    EXPECT_FALSE(poll.was_sent_like(start)) << start;
  }
  // redis_exporter's dashboards find these on sentinels too.
  EXPECT_EQ(poll.value("redis_db_keys{db=\"db0\"}"), 0);
  EXPECT_EQ(poll.value("redis_sentinel_config_key_value{key=\"resolve-hostnames\",value=\"no\"}"),
            1);
  EXPECT_EQ(poll.value("redis_sentinel_config_value{key=\"announce-port\"}"), 26379);
  for (const auto& [name, value] : poll.samples) {
    EXPECT_EQ(name.find("s3cret"), std::string::npos) << name;
  }
}

TEST_F(Sentinel, AMasterThatIsDownSaysSo) {
  poll.info(
      "redis_mode:sentinel\nsentinel_masters:1\n"
      "master0:name=m,status=odown,address=10.0.0.1:1,slaves=0,sentinels=3\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_sentinel_master_status{master_name=\"m\","
                       "master_address=\"10.0.0.1:1\",master_status=\"odown\"}"),
            0);
}

}  // namespace
}  // namespace hitwatch::redis
