#include "collectors/keyspace/pace.h"

#include <gtest/gtest.h>

#include <random>

namespace hitwatch::keyspace {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

double seconds(Pace::Duration duration) { return std::chrono::duration<double>(duration).count(); }

TEST(Pace, NeverPausesWhereAllTheTimeMayBeTaken) {
  Pace pace(1);
  EXPECT_TRUE(pace.unpaced());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pace.after(milliseconds(i)), Pace::Duration(0));
  EXPECT_NEAR(pace.server_time().count(), 4.95, 1e-9);
}

TEST(Pace, PausesAsTheBudgetAsks) {
  for (const double budget : {0.01, 0.05, 0.5}) {
    Pace pace(budget);
    EXPECT_FALSE(pace.unpaced());
    EXPECT_NEAR(seconds(pace.after(milliseconds(1))), 0.001 * (1 / budget - 1), 1e-9);
  }
}

TEST(Pace, TheWayToTheServerIsNotTheServersTime) {
  Pace pace(0.5);
  pace.note_idle(milliseconds(30));
  pace.note_idle(milliseconds(20));
  pace.note_idle(milliseconds(40));
  EXPECT_NEAR(seconds(pace.after(milliseconds(25))), 0.005, 1e-9);
  EXPECT_NEAR(pace.server_time().count(), 0.005, 1e-9);
}

TEST(Pace, ABatchCostsSomethingHoweverQuickTheWay) {
  Pace pace(0.5);
  pace.note_idle(milliseconds(20));
  EXPECT_NEAR(seconds(pace.after(milliseconds(10))), 0.001, 1e-9);
}

TEST(Pace, BacksOffUnderLoadAndCalmsDown) {
  Pace pace(0.01);
  for (int i = 0; i < 50; ++i) pace.after(microseconds(100));
  const double usual = seconds(pace.after(microseconds(100)));
  EXPECT_NEAR(usual, 0.0099, 1e-9);
  // Longer than in proportion.
  EXPECT_GT(seconds(pace.after(microseconds(400))), 7 * usual);
  EXPECT_GT(seconds(pace.after(microseconds(100))), 1.5 * usual);
  for (int i = 0; i < 20; ++i) pace.after(microseconds(100));
  EXPECT_NEAR(seconds(pace.after(microseconds(100))), usual, 1e-9);
}

TEST(Pace, LoadThatStaysIsTheNewUsual) {
  Pace pace(0.01);
  for (int i = 0; i < 50; ++i) pace.after(microseconds(100));
  for (int i = 0; i < 100; ++i) pace.after(microseconds(500));
  EXPECT_NEAR(seconds(pace.after(microseconds(500))), 0.0495, 1e-9);
}

TEST(Pace, PausesAreBounded) {
  std::mt19937_64 random(1);
  Pace pace(0.001);
  for (int i = 0; i < 1000; ++i) {
    const auto pause = pace.after(microseconds(random() % 10'000'000));
    EXPECT_GE(pause, Pace::Duration(0));
    EXPECT_LE(pause, std::chrono::seconds(1));
  }
}

TEST(Pace, NothingThatTookNoTimeIsPaidFor) {
  Pace pace(0.01);
  EXPECT_EQ(pace.after(Pace::Duration(0)), Pace::Duration(0));
  EXPECT_EQ(pace.server_time().count(), 0);
}

}  // namespace
}  // namespace hitwatch::keyspace
