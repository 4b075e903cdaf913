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
  static std::vector<SlowCommand> commands(const Ids& wanted) {
    std::vector<SlowCommand> out(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) out[i].id = wanted[i];
    return out;
  }

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
  EXPECT_LE(record.slow.at(0).ended.latest, at(13));
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
  ledger.settle("run-1", EventLedger::kSlowLog, 3);  // the other one was on its way

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

TEST_F(RecordedLogs, TwoTargetsThatAreOneServerTellEachEntryOnce) {
  poll_at(0, {});
  Recording::Looks looks;
  Recording other(ledger, looks, "the same");
  other.server_known("run-1", at(14), false);
  other.newest_slow(5);
  other.add_slow(commands({4, 5}));
  poll_at(15, {slow(6, kSecond + 9, 5, {"GET", "b"}), slow(5, kSecond + 9, 5, {"GET", "b"}),
               slow(4, kSecond + 9, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), (Ids{4, 5, 6}));
  EXPECT_TRUE(other.finish()->slow.empty()) << "it read earlier, and came later";
  EXPECT_EQ(ledger.claimed("run-1", EventLedger::kSlowLog), 6);
  poll_at(30, {slow(6, kSecond + 9, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(RecordedLogs, APollThatIsNeverTakenHasToldNothing) {
  poll_at(0, {});
  {
    Recording::Looks looks;
    Recording dropped(ledger, looks, "catalog");
    dropped.server_known("run-1", at(14), false);
    dropped.newest_slow(4);
    dropped.add_slow(commands({4}));
  }
  poll_at(15, {slow(4, kSecond + 9, 5, {"GET", "b"})});
  EXPECT_EQ(ids(), Ids{4});
}

TEST_F(RecordedLogs, EntriesThatComeBetweenTheQuestionsAreAskedForAgain) {
  poll_at(0, {slow(10, kSecond, 5, {"GET", "a"})});
  const auto log_up_to = [](std::int64_t newest, std::int64_t count) {
    std::vector<Reply> log;
    for (std::int64_t id = newest; id > newest - count; --id) {
      log.push_back(slow(id, kSecond + 9, 5, {"GET", "b"}));
    }
    return log;
  };
  // Two are new at first; then thirty more.
  poll.answers["SLOWLOG GET 18"] = array_reply(log_up_to(42, 18));
  poll.answers_to_any["SLOWLOG GET"] = array_reply(log_up_to(42, 42));
  poll.answers["SLOWLOG GET 1"] = array_reply(log_up_to(12, 1));
  poll.now += std::chrono::seconds(15);
  poll.run();
  EXPECT_TRUE(poll.was_sent("SLOWLOG GET 80"));
  EXPECT_EQ(ids().size(), 32U);
  EXPECT_EQ(ids().front(), 11);
  EXPECT_EQ(poll.record->slow_missed, 0U);
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

using Numbers = std::vector<std::int64_t>;

TEST(EventLedgerTest, KeepsTheRunsThatWereUsedLast) {
  EventLedger ledger;
  for (std::size_t i = 0; i <= EventLedger::kMostRuns; ++i) {
    ledger.claim("run-" + std::to_string(i), "fork", {}, 1, true);
    if (i == 10) ledger.claim("run-0", "fork", {}, 2, true);
  }
  EXPECT_EQ(ledger.settled().size(), EventLedger::kMostRuns);
  EXPECT_TRUE(ledger.claimed("run-0", "fork").has_value());
  EXPECT_FALSE(ledger.claimed("run-1", "fork").has_value());
}

TEST(EventLedgerTest, IsSettledUpToTheFirstThatIsNot) {
  EventLedger ledger;
  ledger.claim("run", "fork", Numbers{3, 4, 5}, 5, true);
  EXPECT_EQ(ledger.settled().at("run").at("fork"), 2);
  ledger.settle("run", "fork", 5);
  ledger.settle("run", "fork", 3);
  EXPECT_EQ(ledger.settled().at("run").at("fork"), 3) << "4 is still on its way";
  ledger.settle("run", "fork", 4);
  EXPECT_EQ(ledger.settled().at("run").at("fork"), 5);
}

TEST(EventLedgerTest, WhatIsClaimedIsNobodyElses) {
  EventLedger ledger;
  EXPECT_EQ(ledger.claim("run", "fork", Numbers{3, 4}, 4, true).above, -1);
  EXPECT_EQ(ledger.claim("run", "fork", Numbers{3, 4, 5}, 5, true).above, 4);
  EXPECT_EQ(ledger.claim("run", "fork", Numbers{3}, 3, true).above, 5);
  EXPECT_EQ(ledger.claimed("run", "fork"), 5);
}

TEST(EventLedgerTest, LogsPastTheBoundAreNobodys) {
  EventLedger ledger;
  for (std::size_t i = 0; i < EventLedger::kMostLogs; ++i) {
    ledger.claim("run", "event-" + std::to_string(i), {}, 1, true);
  }
  EXPECT_EQ(ledger.claim("run", "one more", Numbers{7}, 7, true).above,
            std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace hitwatch::redis
