// The system's clock is set while messages wait: none is lost, none is repeated, none waits longer
// than it would have. What it does to groups is in dispatcher_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/notify/clock_jump.h"
#include "agent/notify/destination_queue.h"
#include "tests/notify/outbox_steps.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kStart = 1'790'000'000'000;
constexpr std::int64_t kAnHour = 3'600'000;
constexpr std::int64_t kADay = 24 * kAnHour;

// One message that has failed, one that is on its way, one that waits for it.
class JumpingClock : public testing::Test {
 protected:
  JumpingClock() {
    steps_.outbox->add(message("failed", "a", kOther), kStart);
    EXPECT_THAT(steps_.due(kStart), ElementsAre("failed"));
    steps_.outbox->done("failed", unanswered(), kStart);
    steps_.outbox->add(message("sent", "b"), kStart);
    steps_.outbox->add(message("waiting", "b"), kStart);
    EXPECT_THAT(steps_.due(kStart), ElementsAre("sent"));
  }
  // Time and clock from then on.
  std::int64_t jump(std::int64_t by) {
    steps_.outbox->clock_jumped(by, kStart + by);
    return kStart + by;
  }
  void expect_all_arrive(std::int64_t now) {
    steps_.outbox->done("sent", accepted(), now);
    now += kLongestDelay;
    EXPECT_THAT(steps_.due(now), ElementsAre("failed", "waiting"));
    for (const char* id : {"failed", "waiting"}) steps_.outbox->done(id, accepted(), now);
    EXPECT_THAT(steps_.due(now + kLongestDelay), IsEmpty()) << "repeated";
    EXPECT_THAT(steps_.pending(), IsEmpty());
    EXPECT_THAT(steps_.dead(), IsEmpty());
  }

  OutboxSteps steps_;
};

TEST_F(JumpingClock, ADayForwardMakesNoMessageTooOld) { expect_all_arrive(jump(kADay)); }

TEST_F(JumpingClock, FromTheYear1970ToNow) { expect_all_arrive(jump(kStart)); }

TEST_F(JumpingClock, AnHourBackMakesNobodyWait) {
  const std::int64_t now = jump(-kAnHour);
  EXPECT_THAT(steps_.due(now), IsEmpty());
  expect_all_arrive(now);
}

// What was queued before a start whose clock was wrong, until that was set.
TEST_F(JumpingClock, NothingIsQueuedInTheFuture) {
  steps_.outbox->clock_jumped(kADay, kStart + kAnHour);
  EXPECT_THAT(steps_.due(kStart + kAnHour + kADay), IsEmpty());
  EXPECT_EQ(steps_.dead().size(), 2U) << "of age";
}

TEST_F(JumpingClock, ThereAndBackAgain) {
  jump(kADay);
  steps_.due(kStart + kADay);
  steps_.outbox->clock_jumped(-kADay, kStart);
  EXPECT_EQ(steps_.pending().size(), 3U);
  EXPECT_THAT(steps_.dead(), IsEmpty());
}

TEST_F(JumpingClock, AgesGoOnFromWhereTheyWere) {
  const std::int64_t now = jump(kADay);
  EXPECT_THAT(steps_.due(now + kADay - 1), ElementsAre("failed"));
  EXPECT_THAT(steps_.dead(), IsEmpty());
  EXPECT_THAT(steps_.due(now + kADay), IsEmpty());
  EXPECT_THAT(steps_.dead(), ElementsAre("waiting"));
}

TEST_F(JumpingClock, ARestartKnowsOfIt) {
  const std::int64_t now = jump(kADay);
  steps_.commit();
  steps_.restart();
  EXPECT_THAT(steps_.due(now + kLongestDelay), ElementsAre("failed", "sent"));
  EXPECT_THAT(steps_.dead(), IsEmpty());
}

TEST_F(JumpingClock, AMessageThatIsAnsweredAfterTheJumpIsTriedAgain) {
  const std::int64_t now = jump(kADay);
  steps_.outbox->done("sent", unanswered(), now);
  EXPECT_EQ(steps_.pending().size(), 3U);
  ASSERT_TRUE(steps_.outbox->next());
  EXPECT_LE(*steps_.outbox->next(), now + kLongestDelay);
}

TEST(ClockJump, IsTheDifferenceToAClockThatNobodySets) {
  ClockJump jump;
  EXPECT_EQ(jump.since_last(kStart, 5'000), 0) << "nothing is known before";
  EXPECT_EQ(jump.since_last(kStart + kADay, 5'000 + kADay), 0) << "a day that has passed";
  EXPECT_EQ(jump.since_last(kStart + 2 * kADay, 5'000 + kADay), kADay);
  EXPECT_EQ(jump.since_last(kStart + 2 * kADay, 5'000 + kADay), 0) << "once";
  EXPECT_EQ(jump.since_last(kStart + kADay, 5'000 + kADay), -kADay);
}

TEST(ClockJump, SmallStepsAddUp) {
  ClockJump jump;
  jump.since_last(kStart, 0);
  EXPECT_EQ(jump.since_last(kStart + 59'999, 0), 0);
  EXPECT_EQ(jump.since_last(kStart + 60'000, 0), 60'000);
}

}  // namespace
}  // namespace hitwatch::notify
