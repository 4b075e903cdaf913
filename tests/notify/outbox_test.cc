// When which message is sent, and what becomes of those that nobody accepts.
#include "agent/notify/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/notify/destination_queue.h"
#include "tests/notify/outbox_steps.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Optional;
using testing::SizeIs;

TEST(Outbox, AMessageIsSentUntilItIsAccepted) {
  OutboxSteps steps;
  EXPECT_EQ(steps.outbox->next(), std::nullopt);
  steps.outbox->add(message("a"), kNow);
  EXPECT_THAT(steps.outbox->next(), Optional(kNow));
  const auto taken = steps.outbox->take_due(kNow);
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(*taken[0], message("a"));
  EXPECT_THAT(steps.due(kNow), IsEmpty()) << "it is on its way";
  EXPECT_TRUE(steps.outbox->pending()[0]->in_flight);
  steps.outbox->done("a", accepted(), kNow);
  EXPECT_THAT(steps.pending(), IsEmpty());
  EXPECT_THAT(steps.dead(), IsEmpty());
  EXPECT_EQ(steps.map->size("message"), 0U);
  EXPECT_EQ(steps.counters().sent, 1U);
}

TEST(Outbox, OfAGroupOnlyTheFirstIsOnItsWay) {
  OutboxSteps steps;
  for (const char* id : {"a1", "a2", "a3"}) steps.outbox->add(message(id, "a"), kNow);
  steps.outbox->add(message("b1", "b"), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a1", "b1"));
  steps.outbox->done("b1", accepted(), kNow);
  EXPECT_THAT(steps.due(kNow), IsEmpty());
  steps.outbox->done("a1", accepted(), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a2"));
  steps.outbox->done("a2", refused(), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a3"));
}

TEST(Outbox, TheSameGroupAtAnotherDestinationGoesOn) {
  OutboxSteps steps;
  steps.outbox->add(message("a", "g"), kNow);
  steps.outbox->add(message("b", "g", kOther), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("b", "a"));
}

TEST(Outbox, AtMostSoManyAreOnTheirWayToADestination) {
  OutboxSteps steps({.most_in_flight = 2});
  for (const char* id : {"a", "b", "c", "d"}) steps.outbox->add(message(id, id), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a", "b"));
  EXPECT_THAT(steps.outbox->next(), Optional(kNow + 24 * kHour)) << "nothing but that one dies";
  steps.outbox->done("b", accepted(), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("c"));
}

TEST(RetryDelay, GrowsByHalfUpToAMinute) {
  EXPECT_EQ(retry_delay(1), 500);
  EXPECT_EQ(retry_delay(2), 750);
  EXPECT_EQ(retry_delay(3), 1125);
  EXPECT_EQ(retry_delay(12), 43'248);
  EXPECT_EQ(retry_delay(13), 60'000);
  EXPECT_EQ(retry_delay(1'000'000), 60'000);
}

TEST(Outbox, RetriesGrowFromHalfASecondToAMinuteJitteredByHalf) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  std::int64_t now = kNow;
  for (int failure = 1; failure <= 30; ++failure) {
    ASSERT_THAT(steps.due(now), ElementsAre("a"));
    steps.outbox->done("a", unanswered(), now);
    const auto next = steps.outbox->next();
    ASSERT_TRUE(next);
    EXPECT_THAT(*next - now, AllOf(Ge(retry_delay(failure) / 2), Le(retry_delay(failure) * 3 / 2)));
    EXPECT_THAT(steps.due(*next - 1), IsEmpty());
    const Outbox::Entry& entry = *steps.outbox->pending()[0];
    EXPECT_EQ(entry.attempts, failure);
    EXPECT_EQ(entry.next_attempt, *next);
    EXPECT_EQ(entry.last_error, "HTTP status 500");
    now = *next;
  }
  EXPECT_EQ(steps.counters().failed_attempts, 30U);
  EXPECT_EQ(steps.counters().last_error, "HTTP status 500");
}

TEST(Outbox, RetryAfterHoldsBackTheWholeDestination) {
  OutboxSteps steps;
  steps.outbox->add(message("a", "a"), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a"));
  steps.outbox->done("a", asked_to_wait(std::chrono::minutes(10)), kNow);
  steps.outbox->add(message("b", "b"), kNow);
  steps.outbox->add(message("c", "c", kOther), kNow);
  EXPECT_THAT(steps.due(kNow + 10 * kMinute - 1), ElementsAre("c"));
  EXPECT_THAT(steps.outbox->next(), Optional(kNow + 10 * kMinute));
  EXPECT_THAT(steps.due(kNow + 10 * kMinute), SizeIs(1));
}

TEST(Outbox, RetryAfterCountsIfItIsLongerAndForAnHourAtMost) {
  struct Case {
    milliseconds asked;
    std::int64_t least;
    std::int64_t most;
  };
  for (const Case& one : {Case{milliseconds(0), 250, 750}, Case{milliseconds(-5), 250, 750},
                          Case{milliseconds(200), 250, 750}, Case{milliseconds(5000), 5000, 5000},
                          Case{milliseconds::max(), kHour, kHour}}) {
    OutboxSteps steps;
    steps.outbox->add(message("a"), kNow);
    steps.due(kNow);
    steps.outbox->done("a", asked_to_wait(one.asked), kNow);
    EXPECT_THAT(*steps.outbox->next() - kNow, AllOf(Ge(one.least), Le(one.most)))
        << one.asked.count();
  }
}

TEST(Outbox, ADestinationThatFailsIsTriedWithOneMessageAtATime) {
  OutboxSteps steps;
  for (const char* id : {"a", "b", "c", "d"}) steps.outbox->add(message(id, id), kNow);
  EXPECT_THAT(steps.due(kNow), SizeIs(4));
  for (const char* id : {"a", "b", "c", "d"}) steps.outbox->done(id, unanswered(), kNow);
  EXPECT_THAT(*steps.outbox->next() - kNow, Le(750)) << "they failed together: that is one failure";
  std::int64_t now = kNow + kMinute;
  const auto probe = steps.due(now);
  ASSERT_THAT(probe, SizeIs(1));
  EXPECT_THAT(steps.due(now), IsEmpty());
  steps.outbox->done(probe[0], accepted(), now);
  EXPECT_THAT(steps.due(now), SizeIs(3)) << "it is there again";
}

TEST(Outbox, ARefusalIsAnAnswer) {
  OutboxSteps steps;
  for (const char* id : {"a", "b", "c"}) steps.outbox->add(message(id, id), kNow);
  EXPECT_THAT(steps.due(kNow), SizeIs(3));
  for (const char* id : {"a", "b", "c"}) steps.outbox->done(id, unanswered(), kNow);
  const auto probe = steps.due(kNow + kMinute);
  ASSERT_THAT(probe, SizeIs(1));
  steps.outbox->done(probe[0], refused(), kNow + kMinute);
  EXPECT_THAT(steps.due(kNow + kMinute), SizeIs(2));
}

TEST(Outbox, ManyGroupsDoNotCallAFailingDestinationMoreOftenThanOne) {
  OutboxSteps steps;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "m" + std::to_string(i);
    steps.outbox->add(message(id, id), kNow);
  }
  int attempts = 0;
  std::int64_t now = kNow;
  while (now < kNow + kHour) {
    for (const std::string& id : steps.due(now)) {
      ++attempts;
      steps.outbox->done(id, unanswered(), now);
    }
    now = *steps.outbox->next();
  }
  EXPECT_LT(attempts, 8 + 12 + 2 * 60);
}

TEST(Outbox, AMessageThatAlwaysFailsHoldsUpNoOtherGroup) {
  OutboxSteps steps;
  steps.outbox->add(message("poison", "p"), kNow);
  for (int i = 0; i < 100; ++i) {
    const std::string id = "m" + std::to_string(i);
    steps.outbox->add(message(id, id), kNow);
  }
  std::int64_t now = kNow;
  while (steps.outbox->pending().size() > 1 && now < kNow + kHour) {
    for (const std::string& id : steps.due(now)) {
      steps.outbox->done(id, id == "poison" ? unanswered() : accepted(), now);
    }
    now = *steps.outbox->next();
  }
  EXPECT_THAT(steps.pending(), ElementsAre("poison"));
  EXPECT_LT(now - kNow, 10 * kSecond);
}

TEST(Outbox, WhatIsRefusedIsDeadWithItsReason) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  steps.due(kNow);
  steps.outbox->done("a", refused("HTTP status 404: no such hook"), kNow + 1);
  EXPECT_THAT(steps.pending(), IsEmpty());
  ASSERT_THAT(steps.dead(), ElementsAre("a"));
  const Outbox::Entry& entry = *steps.outbox->dead()[0];
  EXPECT_EQ(entry.last_error, "HTTP status 404: no such hook");
  EXPECT_EQ(entry.died_at, kNow + 1);
  EXPECT_EQ(entry.attempts, 1);
  EXPECT_EQ(steps.counters().dead, 1U);
  EXPECT_EQ(steps.counters().dead_now, 1U);
}

TEST(Outbox, WhatNobodyAcceptsForTooLongIsDead) {
  OutboxSteps steps({.max_age = std::chrono::hours(1)});
  steps.outbox->add(message("a"), kNow);
  steps.outbox->add(message("b"), kNow + kMinute);
  EXPECT_THAT(steps.due(kNow), ElementsAre("a"));
  steps.outbox->done("a", unanswered(), kNow);
  EXPECT_THAT(steps.due(kNow + kHour), ElementsAre("b")) << "and the group goes on";
  ASSERT_THAT(steps.dead(), ElementsAre("a"));
  EXPECT_EQ(steps.outbox->dead()[0]->last_error, "not accepted within 1h: HTTP status 500");
  steps.outbox->done("b", unanswered(), kNow + 3 * kHour);
  EXPECT_THAT(steps.dead(), ElementsAre("b", "a"));
}

TEST(Outbox, TheMomentOfDeathIsOneToLookAt) {
  OutboxSteps steps({.max_age = std::chrono::seconds(10), .most_in_flight = 1});
  steps.outbox->add(message("a", "a"), kNow);
  steps.outbox->add(message("b", "b"), kNow);
  steps.due(kNow);
  EXPECT_THAT(steps.outbox->next(), Optional(kNow + 10 * kSecond));
  steps.outbox->set_max_age(std::chrono::seconds(20));
  EXPECT_THAT(steps.outbox->next(), Optional(kNow + 20 * kSecond));
}

TEST(Outbox, PastItsBoundTheOldestDie) {
  OutboxSteps steps({.max_pending = 3});
  for (const char* id : {"a", "b", "c", "d", "e"}) steps.outbox->add(message(id), kNow);
  EXPECT_THAT(steps.pending(), ElementsAre("c", "d", "e"));
  EXPECT_THAT(steps.dead(), ElementsAre("b", "a"));
  EXPECT_EQ(steps.outbox->dead()[0]->last_error, "the outbox is full");
  EXPECT_THAT(steps.due(kNow), ElementsAre("c"));
  steps.outbox->add(message("f"), kNow);
  EXPECT_THAT(steps.pending(), ElementsAre("c", "e", "f")) << "what is on its way stays";
}

TEST(Outbox, ItsBoundIsOneOfBytesToo) {
  OutboxSteps steps({.max_pending_bytes = 10'000});
  for (int i = 0; i < 20; ++i) {
    Message large = message("m" + std::to_string(i));
    large.alerts[0].alert.generator_url = std::string(1000, 'u');
    steps.outbox->add(large, kNow);
  }
  EXPECT_THAT(steps.pending().size(), AllOf(Ge(5U), Le(9U)));
  Message huge = message("huge");
  huge.alerts[0].alert.generator_url = std::string(20'000, 'u');
  steps.outbox->add(huge, kNow);
  EXPECT_THAT(steps.pending(), IsEmpty());
  EXPECT_EQ(steps.dead().front(), "huge");
}

TEST(Outbox, TheOldestDeadAreForgottenAndCounted) {
  OutboxSteps steps({.max_dead = 2});
  for (const char* id : {"a", "b", "c"}) {
    steps.outbox->add(message(id), kNow);
    steps.due(kNow);
    steps.outbox->done(id, refused(), kNow);
  }
  EXPECT_THAT(steps.dead(), ElementsAre("c", "b"));
  EXPECT_EQ(steps.outbox->forgotten(), 1U);
  EXPECT_EQ(steps.counters().dead, 3U);
  EXPECT_EQ(steps.counters().dead_now, 2U);
  EXPECT_EQ(steps.map->size("dead"), 2U);
}

TEST(Outbox, ADeadMessageIsSentAgainUnderItsIdAtTheEnd) {
  OutboxSteps steps({.max_age = std::chrono::hours(1)});
  steps.outbox->add(message("a"), kNow);
  steps.due(kNow);
  steps.outbox->done("a", refused(), kNow);
  const std::int64_t later = kNow + 5 * kHour;
  steps.outbox->add(message("b"), later);
  ASSERT_TRUE(steps.outbox->resend("a", later));
  EXPECT_THAT(steps.dead(), IsEmpty());
  EXPECT_THAT(steps.pending(), ElementsAre("b", "a"));
  EXPECT_THAT(steps.due(later), ElementsAre("b"));
  steps.outbox->done("b", accepted(), later);
  EXPECT_THAT(steps.due(later), ElementsAre("a")) << "its age counts from now";
  EXPECT_EQ(steps.outbox->pending()[0]->attempts, 0);
  steps.outbox->done("a", accepted(), later);
  const auto again = steps.outbox->resend("a", later);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), "no dead message 'a'");
}

TEST(Outbox, MessagesForDestinationsThatAreNoMoreDie) {
  OutboxSteps steps;
  steps.outbox->set_destinations({kTeam, kOther}, kNow);
  for (const char* id : {"a", "b"}) steps.outbox->add(message(id, id), kNow);
  steps.outbox->add(message("c", "a"), kNow);
  steps.outbox->add(message("d", "g", kOther), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("d", "a", "b"));
  steps.outbox->set_destinations({kOther}, kNow + 1);
  EXPECT_THAT(steps.dead(), ElementsAre("c"));
  EXPECT_THAT(steps.outbox->dead()[0]->last_error, HasSubstr("no longer configured"));
  EXPECT_THAT(steps.pending(), ElementsAre("a", "b", "d")) << "what is on its way may arrive";
  steps.outbox->done("a", accepted(), kNow + 2);
  steps.outbox->done("b", unanswered(), kNow + 2);
  EXPECT_THAT(steps.dead(), ElementsAre("b", "c"));
  steps.outbox->add(message("e"), kNow + 3);
  EXPECT_THAT(steps.dead(), ElementsAre("e", "b", "c"));
  const auto resent = steps.outbox->resend("b", kNow);
  ASSERT_FALSE(resent);
  EXPECT_EQ(resent.error(), "its destination, team/webhook[0], is not configured");
  steps.outbox->set_destinations({kOther, kTeam}, kNow + 4);
  EXPECT_TRUE(steps.outbox->resend("b", kNow + 4));
}

TEST(Outbox, TellsOfDestinationsThatAreConfiguredOrHaveMessages) {
  OutboxSteps steps;
  steps.outbox->set_destinations({kTeam, kOther}, kNow);
  EXPECT_THAT(steps.outbox->counters(), SizeIs(2));
  Message created = message("a");
  created.created_at = kNow - 5;
  steps.outbox->add(created, kNow);
  EXPECT_EQ(steps.counters().pending, 1U);
  EXPECT_EQ(steps.counters().oldest, kNow - 5);
  EXPECT_EQ(steps.counters(kOther).oldest, 0);
  steps.outbox->set_destinations({}, kNow);
  ASSERT_THAT(steps.outbox->counters(), SizeIs(1));
  EXPECT_EQ(steps.counters().dead_now, 1U);
}

TEST(Outbox, AClockThatJumpsBackMakesNobodyWaitLong) {
  OutboxSteps steps;
  for (const char* id : {"a", "b"}) steps.outbox->add(message(id, id), kNow);
  steps.due(kNow);
  for (const char* id : {"a", "b"}) steps.outbox->done(id, unanswered(), kNow);
  const std::int64_t past = kNow - 1000 * kHour;
  EXPECT_THAT(steps.due(past), IsEmpty());
  ASSERT_TRUE(steps.outbox->next());
  EXPECT_LE(*steps.outbox->next(), past + kLongestDelay);
  steps.outbox->add(message("c", "c"), past);
  EXPECT_THAT(steps.due(past + kLongestDelay), SizeIs(1));
}

TEST(Outbox, AClockThatJumpsBackMakesRetryAfterAnHourAtMost) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  steps.due(kNow);
  steps.outbox->done("a", asked_to_wait(std::chrono::minutes(30)), kNow);
  const std::int64_t past = kNow - 1000 * kHour;
  EXPECT_THAT(steps.due(past), IsEmpty());
  EXPECT_THAT(steps.outbox->next(), Optional(past + kHour));
  EXPECT_THAT(steps.due(past + kHour), ElementsAre("a"));
}

TEST(Outbox, AnswersThatNobodyWaitsForAreIgnored) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  steps.outbox->done("a", accepted(), kNow);
  steps.outbox->done("none", accepted(), kNow);
  steps.outbox->add(message("a"), kNow);
  EXPECT_THAT(steps.pending(), ElementsAre("a"));
}

TEST(Outbox, ReasonsAreBounded) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  steps.due(kNow);
  std::string reason = "x";
  while (reason.size() < 3000) reason += "ä";
  steps.outbox->done("a", unanswered(reason), kNow);
  const std::string& kept = steps.outbox->pending()[0]->last_error;
  EXPECT_EQ(kept, reason.substr(0, 1023)) << "and no character is cut";
}

}  // namespace
}  // namespace hitwatch::notify
