// What need not be asked in every poll, and what makes it asked again.
#include "collectors/redis/standing_answers.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

// A server that counts commands as Redis 7 does. Nothing but what is polled happens to it, unless a
// test says so.
class StandingAnswersTest : public testing::Test {
 protected:
  void SetUp() override {
    set("100", "0");
    poll.answers["LATENCY LATEST"] = array_reply({});
    poll.answers["SLOWLOG GET 1"] = array_reply({});
    poll.answers["SLOWLOG LEN"] = integer_reply(0);
  }
  void set(const std::string& maxclients, const std::string& threshold) {
    const std::string names =
        "CONFIG GET databases client-output-buffer-limit maxclients maxmemory io-threads "
        "repl-backlog-size ";
    for (const char* further : {"", "dir dbfilename "}) {
      poll.answers[names + further + "latency-monitor-threshold"] =
          array_of({"maxclients", maxclients, "latency-monitor-threshold", threshold});
    }
  }
  void run() {
    std::string info =
        fmt::format("redis_version:7.0.15\nrun_id:{}\nuptime_in_seconds:1000\n", run_id);
    for (const auto& [command, count] : calls) {
      if (count > 0 && counts) {
        info += fmt::format("cmdstat_{}:calls={},usec={}\n", command, count, usec);
      }
    }
    ++calls["info"];  // told by the next one
    poll.info(info);
    poll.now += interval;
    poll.run();
    if (poll.was_sent_like("CONFIG GET")) ++calls["config|get"];
  }
  // Until a poll does without CONFIG GET.
  void run_until_it_stands() {
    for (int i = 0; i < 3; ++i) run();
    ASSERT_FALSE(poll.was_sent_like("CONFIG"));
  }
  double maxclients() { return poll.value("redis_config_maxclients"); }

  ScriptedPoll poll;
  std::map<std::string, int> calls;
  std::string run_id = "r";
  int usec = 5;  // of each command
  bool counts = true;
  std::chrono::seconds interval{5};
};

TEST_F(StandingAnswersTest, SettingsAreToldInEveryPollAndAskedForInFew) {
  for (int i = 0; i < 10; ++i) {
    run();
    EXPECT_EQ(maxclients(), 100) << i;
  }
  EXPECT_EQ(calls["config|get"], 2) << "and once more to see that it is counted";
}

TEST_F(StandingAnswersTest, AChangeOfASettingIsToldByTheNextPoll) {
  run_until_it_stands();
  set("200", "0");
  ++calls["config|set"];
  run();
  EXPECT_EQ(maxclients(), 200);
  run();
  EXPECT_EQ(maxclients(), 200);
  EXPECT_FALSE(poll.was_sent_like("CONFIG"));
}

TEST_F(StandingAnswersTest, CountsThatBeganAnewTellOfNoChange) {
  run_until_it_stands();
  set("200", "0");
  calls = {{"config|resetstat", 1}};
  run();
  EXPECT_EQ(maxclients(), 200);
  run_until_it_stands();
  set("300", "0");
  calls = {{"config|resetstat", 1}};
  run();
  EXPECT_EQ(maxclients(), 300) << "once more, between two polls";
}

TEST_F(StandingAnswersTest, CallsOfOthersDoNotHideThatCountsBeganAnew) {
  calls = {{"config|resetstat", 1}};
  for (int i = 0; i < 5; ++i) run();
  run_until_it_stands();
  set("200", "0");
  calls = {{"config|resetstat", 1}, {"config|get", calls["config|get"] + 3}, {"info", 1}};
  run();
  EXPECT_EQ(maxclients(), 200);
}

TEST_F(StandingAnswersTest, ManyCallsOfInfoDoNotHideThatCountsBeganAnew) {
  calls = {{"config|resetstat", 1}};
  for (int i = 0; i < 5; ++i) run();
  run_until_it_stands();
  set("200", "0");
  calls = {{"config|resetstat", 1}, {"config|get", 1000}, {"info", 1000}};
  usec = 6;
  run();
  EXPECT_EQ(maxclients(), 200) << "the time of CONFIG RESETSTAT is another";
}

