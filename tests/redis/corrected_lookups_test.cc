// Hits and misses of applications: the server's count less our own looks at keys.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include "collectors/redis/probe_ledger.h"
#include "tests/redis/scripted_poll.h"

namespace hitwatch::redis {
namespace {

class CorrectedLookups : public testing::Test {
 protected:
  CorrectedLookups() { poll.probes = &ledger; }

  struct Info {
    double hits = 0;
    double misses = 0;
    std::string run_id = "run-1";
    double connections = 1;
    double commands = 1000;
    double info_calls = 10;
    int uptime = 0;  // 0: has just started
  };
  void server_says(const Info& info) {
    poll.info(
        fmt::format("redis_version:7.0.15\r\nrole:master\r\nrun_id:{}\r\nuptime_in_seconds:{}\r\n"
                    "total_connections_received:{}\r\ntotal_commands_processed:{}\r\n"
                    "keyspace_hits:{}\r\nkeyspace_misses:{}\r\n"
                    "cmdstat_info:calls={},usec=1,usec_per_call=1.00\r\n",
                    info.run_id, info.uptime, info.connections, info.commands, info.hits,
                    info.misses, info.info_calls));
    poll.now += std::chrono::seconds(15);
    poll.run();
  }
  void server_says(double hits, double misses, const std::string& run_id = "run-1") {
    server_says({.hits = hits, .misses = misses, .run_id = run_id});
  }
  double hits() const { return poll.value("redis_keyspace_hits_corrected_total"); }
  double misses() const { return poll.value("redis_keyspace_misses_corrected_total"); }
  // What people are shown.
  double shown_hits() const { return poll.remembered.lookups.hits.of_applications; }
  double shown_misses() const { return poll.remembered.lookups.misses.of_applications; }

