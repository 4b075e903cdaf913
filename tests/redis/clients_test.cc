#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

class Clients : public testing::Test {
 protected:
  void list_is(const std::string& list) {
    poll.info("redis_version:7.4.1\n");
    poll.answers["CLIENT LIST"] = text_reply(list);
    poll.run();
  }
  ScriptedPoll poll;
};

TEST_F(Clients, AreNotListedUnlessAskedFor) {
  list_is("id=1 addr=127.0.0.1:5 name=\n");
  EXPECT_FALSE(poll.was_sent("CLIENT LIST"));
}

TEST_F(Clients, EachConnectionHasItsFigures) {
  poll.options.client_list = true;
  list_is(data_file("redis-7.4.1/client-list.txt"));
  const std::string who = "{id=\"149\",name=\"\"}";
  EXPECT_EQ(poll.value("redis_connected_client_info{id=\"149\",name=\"\",flags=\"N\",db=\"0\","
                       "host=\"127.0.0.1\",user=\"default\",resp=\"2\"}"),
            1);
  EXPECT_EQ(poll.value("redis_connected_client_created_at_timestamp" + who), 1'800'000'000);
  EXPECT_EQ(poll.value("redis_connected_client_idle_since_timestamp" + who), 1'800'000'000);
  EXPECT_EQ(poll.value("redis_connected_client_query_buffer_length_bytes" + who), 26);
  EXPECT_EQ(poll.value("redis_connected_client_query_buffer_free_space_bytes" + who), 16360);
  EXPECT_EQ(poll.value("redis_connected_client_total_memory_consumed_bytes" + who), 33602);
  EXPECT_EQ(poll.value("redis_connected_client_shard_channel_subscriptions_count" + who), 0);
  EXPECT_EQ(poll.value("redis_connected_client_shard_channel_watched_keys" + who), 0);
}

TEST_F(Clients, OlderServersLackSomeFigures) {
  poll.options.client_list = true;
  list_is(data_file("redis-6.2.16/client-list.txt"));
  bool seen = false;
  for (const auto& [name, value] : poll.samples) {
    seen = seen || name.starts_with("redis_connected_client_info");
    EXPECT_EQ(name.find("resp="), std::string::npos) << name;
    EXPECT_EQ(name.find("shard_channel"), std::string::npos) << name;
  }
  EXPECT_TRUE(seen);
}

TEST_F(Clients, ThePortIsALabelOnlyIfAskedFor) {
  poll.options.client_list = true;
  poll.options.client_port = true;
  list_is("id=1 addr=[::1]:52000 name=a age=10 idle=4 flags=N db=0\n");
  EXPECT_EQ(poll.value("redis_connected_client_info{id=\"1\",name=\"a\",flags=\"N\",db=\"0\","
                       "host=\"[::1]\",port=\"52000\"}"),
            1);
  EXPECT_EQ(poll.value("redis_connected_client_created_at_timestamp{id=\"1\",name=\"a\"}"),
            1'799'999'990);
  EXPECT_EQ(poll.value("redis_connected_client_idle_since_timestamp{id=\"1\",name=\"a\"}"),
            1'799'999'996);
}

TEST_F(Clients, GroupsAreFew) {
  poll.options.client_groups = true;
  std::string list;
  for (int i = 0; i < 50; ++i) list += "id=" + std::to_string(i) + " name=app user=shop idle=5\n";
  list += "id=90 name=app user=shop idle=100\nid=91 name=app user=shop idle=4000\n";
  for (int i = 0; i < 300; ++i) {
    list += "id=" + std::to_string(1000 + i) + " name=w" + std::to_string(i) + " user=u idle=0\n";
  }
  list_is(list);
  const std::string name = "redis_connected_client_group_connections";
  EXPECT_EQ(poll.value(name + "{name=\"app\",user=\"shop\",idle=\"under_1m\"}"), 50);
  EXPECT_EQ(poll.value(name + "{name=\"app\",user=\"shop\",idle=\"1m_to_1h\"}"), 1);
  EXPECT_EQ(poll.value(name + "{name=\"app\",user=\"shop\",idle=\"over_1h\"}"), 1);
  EXPECT_EQ(poll.value(name + "{name=\"other\",user=\"other\",idle=\"under_1m\"}"), 201);
  EXPECT_FALSE(poll.has("redis_connected_client_info"));
}

TEST_F(Clients, NonsenseIsPassedOver) {
  poll.options.client_list = true;
  poll.options.client_groups = true;
  list_is("\n\nname=x\n=1 id=\nid=5\n");
  EXPECT_EQ(poll.value("redis_connected_client_info{id=\"5\",name=\"\",flags=\"\",db=\"\","
                       "host=\"\"}"),
            1);
}

}  // namespace
}  // namespace hitwatch::redis