TEST_F(StandingAnswersTest, AnotherServerBehindTheConnectionIsAskedAtOnce) {
  poll.answers["SLOWLOG LEN"] = integer_reply(4);
  run_until_it_stands();
  EXPECT_EQ(poll.value("redis_slowlog_length"), 4);
  run_id = "another";
  set("200", "10");
  poll.answers["SLOWLOG LEN"] = integer_reply(3);
  poll.answers["LATENCY LATEST"] = array_reply({array_reply(
      {text_reply("fork"), integer_reply(1795253437), integer_reply(7), integer_reply(1200)})});
  run();
  EXPECT_EQ(maxclients(), 200);
  EXPECT_EQ(poll.value("redis_slowlog_length"), 3);
  EXPECT_TRUE(poll.has("redis_latency_spike_last{event_name=\"fork\"}"));
  run_id = "one that has no CONFIG";
  poll.answers.erase(
      "CONFIG GET databases client-output-buffer-limit maxclients maxmemory "
      "io-threads repl-backlog-size latency-monitor-threshold");
  run();
  EXPECT_FALSE(poll.has("redis_config_maxclients"));
}

TEST_F(StandingAnswersTest, WhatNobodySeesChangeIsToldWithinAMinute) {
  run_until_it_stands();
  set("200", "0");
  const auto changed = poll.now;
  do run();
  while (maxclients() != 200 && poll.now < changed + std::chrono::hours(1));
  EXPECT_LE(poll.now - changed, StandingAnswers::kLongest);
}

TEST_F(StandingAnswersTest, AClockThatWasSetBackIsNoAge) {
  run_until_it_stands();
  set("200", "0");
  poll.now -= std::chrono::hours(1);
  run();
  EXPECT_EQ(maxclients(), 200);
}

TEST_F(StandingAnswersTest, AServerThatDoesNotCountSubcommandsIsAskedInEveryPoll) {
  counts = false;
  for (int i = 0; i < 5; ++i) run();
  EXPECT_EQ(calls["config|get"], 5);
}

TEST_F(StandingAnswersTest, OtherOptionsAreOtherSettings) {
  run_until_it_stands();
  poll.options.rdb_file_size = true;
  run();
  EXPECT_TRUE(poll.was_sent_like("CONFIG GET"));
  EXPECT_EQ(maxclients(), 100);
  run_until_it_stands();
  EXPECT_EQ(maxclients(), 100);
  poll.options.config = true;
  poll.answers["CONFIG GET *"] = array_of({"maxclients", "7"});
  run();
  EXPECT_EQ(maxclients(), 7);
  poll.options.config = false;
  run_until_it_stands();
  EXPECT_EQ(maxclients(), 100);
  poll.options.config_command = "-";
  run();
  EXPECT_FALSE(poll.has("redis_config_maxclients"));
}

TEST_F(StandingAnswersTest, AnswersThatAreTooLongAreNotKept) {
  set("100", std::string(5000, '0'));
  for (int i = 0; i < 5; ++i) run();
  EXPECT_EQ(calls["config|get"], 5);
}

TEST_F(StandingAnswersTest, ALatencyMonitorThatIsOffIsNotAskedForEvents) {
  run_until_it_stands();
  EXPECT_FALSE(poll.was_sent("LATENCY LATEST"));
  EXPECT_TRUE(poll.was_sent("LATENCY HISTOGRAM"));
}

TEST_F(StandingAnswersTest, EventsAreToldByTheNextPollWhenItIsSwitchedOn) {
  run_until_it_stands();
  set("100", "10");
  ++calls["config|set"];
  poll.answers["LATENCY LATEST"] = array_reply({array_reply(
      {text_reply("fork"), integer_reply(1795253437), integer_reply(7), integer_reply(1200)})});
  for (int i = 0; i < 4; ++i) {
    run();
    EXPECT_EQ(poll.value("redis_latency_spike_last{event_name=\"fork\"}"), 1795253437) << i;
  }
}