  ProbeLedger ledger;
  ScriptedPoll poll;
};

TEST_F(CorrectedLookups, AreTheServersLessOurs) {
  server_says(1000, 100);
  EXPECT_EQ(hits(), 1000);
  EXPECT_EQ(misses(), 100);
  ledger.sent("run-1", "a", 10);
  ledger.missed("run-1", 3);
  server_says(1107, 113);
  EXPECT_EQ(hits(), 1100);
  EXPECT_EQ(misses(), 110);
  EXPECT_EQ(poll.value("redis_keyspace_hits_total"), 1107);
  EXPECT_EQ(poll.value("redis_keyspace_misses_total"), 113);
}

TEST_F(CorrectedLookups, OfATargetThatIsNewInThisProcessDoNotHoldItsProbesTwice) {
  ledger.sent("run-1", "another target at this server", 20);
  server_says(120, 0);
  EXPECT_EQ(hits(), 100);
  server_says(130, 0);
  EXPECT_EQ(hits(), 110);
}

TEST_F(CorrectedLookups, ForPeopleAreThoseSinceTheServersStart) {
  ledger.sent("run-1", "a", 10);
  ledger.missed("run-1", 3);
  server_says(107, 13);
  EXPECT_EQ(shown_hits(), 100);
  EXPECT_EQ(shown_misses(), 10);
  ledger.sent("run-1", "a", 5);
  server_says(120, 13);
  EXPECT_EQ(shown_hits(), 108);
}

TEST_F(CorrectedLookups, ForPeopleAreNeverLessThanNone) {
  ledger.sent("run-1", "a", 20);
  server_says(5, 0);
  EXPECT_EQ(shown_hits(), 0);
  EXPECT_EQ(hits(), 0);
}

TEST_F(CorrectedLookups, AResetWhileTheDaemonWasAwayHidesNothing) {
  ledger.sent("run-1", "a", 5000);  // as the former process has left it
  server_says(40, 0);
  EXPECT_EQ(hits(), 40);
  server_says(50, 0);
  EXPECT_EQ(hits(), 50);
}

TEST_F(CorrectedLookups, WithoutALedgerAreTheServersOwn) {
  poll.probes = nullptr;
  server_says(107, 13);
  EXPECT_EQ(shown_hits(), 107);
  EXPECT_EQ(shown_misses(), 13);
  server_says(110, 14);
  EXPECT_EQ(hits(), 110);
  EXPECT_EQ(misses(), 14);
}

TEST_F(CorrectedLookups, AreAbsentWhereTheServerCountsNone) {
  poll.info("redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:run-1\r\n");
  poll.run();
  EXPECT_FALSE(poll.has("redis_keyspace_hits_corrected_total"));
  EXPECT_FALSE(poll.has("redis_keyspace_misses_corrected_total"));
}

TEST_F(CorrectedLookups, DoNotFallWhileProbesAreOnTheirWay) {
  server_says(100, 0);
  server_says(110, 0);
  ledger.sent("run-1", "a", 20);
  server_says(115, 0);
  EXPECT_EQ(hits(), 110);
  server_says(135, 0);
  EXPECT_EQ(hits(), 115);
}

TEST_F(CorrectedLookups, ARestartedServerCountsFromItsStart) {
  server_says(0, 0);
  ledger.sent("run-1", "a", 20);
  server_says(1020, 5);
  EXPECT_EQ(hits(), 1000);
  ledger.sent("run-2", "a", 2);
  server_says(5, 1, "run-2");
  EXPECT_EQ(hits(), 3);
  EXPECT_EQ(misses(), 1);
  EXPECT_EQ(shown_hits(), 3);
}

TEST_F(CorrectedLookups, FallWhenTheServersCountsAreReset) {
  server_says(0, 0);
  ledger.sent("run-1", "a", 20);
  server_says(1020, 5);
  server_says(4, 0);
  EXPECT_EQ(hits(), 4);
  EXPECT_EQ(misses(), 0);
  EXPECT_EQ(shown_hits(), 4) << "as the server itself says";
  EXPECT_EQ(shown_misses(), 0);
  ledger.sent("run-1", "a", 2);
  server_says(8, 1);
  EXPECT_EQ(hits(), 6);
  EXPECT_EQ(misses(), 1);
  EXPECT_EQ(shown_hits(), 6);
}

TEST_F(CorrectedLookups, AResetIsSeenAlsoWhereHitsHaveOutrunTheFormerOnes) {
  const Info before{.hits = 473, .connections = 50, .commands = 3000, .info_calls = 9};
  for (const Info& after :
       {Info{.hits = 3000, .connections = 2, .commands = 3001, .info_calls = 9},
        Info{.hits = 3000, .connections = 50, .commands = 2999, .info_calls = 9},
        Info{.hits = 3000, .connections = 50, .commands = 3001, .info_calls = 1}}) {
    poll.remembered = {};
    ProbeLedger probes;
    poll.probes = &probes;
    server_says({});
    probes.sent("run-1", "a", 473);
    server_says(before);
    ASSERT_EQ(hits(), 0);
    server_says(after);
    EXPECT_EQ(hits(), 3000);
    EXPECT_EQ(shown_hits(), 3000);
  }
}

TEST_F(CorrectedLookups, ProbesBetweenAResetAndThePollAreStillOurs) {
  server_says(0, 0);
  ledger.sent("run-1", "a", 300);
  server_says(1300, 0);
  ledger.sent("run-1", "a", 679);
  server_says(679, 0);
  EXPECT_EQ(hits(), 0);
  ledger.sent("run-1", "a", 10);
  server_says(692, 0);
  EXPECT_EQ(hits(), 3);
}

TEST_F(CorrectedLookups, ProbesThatWereSurelyBeforeAResetHideNoLookupsAfterIt) {
  server_says(0, 0);
  ledger.sent("run-1", "a", 300);
  server_says({.info_calls = 1});
  EXPECT_EQ(hits(), 0);
  server_says({.hits = 40, .info_calls = 2});
  EXPECT_EQ(hits(), 40);
}

TEST_F(CorrectedLookups, OfTwoTargetsAtOneServerEachFollowsAResetByItself) {
  Remembered other;
  const auto poll_other = [&](double count) {
    std::swap(other, poll.remembered);
    server_says(count, 0);
    const double found = hits();
    std::swap(other, poll.remembered);
    return found;
  };
  server_says(0, 0);
  poll_other(0);
  ledger.sent("run-1", "a", 20);
  server_says(120, 0);
  EXPECT_EQ(poll_other(120), 100);
  server_says(4, 0);
  EXPECT_EQ(hits(), 4);
  ledger.sent("run-1", "a", 6);  // after the reset: one target has seen that, the other has not
  EXPECT_EQ(poll_other(11), 5);
  server_says(11, 0);
  EXPECT_EQ(hits(), 5);
  EXPECT_EQ(ledger.entries().at(0).lookups, 26U) << "what we did stays done";
}

TEST_F(CorrectedLookups, WithoutARunIdNothingOfOursIsTakenOff) {
  server_says(0, 0, "");
  ledger.sent("", "a", 20);
  server_says(100, 5, "");
  EXPECT_EQ(hits(), 100);
}

// Applications look keys up, probes are sent, and executed some time later.
TEST_F(CorrectedLookups, FollowTheApplicationsWhateverTheOrder) {
  std::mt19937 random(7);
  std::uint64_t of_applications = 0;
  std::uint64_t executed = 0;
  std::uint64_t under_way = 0;
  double former = 0;
  server_says(0, 0);
  for (int step = 0; step < 2000; ++step) {
    switch (random() % 4) {
      case 0:
        of_applications += random() % 50;
        break;
      case 1: {
        const std::uint64_t sent = random() % 10;
        ledger.sent("run-1", "a", sent);
        under_way += sent;
        break;
      }
      case 2: {
        const std::uint64_t now = std::min<std::uint64_t>(under_way, random() % 10);
        executed += now;
        under_way -= now;
        break;
      }
      default:
        server_says(static_cast<double>(of_applications + executed), 0);
        ASSERT_GE(hits(), former);
        ASSERT_LE(hits(), static_cast<double>(of_applications));
        former = hits();
    }
  }
  server_says(static_cast<double>(of_applications + executed + under_way), 0);
  EXPECT_EQ(hits(), static_cast<double>(of_applications));
}

}  // namespace
}  // namespace hitwatch::redis
