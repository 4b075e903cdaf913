// Checks of streams against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/keyspace/checks_driver.h"

namespace hitwatch::keyspace {
namespace {

using test::RedisServer;
using testing::ElementsAre;
using testing::IsEmpty;

class CheckedStreams : public testing::Test {
 protected:
  void write_stream(const std::string& name) {
    for (const char* id : {"1000-0", "2000-5", "3000-0"}) {
      server.command({"XADD", name, id, "field", "value"});
    }
    server.command({"XGROUP", "CREATE", name, "readers", "0"});
    server.command({"XREADGROUP", "GROUP", "readers", "alice", "COUNT", "2", "STREAMS", name, ">"});
  }

  RedisServer server;
  ChecksDriver driver{server.url()};
};

TEST_F(CheckedStreams, ShowTheirGroupsAndConsumers) {
  write_stream("orders");
  driver.options.streams = {{0, "ord*"}};
  driver.run();
  EXPECT_TRUE(driver.result.complete) << testing::PrintToString(driver.result.notes);
  const std::string stream = R"(db="db0",stream="orders")";
  EXPECT_EQ(driver.value("stream_length", stream), 3);
  EXPECT_EQ(driver.value("stream_groups", stream), 1);
  EXPECT_EQ(driver.value("stream_radix_tree_keys", stream), 1);
  EXPECT_EQ(driver.value("stream_radix_tree_nodes", stream), 2);
  EXPECT_EQ(driver.value("stream_first_entry_id", stream), 1000);
  EXPECT_EQ(driver.value("stream_last_entry_id", stream), 3000);
  EXPECT_EQ(driver.value("stream_last_generated_id", stream), 3000);
  EXPECT_EQ(driver.value("stream_max_deleted_entry_id", stream), 0);
  EXPECT_EQ(driver.value("stream_entries_added_total", stream), 3);
  const std::string group = stream + R"(,group="readers")";
  EXPECT_EQ(driver.value("stream_group_consumers", group), 1);
  EXPECT_EQ(driver.value("stream_group_messages_pending", group), 2);
  EXPECT_EQ(driver.value("stream_group_last_delivered_id", group), 2000);
  EXPECT_EQ(driver.value("stream_group_entries_read", group), 2);
  EXPECT_EQ(driver.value("stream_group_lag", group), 1);
  const std::string consumer = group + R"(,consumer="alice")";
  EXPECT_EQ(driver.value("stream_group_consumer_messages_pending", consumer), 2);
  EXPECT_GE(driver.value("stream_group_consumer_idle_seconds", consumer), 0);
}

TEST_F(CheckedStreams, AnUnknownLagIsAbsentAndNotZero) {
  write_stream("orders");
  server.command({"XGROUP", "CREATE", "orders", "late", "1500-0"});
  server.command({"XDEL", "orders", "2000-5"});
  driver.options.single_streams = {{0, "orders"}};
  driver.run();
  EXPECT_THAT(driver.series("stream_group_consumers"),
              ElementsAre(R"(db="db0",stream="orders",group="late" 0)",
                          R"(db="db0",stream="orders",group="readers" 1)"));
  for (const std::string& series : driver.series("stream_group_lag")) {
    EXPECT_EQ(series.find("late"), std::string::npos) << series;
  }
}

TEST_F(CheckedStreams, AnEmptyStreamHasNoFirstEntry) {
  server.command({"XGROUP", "CREATE", "new", "g", "0", "MKSTREAM"});
  driver.options.single_streams = {{0, "new"}};
  driver.run();
  EXPECT_EQ(driver.value("stream_length", R"(db="db0",stream="new")"), 0);
  EXPECT_THAT(driver.series("stream_first_entry_id"), IsEmpty());
}

TEST_F(CheckedStreams, OtherKeysAreNotAskedForStreams) {
  server.command({"SET", "text", "x"});
  write_stream("orders");
  const std::uint64_t before = lookups_of(server);
  driver.options.streams = {{0, "*"}};
  driver.options.single_streams = {{0, "text"}, {0, "gone"}, {4, "gone"}, {0, "orders"}};
  driver.run();
  EXPECT_EQ(driver.series("stream_length").size(), 1U);
  EXPECT_EQ(errors_of(server), 0U);
  EXPECT_EQ(driver.lookups(), lookups_of(server) - before);
}

TEST_F(CheckedStreams, ConsumersAreLeftOutIfNobodyWantsThem) {
  write_stream("orders");
  driver.options.streams = {{0, "*"}};
  driver.options.stream_consumers = false;
  driver.run();
  EXPECT_EQ(driver.series("stream_group_consumers").size(), 1U);
  EXPECT_THAT(driver.series("stream_group_consumer_messages_pending"), IsEmpty());
  EXPECT_LT(info_number(server, "cmdstat_xinfo|consumers"), 0);
}

TEST_F(CheckedStreams, ManyStreamsAreReadAFewAtATime) {
  for (int i = 0; i < 50; ++i) write_stream("s" + std::to_string(i));
  driver.options.streams = {{0, "s*"}};
  driver.run();
  EXPECT_EQ(driver.series("stream_length").size(), 50U);
  EXPECT_EQ(driver.series("stream_group_consumer_idle_seconds").size(), 50U);
}

TEST_F(CheckedStreams, MoreGroupsThanTheBoundAreLeftOutWhole) {
  server.command({"XADD", "many", "*", "f", "v"});
  server.command(
      {"EVAL", "for i=1,10001 do redis.call('XGROUP', 'CREATE', 'many', 'g'..i, '0') end", "0"});
  write_stream("orders");
  driver.options.single_streams = {{0, "many"}, {0, "orders"}};
  driver.run();
  EXPECT_EQ(driver.value("stream_groups", R"(db="db0",stream="many")"), 10'001);
  EXPECT_EQ(driver.series("stream_group_consumers").size(), 1U);
  EXPECT_TRUE(driver.has_note("the groups of 1 streams are left out"));
}

}  // namespace
}  // namespace hitwatch::keyspace