TEST_F(StandingAnswersTest, EventsOfBeforeItWasSwitchedOffAreToldUntilTheyAreReset) {
  poll.answers["LATENCY LATEST"] = array_reply({array_reply(
      {text_reply("fork"), integer_reply(1795253437), integer_reply(7), integer_reply(1200)})});
  run_until_it_stands();
  EXPECT_TRUE(poll.has("redis_latency_spike_last{event_name=\"fork\"}"));
  poll.answers["LATENCY LATEST"] = array_reply({});
  run();
  run();
  EXPECT_FALSE(poll.was_sent("LATENCY LATEST"));
}

TEST_F(StandingAnswersTest, ARecordThatBeginsLaterKnowsThatThereWereNoEvents) {
  run_until_it_stands();
  EventLedger events;
  poll.events = &events;
  run();
  poll.answers["LATENCY LATEST"] = array_reply({array_reply(
      {text_reply("fork"), integer_reply(1795253437), integer_reply(7), integer_reply(7)})});
  poll.answers["LATENCY HISTORY fork"] =
      array_reply({array_reply({integer_reply(1795253437), integer_reply(7)})});
  set("100", "1");
  ++calls["config|set"];
  run();
  ASSERT_EQ(poll.record->latency.size(), 1U);
  EXPECT_EQ(poll.record->latency[0].event, "fork");
}

class SlowlogLengthTest : public StandingAnswersTest {
 protected:
  void SetUp() override {
    StandingAnswersTest::SetUp();
    log_is(7, 128);
  }
  void log_is(std::optional<std::int64_t> newest, std::int64_t length) {
    const auto entry = [](std::int64_t id) {
      return array_reply({integer_reply(id), integer_reply(1795253178), integer_reply(5),
                          array_of({"get", "a"}), text_reply(""), text_reply("")});
    };
    poll.answers["SLOWLOG GET 1"] = newest ? array_reply({entry(*newest)}) : array_reply({});
    poll.answers["SLOWLOG LEN"] = integer_reply(length);
  }
  void run_until_it_stands() {
    for (int i = 0; i < 4; ++i) run();
    ASSERT_FALSE(poll.was_sent("SLOWLOG LEN"));
  }
  double length() { return poll.value("redis_slowlog_length"); }
};

TEST_F(SlowlogLengthTest, IsAskedForWhenTheNewestEntryIsAnother) {
  run_until_it_stands();
  for (const auto& [newest, now] :
       {std::pair(std::optional<std::int64_t>(8), 100), std::pair(std::optional<std::int64_t>(), 0),
        std::pair(std::optional<std::int64_t>(9), 1)}) {
    log_is(newest, now);
    run();
    EXPECT_EQ(length(), now);
    run();
    EXPECT_EQ(length(), now);
    EXPECT_FALSE(poll.was_sent("SLOWLOG LEN"));
  }
}

TEST_F(SlowlogLengthTest, IsAskedForWhenASettingMayHaveCutTheLog) {
  run_until_it_stands();
  log_is(7, 5);
  ++calls["config|set"];
  run();
  EXPECT_EQ(length(), 5);
  run();
  EXPECT_EQ(length(), 5);
  EXPECT_FALSE(poll.was_sent("SLOWLOG LEN"));
}

TEST_F(SlowlogLengthTest, IsAMinuteOldAtMost) {
  run_until_it_stands();
  log_is(7, 5);
  const auto changed = poll.now;
  do run();
  while (length() != 5 && poll.now < changed + std::chrono::hours(1));
  EXPECT_LE(poll.now - changed, StandingAnswers::kLongest);
}

TEST_F(SlowlogLengthTest, IsAskedForInEveryPollWhereNothingTellsOfSettings) {
  counts = false;
  for (const int now : {128, 5, 3}) {
    log_is(7, now);
    run();
    EXPECT_EQ(length(), now);
  }
  counts = true;
  poll.options.config_command = "-";
  for (const int now : {4, 2, 1}) {
    log_is(7, now);
    run();
    EXPECT_EQ(length(), now);
  }
}

}  // namespace
}  // namespace hitwatch::redis
