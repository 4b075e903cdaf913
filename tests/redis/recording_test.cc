// Every entry of a server's slow log and latency history is told once, and when it happened as
// closely as the polls between which it appeared allow.
#include "collectors/redis/recording.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kSecond = 1'800'000'000;  // about which all of this happens

ServerTime at(double seconds_after) {
  return ServerTime(
      microseconds(kSecond * 1'000'000 + static_cast<std::int64_t>(seconds_after * 1e6)));
}

Reply slow(std::int64_t id, std::int64_t second, std::int64_t usec,
           const std::vector<std::string>& args) {
  return array_reply({integer_reply(id), integer_reply(second), integer_reply(usec), array_of(args),
                      text_reply("127.0.0.1:50514"), text_reply("worker-1")});
}

Reply spike(std::int64_t second, std::int64_t length) {
  return array_reply({integer_reply(second), integer_reply(length)});
}

class RecordedLogs : public testing::Test {
 protected:
  void SetUp() override {
    ledger.set_remembers(true);
    poll.events = &ledger;
  }

  // A poll of a server that has this in its slow log (the newest first) at this time of its own.
  const PollRecord& poll_at(double time, std::vector<Reply> log) {
    poll.info("redis_version:7.0.15\nrun_id:" + run + "\nuptime_in_seconds:" + uptime +
              "\nserver_time_usec:" + std::to_string(at(time).time_since_epoch().count()) + "\n");
    poll.answers["SLOWLOG LEN"] = integer_reply(static_cast<std::int64_t>(log.size()));
    std::vector<Reply> newest;
    if (!log.empty()) newest.push_back(log.front());
    poll.answers["SLOWLOG GET 1"] = array_reply(std::move(newest));
    poll.answers_to_any["SLOWLOG GET"] = array_reply(std::move(log));
    poll.now = std::chrono::time_point_cast<std::chrono::system_clock::duration>(at(time));
    poll.run();
    return *poll.record;
  }
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> out;
    for (const SlowCommand& command : poll.record->slow) out.push_back(command.id);
    return out;
  }
  using Ids = std::vector<std::int64_t>;

  std::string run = "run-1";
  std::string uptime = "1000";
  EventLedger ledger;
  ScriptedPoll poll;
};

