#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

Reply histogram(std::int64_t calls, const std::vector<std::int64_t>& buckets) {
  std::vector<Reply> pairs;
  for (const std::int64_t number : buckets) pairs.push_back(integer_reply(number));
  return array_reply({text_reply("calls"), integer_reply(calls), text_reply("histogram_usec"),
                      array_reply(std::move(pairs))});
}

TEST(Latency, SpikesAreInSeconds) {
  ScriptedPoll poll;
  poll.answers["LATENCY LATEST"] = array_reply({array_reply(
      {text_reply("fork"), integer_reply(1795253437), integer_reply(7), integer_reply(1200)})});
  poll.run();
  EXPECT_EQ(poll.value("redis_latency_spike_last{event_name=\"fork\"}"), 1795253437);
  EXPECT_EQ(poll.value("redis_latency_spike_duration_seconds{event_name=\"fork\"}"), 0.007);
  EXPECT_EQ(poll.value("redis_latency_spike_max_seconds{event_name=\"fork\"}"), 1.2);
}

TEST(Latency, HistogramsKeepTheServersBucketsAndTakeTheSumFromCommandstats) {
  ScriptedPoll poll;
  poll.info(
      "redis_version:7.0.15\ncmdstat_config|get:calls=3,usec=500\n"
      "cmdstat_georadius_ro:calls=2,usec=70\n");
  poll.answers["LATENCY HISTOGRAM"] = array_reply(
      {text_reply("config|get"), histogram(3, {1, 1, 66, 3}), text_reply("georadius_ro"),
       histogram(2, {33, 2}), text_reply("brand-new"), histogram(1, {8, 1})});
  poll.run();
  const std::string name = "redis_commands_latencies_usec";
  EXPECT_EQ(poll.value(name + "_bucket{cmd=\"config|get\",le=\"1\"}"), 1);
  EXPECT_EQ(poll.value(name + "_bucket{cmd=\"config|get\",le=\"66\"}"), 3);
  EXPECT_EQ(poll.value(name + "_bucket{cmd=\"config|get\",le=\"+Inf\"}"), 3);
  EXPECT_EQ(poll.value(name + "_sum{cmd=\"config|get\"}"), 500);
  EXPECT_EQ(poll.value(name + "_count{cmd=\"config|get\"}"), 3);
  EXPECT_EQ(poll.value(name + "_sum{cmd=\"georadius_ro\"}"), 70) << "names with _ have a sum too";
  EXPECT_EQ(poll.value(name + "_sum{cmd=\"brand-new\"}"), 0) << "not in INFO yet";
  EXPECT_EQ(poll.types[name], metrics::Type::kHistogram);
}

TEST(Latency, HistogramsAreNotAskedOfServersWithoutThem) {
  ScriptedPoll poll;
  poll.info("redis_version:6.2.16\n");
  poll.run();
  EXPECT_TRUE(poll.was_sent("LATENCY LATEST"));
  EXPECT_FALSE(poll.was_sent("LATENCY HISTOGRAM"));
  poll.info("redis_version:7.0.0\n");
  poll.run();
  EXPECT_TRUE(poll.was_sent("LATENCY HISTOGRAM"));
}

TEST(Latency, CanBeLeftOut) {
  ScriptedPoll poll;
  poll.options.latency = false;
  poll.info("redis_version:7.0.15\n");
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("LATENCY"));
}

TEST(Latency, RepliesOfAnotherShapeAddNothing) {
  ScriptedPoll poll;
  poll.info("redis_version:7.0.15\n");
  poll.answers["LATENCY LATEST"] = array_reply(
      {text_reply("x"), array_reply({}), array_reply({error_reply("ERR"), {}, {}, {}})});
  poll.answers["LATENCY HISTOGRAM"] =
      array_reply({text_reply("get"), text_reply("calls"), text_reply("odd")});
  poll.run();
  for (const auto& [name, value] : poll.samples) {
    EXPECT_EQ(name.find("latenc"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace hitwatch::redis
