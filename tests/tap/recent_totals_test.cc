#include "collectors/tap/recent_totals.h"

#include <gtest/gtest.h>

namespace hitwatch::tap {
namespace {

constexpr packets::Time kMillisecond = 1'000'000;
constexpr packets::Time kStart = 1'700'000'000'000 * kMillisecond;

class RecentTotalsTest : public testing::Test {
 protected:
  // Milliseconds after the start.
  void miss(int at, int times = 1) {
    const packets::Time time = kStart + at * kMillisecond;
    for (int i = 0; i < times; ++i) {
      if (recent_.is_over(time)) recent_.close(time, now_);
      ++now_.misses;
    }
  }
  std::uint64_t misses_at(int at) const {
    return recent_.at(kStart + at * kMillisecond, now_).misses;
  }

  RecentTotals recent_;
  Totals now_;
};

TEST_F(RecentTotalsTest, AreThoseOfThatTime) {
  for (int at = 0; at < 200; ++at) miss(at);
  EXPECT_EQ(misses_at(-1), 0);
  EXPECT_EQ(misses_at(0), 0);
  EXPECT_EQ(misses_at(10), 10);
  EXPECT_EQ(misses_at(155), 155);
  EXPECT_EQ(misses_at(195), 195);
  EXPECT_EQ(misses_at(1000), 200);
}

TEST_F(RecentTotalsTest, StayAsTheyAreWhileNothingHappens) {
  miss(3, 100);
  miss(505, 100);
  miss(901, 100);
  EXPECT_EQ(misses_at(10), 100);
  EXPECT_EQ(misses_at(499), 100);
  EXPECT_EQ(misses_at(510), 200);
  EXPECT_EQ(misses_at(899), 200);
  EXPECT_EQ(misses_at(910), 300);
}

TEST_F(RecentTotalsTest, GoBackAsFarAsThereIsRoom) {
  for (int at = 0; at < 1000; ++at) miss(at);
  EXPECT_EQ(misses_at(750), 750);
  EXPECT_EQ(misses_at(100), 680) << "the oldest that is kept";
}

TEST_F(RecentTotalsTest, LatePacketsCountWithTheirNeighbours) {
  miss(25);
  miss(12);
  EXPECT_EQ(misses_at(20), 0);
  EXPECT_EQ(misses_at(30), 2);
}

TEST_F(RecentTotalsTest, BeginAnewWhereTheClockIsSetBack) {
  miss(60'000, 10);
  miss(5, 5);
  miss(25, 5);
  EXPECT_EQ(misses_at(0), 10);
  EXPECT_EQ(misses_at(10), 15);
  EXPECT_EQ(misses_at(30), 20);
}

}  // namespace
}  // namespace hitwatch::tap
