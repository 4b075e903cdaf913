#include "collectors/keyspace/pace.h"

#include <gtest/gtest.h>

#include <random>

namespace hitwatch::keyspace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

double seconds(Pace::Duration duration) { return std::chrono::duration<double>(duration).count(); }

constexpr std::size_t kCommands = 100;  // that cost from 30 to 2000 microseconds

TEST(Pace, NeverPausesWhereAllTheTimeMayBeTaken) {
  Pace pace(1);
  EXPECT_TRUE(pace.unpaced());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(pace.after(microseconds(1000), kCommands), Pace::Duration(0));
  }
  EXPECT_NEAR(pace.server_time().count(), 0.1, 1e-9);
}

TEST(Pace, PausesAsTheBudgetAsks) {
  for (const double budget : {0.01, 0.05, 0.5}) {
    Pace pace(budget);
    EXPECT_FALSE(pace.unpaced());
    EXPECT_NEAR(seconds(pace.after(milliseconds(1), kCommands)), 0.001 * (1 / budget - 1), 1e-9);
  }
}

TEST(Pace, TheWayToTheServerIsNotTheServersTime) {
  Pace pace(0.5);
  pace.note_idle(milliseconds(30));
  pace.note_idle(milliseconds(20));
  pace.note_idle(milliseconds(40));
  EXPECT_NEAR(seconds(pace.after(milliseconds(21), kCommands)), 0.001, 1e-9);
  EXPECT_NEAR(pace.server_time().count(), 0.001, 1e-9);
}

TEST(Pace, ACommandCostsSomethingHoweverQuickTheWay) {
  Pace pace(0.5);
  pace.note_idle(milliseconds(20));
  EXPECT_NEAR(seconds(pace.after(milliseconds(10), kCommands)), 30e-6, 1e-8);
}

TEST(Pace, BacksOffUnderLoadAndCalmsDown) {
  Pace pace(0.01);
  const double usual = seconds(pace.after(microseconds(2000), kCommands));
  EXPECT_NEAR(usual, 0.198, 1e-9);
  // Others' work is not ours, but a sign to wait.
  EXPECT_NEAR(seconds(pace.after(microseconds(9000), kCommands)), 2 * usual, 1e-9);
  EXPECT_NEAR(seconds(pace.after(microseconds(9000), kCommands)), 4 * usual, 1e-9);
  EXPECT_NEAR(seconds(pace.after(microseconds(9000), kCommands)), 4 * usual, 1e-9);
  EXPECT_NEAR(pace.server_time().count(), 0.008, 1e-9);
  for (int i = 0; i < 20; ++i) pace.after(microseconds(1000), kCommands);
  EXPECT_NEAR(seconds(pace.after(microseconds(1000), kCommands)), usual / 2, 1e-9);
}

TEST(Pace, PausesAreBounded) {
  std::mt19937_64 random(1);
  Pace pace(0.001);
  for (int i = 0; i < 1000; ++i) {
    const auto pause = pace.after(microseconds(random() % 10'000'000), random() % 1000);
    EXPECT_GE(pause, Pace::Duration(0));
    EXPECT_LE(pause, std::chrono::seconds(1));
  }
}

TEST(Pace, NothingThatTookNoTimeIsPaidFor) {
  Pace pace(0.01);
  EXPECT_EQ(pace.after(Pace::Duration(0), 0), Pace::Duration(0));
  EXPECT_EQ(pace.server_time().count(), 0);
}

}  // namespace
}  // namespace hitwatch::keyspace
