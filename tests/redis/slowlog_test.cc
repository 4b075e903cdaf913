// Every slow log entry is counted once, whatever happens between polls.
#include <gtest/gtest.h>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

Reply entry(std::int64_t id, std::int64_t usec, const std::vector<std::string>& args) {
  return array_reply({integer_reply(id), integer_reply(1795253178), integer_reply(usec),
                      array_of(args), text_reply("127.0.0.1:1"), text_reply("")});
}

class SlowLog : public testing::Test {
 protected:
  void SetUp() override { server("run-1", 1000); }

  void server(const std::string& run_id, int uptime) {
    poll.info("redis_version:7.0.15\nrun_id:" + run_id +
              "\nuptime_in_seconds:" + std::to_string(uptime) + "\n");
  }
  // The log holds `entries`, newest first, after which the server is polled.
  void log_is(std::vector<Reply> entries) {
    poll.answers["SLOWLOG LEN"] = integer_reply(static_cast<std::int64_t>(entries.size()));
    std::vector<Reply> newest;
    if (!entries.empty()) newest.push_back(entries.front());
    poll.answers["SLOWLOG GET 1"] = array_reply(std::move(newest));
    poll.answers_to_any["SLOWLOG GET"] = array_reply(std::move(entries));
    poll.now += std::chrono::seconds(15);
    poll.run();
  }
  double entries(const std::string& cmd) {
    return poll.value("redis_slowlog_entries_total{cmd=\"" + cmd + "\"}");
  }
  double seconds(const std::string& cmd) {
    return poll.value("redis_slowlog_seconds_total{cmd=\"" + cmd + "\"}");
  }

  ScriptedPoll poll;
};

TEST_F(SlowLog, ShowsTheNewestEntry) {
  log_is({entry(145, 119, {"latency", "histogram"})});
  EXPECT_EQ(poll.value("redis_slowlog_length"), 1);
  EXPECT_EQ(poll.value("redis_slowlog_last_id"), 145);
  EXPECT_EQ(poll.value("redis_last_slow_execution_duration_seconds"), 0.000119);
}

TEST_F(SlowLog, AnEmptyLogHasZeros) {
  log_is({});
  EXPECT_EQ(poll.value("redis_slowlog_length"), 0);
  EXPECT_EQ(poll.value("redis_slowlog_last_id"), 0);
  EXPECT_EQ(poll.value("redis_last_slow_execution_duration_seconds"), 0);
  EXPECT_EQ(entries("other"), 0);
}

TEST_F(SlowLog, WhatIsThereAtTheFirstPollIsNotCounted) {
  log_is({entry(7, 10, {"get", "a"}), entry(6, 10, {"get", "b"})});
  EXPECT_EQ(entries("other"), 0);
  EXPECT_FALSE(poll.has("redis_slowlog_entries_total{cmd=\"get\"}"));
}

TEST_F(SlowLog, ANewEntryIsCountedOnceWithoutASecondQuestion) {
  log_is({});
  log_is({entry(0, 2'000'000, {"GET", "a"})});
  EXPECT_EQ(entries("get"), 1);
  EXPECT_EQ(seconds("get"), 2);
  EXPECT_EQ(poll.sent.size(), 7U) << "INFO, CONFIG, two LATENCY, two SLOWLOG, ACL LOG";
  log_is({entry(0, 2'000'000, {"GET", "a"})});
  EXPECT_EQ(entries("get"), 1);
}