TEST_F(RecordedLogs, AnEntryIsToldOnceWithAllThatTheLogSays) {
  poll_at(0, {});
  const PollRecord& record = poll_at(15, {slow(4, kSecond + 12, 250'000, {"GET", "catalog:acme"})});
  ASSERT_EQ(record.slow.size(), 1U);
  const SlowCommand& command = record.slow.front();
  EXPECT_EQ(command.id, 4);
  EXPECT_EQ(command.logged_at, kSecond + 12);
  EXPECT_EQ(command.duration, microseconds(250'000));
  EXPECT_EQ(command.args, (std::vector<std::string>{"GET", "catalog:acme"}));
  EXPECT_EQ(command.client_address, "127.0.0.1:50514");
  EXPECT_EQ(command.client_name, "worker-1");
  EXPECT_EQ(record.run, "run-1");
  for (int i = 2; i < 10; ++i) {
    poll_at(15 * i, {slow(4, kSecond + 12, 250'000, {"GET", "catalog:acme"})});
    EXPECT_EQ(ids(), Ids{});
  }
}

TEST_F(RecordedLogs, ItsTimeIsItsSecondWhereThePollsAreFarApart) {
  poll_at(0, {});
  const PollRecord& record = poll_at(15, {slow(0, kSecond + 12, 1000, {"GET", "a"})});
  EXPECT_EQ(record.slow.at(0).ended.earliest, at(12));
  EXPECT_EQ(record.slow.at(0).ended.latest, at(13));
}

TEST_F(RecordedLogs, ItsTimeIsNarrowedByThePollsBetweenWhichItAppeared) {
  poll_at(12.25, {});
  const PollRecord& record = poll_at(12.5, {slow(0, kSecond + 12, 1000, {"GET", "a"})});
  EXPECT_EQ(record.slow.at(0).ended.earliest, at(12.25));
  EXPECT_GE(record.slow.at(0).ended.latest, at(12.5));
  EXPECT_LT(record.slow.at(0).ended.latest, at(13)) << "half a second for this test to get here";
}

TEST_F(RecordedLogs, AClockThatWasSetNarrowsNothing) {
  poll_at(3600, {});
  const PollRecord& record = poll_at(15, {slow(0, kSecond + 12, 1000, {"GET", "a"})});
  EXPECT_EQ(record.slow.at(0).ended.earliest, at(12));
  EXPECT_EQ(record.slow.at(0).ended.latest, at(13));
}

TEST_F(RecordedLogs, SeveralAreToldInTheirOrder) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  poll_at(15, {slow(6, kSecond + 9, 5, {"GET", "d"}), slow(5, kSecond + 8, 5, {"GET", "c"}),
               slow(4, kSecond + 7, 5, {"GET", "b"}), slow(3, kSecond - 1, 5, {"GET", "a"})});
  EXPECT_EQ(ids(), (Ids{4, 5, 6}));
  EXPECT_EQ(poll.record->slow_missed, 0U);
}

TEST_F(RecordedLogs, WhatAShortLogHasLostIsCounted) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  poll_at(15, {slow(20, kSecond + 9, 5, {"GET", "d"})});
  EXPECT_EQ(ids(), Ids{20});
  EXPECT_EQ(poll.record->slow_missed, 16U);
}

TEST_F(RecordedLogs, AnEmptyLogWasLookedAtToo) {
  poll_at(0, {});
  poll_at(15, {slow(20, kSecond + 9, 5, {"GET", "d"})});
  EXPECT_EQ(poll.record->slow_missed, 20U);
}

TEST_F(RecordedLogs, AllThatIsNewIsAskedFor) {
  poll_at(0, {slow(0, kSecond, 5, {"GET", "a"})});
  poll_at(15, {slow(5000, kSecond + 9, 5, {"GET", "d"})});
  EXPECT_TRUE(poll.was_sent("SLOWLOG GET 5016"));
}

TEST_F(RecordedLogs, AResetLosesAndRepeatsNothing) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  poll_at(15, {});
  EXPECT_EQ(ids(), Ids{});
  poll_at(30, {slow(4, kSecond + 20, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), Ids{4});
  EXPECT_EQ(poll.record->slow_missed, 0U);
}

TEST_F(RecordedLogs, ARestartedServerBeginsItsLogAnew) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  run = "run-2";
  uptime = "5";
  poll_at(15, {slow(0, kSecond + 12, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), Ids{0});
  EXPECT_EQ(poll.record->slow_missed, 0U);
}

TEST_F(RecordedLogs, ARestartIsNewsAlsoWhereNothingIsKept) {
  ledger.set_remembers(false);
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  run = "run-2";
  uptime = "5";
  poll_at(15, {slow(0, kSecond + 12, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), Ids{0});
}

TEST_F(RecordedLogs, WhatWasThereBeforeIsNewsOnlyIfThatIsKept) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  EXPECT_EQ(ids(), Ids{3});
  EXPECT_EQ(poll.record->slow_missed, 0U) << "lost before anybody looked";

  EventLedger forgetful;
  poll.events = &forgetful;
  poll_at(15, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  EXPECT_EQ(ids(), Ids{});
  poll_at(30, {slow(4, kSecond + 29, 5, {"GET", "a"})});
  EXPECT_EQ(ids(), Ids{4});
}

TEST_F(RecordedLogs, ADaemonThatStartsAgainGoesOnFromWhatHadArrived) {
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  poll_at(15, {slow(4, kSecond + 9, 5, {"GET", "b"}), slow(3, kSecond - 1, 5, {"GET", "a"})});
  ledger.settle_slow("run-1", 3);  // the other one was on its way

  EventLedger next;
  next.set_remembers(true);
  next.restore(ledger.settled());
  poll.events = &next;
  poll.looks = {};
  poll.remembered = {};
  poll_at(30, {slow(5, kSecond + 20, 5, {"GET", "c"}), slow(4, kSecond + 9, 5, {"GET", "b"}),
               slow(3, kSecond - 1, 5, {"GET", "a"})});
  EXPECT_EQ(ids(), (Ids{4, 5}));
}

TEST_F(RecordedLogs, AServerWithoutRunIdsIsKnownByItsTarget) {
  run = "";
  poll_at(0, {slow(3, kSecond - 1, 5, {"GET", "a"})});
  EXPECT_EQ(poll.record->run, "catalog");
  poll_at(15, {slow(1, kSecond + 9, 5, {"GET", "c"}), slow(0, kSecond + 8, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), (Ids{0, 1})) << "ids that went back are those of a log that began anew";
}

TEST_F(RecordedLogs, NonsenseIsBounded) {
  poll_at(0, {});
  const PollRecord& record = poll_at(15, {slow(0, INT64_MAX, INT64_MAX, {"GET", "b"})});
  ASSERT_EQ(record.slow.size(), 1U);
  EXPECT_EQ(record.slow[0].logged_at, kLatestSecond);
  EXPECT_EQ(record.slow[0].duration, milliseconds(kLongestMilliseconds));
}

class RecordedLatency : public RecordedLogs {
 protected:
  void latest(std::int64_t second, std::int64_t length) {
    poll.answers["LATENCY LATEST"] = array_reply({array_reply(
        {text_reply("fork"), integer_reply(second), integer_reply(length), integer_reply(99)})});
  }
  void history(std::vector<Reply> spikes) {
    poll.answers["LATENCY HISTORY fork"] = array_reply(std::move(spikes));
  }
  std::vector<std::int64_t> times() const {
    std::vector<std::int64_t> out;
    for (const LatencyEvent& event : poll.record->latency) out.push_back(event.logged_at - kSecond);
    return out;
  }
};

TEST_F(RecordedLatency, EachEntryOfAHistoryIsToldOnce) {
  latest(kSecond + 8, 30);
  history({spike(kSecond + 3, 20), spike(kSecond + 8, 30)});
  const PollRecord& record = poll_at(15, {});
  ASSERT_EQ(record.latency.size(), 2U);
  EXPECT_EQ(record.latency[1].event, "fork");
  EXPECT_EQ(record.latency[1].duration, milliseconds(30));
  EXPECT_EQ(record.latency[1].ended.earliest, at(8));
  EXPECT_EQ(record.latency[1].ended.latest, at(9));
  poll_at(30, {});
  EXPECT_EQ(times(), Ids{});
  EXPECT_FALSE(poll.was_sent("LATENCY HISTORY fork"));
  latest(kSecond + 40, 50);
  history({spike(kSecond + 3, 20), spike(kSecond + 8, 30), spike(kSecond + 40, 50)});
  poll_at(45, {});
  EXPECT_EQ(times(), Ids{40});
}

TEST_F(RecordedLatency, ASecondThatIsNotOverMayStillGrow) {
  latest(kSecond + 15, 30);
  history({spike(kSecond + 14, 10), spike(kSecond + 15, 30)});
  poll_at(15.5, {});
  EXPECT_EQ(times(), Ids{14});
  latest(kSecond + 15, 80);
  history({spike(kSecond + 14, 10), spike(kSecond + 15, 80)});
  poll_at(30, {});
  ASSERT_EQ(times(), Ids{15});
  EXPECT_EQ(poll.record->latency[0].duration, milliseconds(80));
}

TEST_F(RecordedLatency, WhatWasThereBeforeIsNoNewsWhereNothingIsKept) {
  ledger.set_remembers(false);
  latest(kSecond + 8, 30);
  history({spike(kSecond + 8, 30)});
  poll_at(15, {});
  EXPECT_EQ(times(), Ids{});
  latest(kSecond + 20, 30);
  history({spike(kSecond + 8, 30), spike(kSecond + 20, 30)});
  poll_at(30, {});
  EXPECT_EQ(times(), Ids{20});
}

TEST_F(RecordedLatency, NothingIsAskedForWhereNobodyRecords) {
  poll.events = nullptr;
  latest(kSecond + 8, 30);
  poll.info("redis_version:7.0.15\n");
  poll.run();
  EXPECT_FALSE(poll.was_sent("LATENCY HISTORY fork"));
}

TEST(EventLedgerTest, KeepsTheRunsThatWereUsedLast) {
  EventLedger ledger;
  for (std::size_t i = 0; i <= EventLedger::kMostRuns; ++i) {
    ledger.settle_slow("run-" + std::to_string(i), 1);
    if (i == 10) ledger.settle_slow("run-0", 2);
  }
  EXPECT_EQ(ledger.settled().size(), EventLedger::kMostRuns);
  EXPECT_TRUE(ledger.handed("run-0").has_value());
  EXPECT_FALSE(ledger.handed("run-1").has_value());
}

TEST(EventLedgerTest, SettlingGoesForwardOnly) {
  EventLedger ledger;
  ledger.settle_slow("run", 5);
  ledger.settle_slow("run", 3);
  ledger.settle_latency("run", "fork", 20);
  ledger.settle_latency("run", "fork", 10);
  EXPECT_EQ(ledger.settled().at("run").slow, 5);
  EXPECT_EQ(ledger.settled().at("run").latency.at("fork"), 20);
}

}  // namespace
}  // namespace hitwatch::redis
