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

  void server_says(double hits, double misses, const std::string& run_id = "run-1") {
    poll.info(
        fmt::format("redis_version:7.0.15\r\nrole:master\r\nrun_id:{}\r\n"
                    "keyspace_hits:{}\r\nkeyspace_misses:{}\r\n",
                    run_id, hits, misses));
    poll.run();
  }
  double hits() const { return poll.value("redis_keyspace_hits_corrected_total"); }
  double misses() const { return poll.value("redis_keyspace_misses_corrected_total"); }

  ProbeLedger ledger;
  ScriptedPoll poll;
};

TEST_F(CorrectedLookups, AreTheServersLessOurs) {
  ledger.sent("run-1", "a", 10);
  ledger.missed("run-1", 3);
  server_says(107, 13);
  EXPECT_EQ(hits(), 100);
  EXPECT_EQ(misses(), 10);
  EXPECT_EQ(poll.value("redis_keyspace_hits_total"), 107);
  EXPECT_EQ(poll.value("redis_keyspace_misses_total"), 13);
}

TEST_F(CorrectedLookups, WithoutALedgerAreTheServersOwn) {
  poll.probes = nullptr;
  server_says(107, 13);
  EXPECT_EQ(hits(), 107);
  EXPECT_EQ(misses(), 13);
}

TEST_F(CorrectedLookups, AreAbsentWhereTheServerCountsNone) {
  poll.info("redis_version:7.0.15\r\nredis_mode:sentinel\r\nrun_id:run-1\r\n");
  poll.run();
  EXPECT_FALSE(poll.has("redis_keyspace_hits_corrected_total"));
  EXPECT_FALSE(poll.has("redis_keyspace_misses_corrected_total"));
}

TEST_F(CorrectedLookups, DoNotFallWhileProbesAreOnTheirWay) {
  server_says(100, 0);
  ledger.sent("run-1", "a", 20);
  server_says(105, 0);
  EXPECT_EQ(hits(), 100);
  server_says(125, 0);
  EXPECT_EQ(hits(), 105);
}

TEST_F(CorrectedLookups, MoreOfOursThanTheServerCountsIsZero) {
  ledger.sent("run-1", "a", 20);
  server_says(5, 0);
  EXPECT_EQ(hits(), 0);
}

TEST_F(CorrectedLookups, ARestartedServerCountsAnew) {
  ledger.sent("run-1", "a", 20);
  server_says(1020, 5);
  EXPECT_EQ(hits(), 1000);
  server_says(3, 1, "run-2");
  EXPECT_EQ(hits(), 3);
  EXPECT_EQ(misses(), 1);
}

TEST_F(CorrectedLookups, AServerWhoseCountsWereResetCountsAnew) {
  ledger.sent("run-1", "a", 20);
  server_says(1020, 5);
  server_says(4, 0);
  EXPECT_EQ(hits(), 4);
  EXPECT_EQ(misses(), 0);
  ledger.sent("run-1", "a", 2);
  server_says(8, 0);
  EXPECT_EQ(hits(), 6);
  EXPECT_EQ(ledger.entries().at(0).lookups, 22U) << "what we did stays done";
}

TEST_F(CorrectedLookups, WithoutARunIdNothingOfOursIsTakenOff) {
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