TEST_F(SlowLog, SeveralNewEntriesAreFetchedAndCountedOnce) {
  log_is({entry(3, 5, {"get", "a"})});
  log_is({entry(6, 1'000'000, {"set", "a"}), entry(5, 1'000'000, {"get", "a"}),
          entry(4, 500'000, {"set", "a"}), entry(3, 5, {"get", "a"})});
  EXPECT_EQ(entries("set"), 2);
  EXPECT_EQ(seconds("set"), 1.5);
  EXPECT_EQ(entries("get"), 1);
  EXPECT_TRUE(poll.was_sent("SLOWLOG GET 19"));
}

TEST_F(SlowLog, EntriesThatTheServerDroppedCountAsOther) {
  log_is({entry(3, 5, {"get", "a"})});
  log_is({entry(103, 5, {"get", "a"}), entry(102, 5, {"get", "a"})});
  EXPECT_EQ(entries("get"), 2);
  EXPECT_EQ(entries("other"), 98);
}

TEST_F(SlowLog, TheQuestionIsBounded) {
  log_is({entry(3, 5, {"get", "a"})});
  log_is({entry(1'000'000, 5, {"get", "a"})});
  EXPECT_TRUE(poll.was_sent("SLOWLOG GET 10000"));
  EXPECT_EQ(entries("get") + entries("other"), 1'000'000 - 3);
}

TEST_F(SlowLog, NewEntriesAreKeptAsTheyAre) {
  log_is({});
  EXPECT_TRUE(poll.slow.empty());
  log_is({entry(1, 119, {"SET", "a", "b"}), entry(0, 20, {"GET", "a"})});
  ASSERT_EQ(poll.slow.size(), 2U);
  EXPECT_EQ(poll.slow[0].id, 1);
  EXPECT_EQ(poll.slow[0].logged_at, 1795253178);
  EXPECT_EQ(poll.slow[0].duration, std::chrono::microseconds(119));
  EXPECT_EQ(poll.slow[0].args, (std::vector<std::string>{"SET", "a", "b"}));
  EXPECT_EQ(poll.slow[0].client_address, "127.0.0.1:1");
  log_is({entry(1, 119, {"SET", "a", "b"})});
  EXPECT_TRUE(poll.slow.empty());
}

TEST_F(SlowLog, OfALogThatIsSeenForTheFirstTimeTheNewestEntryIsKept) {
  log_is({entry(7, 10, {"get", "a"}), entry(6, 10, {"get", "b"})});
  ASSERT_EQ(poll.slow.size(), 1U);
  EXPECT_EQ(poll.slow[0].id, 7);
  EXPECT_EQ(entries("other"), 0);
}

TEST_F(SlowLog, OfManyNewEntriesTheNewestAreKept) {
  log_is({});
  std::vector<Reply> many;
  for (int id = 199; id >= 0; --id) many.push_back(entry(id, 5, {"get", "a"}));
  log_is(std::move(many));
  ASSERT_EQ(poll.slow.size(), kMostSlowCommands);
  EXPECT_EQ(poll.slow.front().id, 199);
  EXPECT_EQ(entries("get"), 200);
}

TEST_F(SlowLog, ARestartBeginsIdsAnewAndTotalsStay) {
  log_is({});
  log_is({entry(0, 1'000'000, {"get", "a"})});
  server("run-2", 3);
  log_is({entry(1, 1'000'000, {"get", "a"}), entry(0, 1'000'000, {"get", "a"})});
  EXPECT_EQ(entries("get"), 3);
  EXPECT_EQ(seconds("get"), 3);
}

TEST_F(SlowLog, AnotherServerBehindTheAddressBringsNoOldNews) {
  log_is({});
  log_is({entry(0, 1'000'000, {"get", "a"})});
  server("run-2", 86'400);
  log_is({entry(50, 5, {"get", "a"}), entry(49, 5, {"get", "a"})});
  EXPECT_EQ(entries("get"), 1);
  log_is({entry(51, 5, {"get", "a"}), entry(50, 5, {"get", "a"})});
  EXPECT_EQ(entries("get"), 2);
}

TEST_F(SlowLog, AResetLogIsNotCountedAgain) {
  log_is({entry(8, 5, {"get", "a"})});
  log_is({});
  log_is({entry(9, 5, {"get", "a"})});
  EXPECT_EQ(entries("get"), 1);
}

TEST_F(SlowLog, NamesCommandsAsCommandstatsDoes) {
  log_is({});
  log_is({entry(0, 5, {"CONFIG", "GET", "*"})});
  log_is({entry(1, 5, {"EVAL", "return 1", "0"})});
  log_is({entry(2, 5, {})});
  log_is({entry(3, 5, {std::string(200, 'x')})});
  EXPECT_EQ(entries("config|get"), 1);
  EXPECT_EQ(entries("eval"), 1);
  EXPECT_EQ(entries("other"), 2);
}

TEST_F(SlowLog, TellsApartFiveHundredCommandsAndNoMore) {
  log_is({});
  for (int id = 0; id < 600;) {
    std::vector<Reply> entries;
    for (int i = 0; i < 10; ++i, ++id) {
      entries.insert(entries.begin(), entry(id, 5, {"module.cmd" + std::to_string(id)}));
    }
    log_is(std::move(entries));
  }
  EXPECT_LE(poll.remembered.slowlog.size(), 501U);
  EXPECT_GE(entries("other"), 100);
}

TEST_F(SlowLog, ARefusedLogHasNoCounters) {
  poll.run();
  EXPECT_FALSE(poll.has("redis_slowlog_entries_total{cmd=\"other\"}"));
}

TEST_F(SlowLog, HostileIdsDoNoHarm) {
  log_is({entry(1, 5, {"get", "a"})});
  log_is({entry(INT64_MAX, 5, {"get", "a"})});
  log_is({entry(INT64_MIN, INT64_MIN, {"get", "a"})});
  log_is({entry(2, 5, {"get", "a"})});
  EXPECT_EQ(entries("get"), 1);
}

TEST_F(SlowLog, CommandLogIsAskedOfValkeyThatHasIt) {
  poll.answers["COMMANDLOG LEN slow"] = integer_reply(1);
  poll.answers["COMMANDLOG LEN large-request"] = integer_reply(2);
  poll.answers["COMMANDLOG LEN large-reply"] = integer_reply(3);
  poll.info("redis_version:7.2.4\nvalkey_version:8.0.1\n");
  poll.run();
  EXPECT_FALSE(poll.was_sent_like("COMMANDLOG"));
  poll.info("redis_version:7.2.4\nvalkey_version:8.1.0\n");
  poll.run();
  EXPECT_EQ(poll.value("redis_commandlog_slow_length"), 1);
  EXPECT_EQ(poll.value("redis_commandlog_large_request_length"), 2);
  EXPECT_EQ(poll.value("redis_commandlog_large_reply_length"), 3);
}

}  // namespace
}  // namespace hitwatch::redis
