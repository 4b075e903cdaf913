#include "agent/notify/alert_changes.h"

#include <gtest/gtest.h>

#include <vector>

namespace hitwatch::notify {
namespace {

std::vector<ChangeNumber> all(const News& news) {
  std::vector<ChangeNumber> numbers;
  for (std::uint64_t i = 0; news.at(i) != 0; ++i) numbers.push_back(news.at(i));
  EXPECT_EQ(numbers.size(), news.size());
  return numbers;
}

using Numbers = std::vector<ChangeNumber>;

TEST(AlertChangesTest, OddNumbersAreFiringsEvenOnesTheirResolutions) {
  EXPECT_TRUE(is_firing(1));
  EXPECT_FALSE(is_firing(2));
  EXPECT_EQ(instance_of(1), 1U);
  EXPECT_EQ(instance_of(2), 1U);
  EXPECT_EQ(instance_of(3), 2U);
}

TEST(AlertChangesTest, NewsAreAllChangesSinceOrFiringsOnly) {
  EXPECT_EQ(all({0, 3, true}), Numbers({1, 2, 3}));
  EXPECT_EQ(all({0, 4, false}), Numbers({1, 3}));
  EXPECT_EQ(all({1, 4, true}), Numbers({2, 3, 4}));
  EXPECT_EQ(all({1, 4, false}), Numbers({3}));
  EXPECT_EQ(all({1, 2, false}), Numbers());
  EXPECT_EQ(all({2, 2, true}), Numbers());
}

TEST(AlertChangesTest, SkippingLeavesTheDifference) {
  for (ChangeNumber told = 0; told < 6; ++told) {
    for (ChangeNumber last = told; last < 12; ++last) {
      const ChangeNumber now = skip_to_difference(told, last);
      EXPECT_EQ(is_firing(now), is_firing(told));
      EXPECT_LE(last - now, 1U);
      const ChangeNumber some = skip_to_last_two(told, last);
      EXPECT_EQ(is_firing(some), is_firing(told));
      EXPECT_GE(some, told);
      EXPECT_EQ(some == last, told == last) << "nothing is lost altogether";
      EXPECT_LE(last - some, 2U);
    }
  }
}

TEST(AlertChangesTest, ANewcomerIsToldOfWhatFiresAndOfWhatOthersMissed) {
  EXPECT_EQ(told_to_newcomer(3, 3), 2U) << "it fires";
  EXPECT_EQ(told_to_newcomer(2, 2), 2U) << "it was resolved, which all know who knew of it";
  EXPECT_EQ(told_to_newcomer(1, 2), 2U) << "a resolution of what it never heard of";
  EXPECT_EQ(told_to_newcomer(1, 3), 2U);
  EXPECT_EQ(told_to_newcomer(0, 2), 0U);
}

}  // namespace
}  // namespace hitwatch::notify
