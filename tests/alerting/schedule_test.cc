// When groups are evaluated.
#include "rules/alerting/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace hitwatch::alerting {
namespace {

TEST(Slots, LieAtAnOffsetThatTheNameGives) {
  std::set<std::int64_t> offsets;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "group-" + std::to_string(i);
    const std::int64_t offset = slot_offset("r.yml", name, 15'000);
    EXPECT_EQ(offset, slot_offset("r.yml", name, 15'000)) << "the same after every restart";
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, 15'000);
    offsets.insert(offset / 1'500);
  }
  EXPECT_EQ(offsets.size(), 10U) << "spread over all of the interval";
  EXPECT_NE(slot_offset("a.yml", "g", 15'000), slot_offset("b.yml", "g", 15'000));
}

TEST(Slots, TheNewestIsNotAfterTheTime) {
  EXPECT_EQ(slot_at(100, 15, 3), 93);
  EXPECT_EQ(slot_at(93, 15, 3), 93);
  EXPECT_EQ(slot_at(-1, 15, 3), -12) << "before the epoch, too";
}

TEST(Schedule, EvaluatesWithTheTimeOfTheSlot) {
  Schedule schedule(15, 3, 100);
  EXPECT_EQ(schedule.next(), 108);
  EXPECT_FALSE(schedule.take(107));
  const auto due = schedule.take(110);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->time, 108);
  EXPECT_EQ(due->missed, 0U);
  EXPECT_FALSE(due->extra);
  EXPECT_EQ(schedule.next(), 123);
}

TEST(Schedule, BeginsWithASlotThatIsNow) { EXPECT_EQ(Schedule(15, 3, 108).next(), 108); }

TEST(Schedule, CountsSlotsThatWentByAndDoesNotCatchUp) {
  Schedule schedule(15, 3, 100);
  schedule.take(108);
  const auto due = schedule.take(108 + 3 * 15 + 7);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->time, 108 + 3 * 15);
  EXPECT_EQ(due->missed, 2U);
  EXPECT_EQ(schedule.missed(), 2U);
  EXPECT_FALSE(schedule.take(108 + 3 * 15 + 8));
}

TEST(Schedule, ARequestIsEvaluatedAtOnceAndSlotsStay) {
  Schedule schedule(15, 3, 100);
  schedule.take(108);
  schedule.request(110);
  schedule.request(111);
  EXPECT_EQ(schedule.next(), 110);
  const auto due = schedule.take(112);
  ASSERT_TRUE(due);
  EXPECT_TRUE(due->extra);
  EXPECT_EQ(due->time, 112);
  EXPECT_FALSE(schedule.take(112));
  EXPECT_EQ(schedule.next(), 123);
}

TEST(Schedule, ASlotAnswersARequestThatCameBeforeIt) {
  Schedule schedule(15, 3, 100);
  schedule.request(105);
  EXPECT_EQ(schedule.take(108)->time, 108);
  EXPECT_FALSE(schedule.take(109));
}

TEST(Schedule, ARequestAfterALateSlotIsNotLost) {
  Schedule schedule(15, 3, 100);
  schedule.request(110);
  EXPECT_EQ(schedule.take(112)->time, 108);
  const auto due = schedule.take(112);
  ASSERT_TRUE(due);
  EXPECT_TRUE(due->extra);
  EXPECT_EQ(due->time, 112);
}

TEST(Schedule, NoTimeIsEvaluatedTwice) {
  Schedule schedule(15, 3, 100);
  schedule.take(108);
  schedule.request(108);
  EXPECT_FALSE(schedule.take(108));
}

TEST(Schedule, AClockThatIsSetBackDoesNotSilenceIt) {
  Schedule schedule(15, 3, 1000);
  schedule.take(1008);
  EXPECT_FALSE(schedule.take(500));
  EXPECT_EQ(schedule.next(), 513);
  EXPECT_EQ(schedule.take(513)->time, 513);
}

}  // namespace
}  // namespace hitwatch::alerting
