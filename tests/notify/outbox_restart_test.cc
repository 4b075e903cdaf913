// What a restart changes: nothing, but that what was on its way is sent again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/notify/outbox.h"
#include "tests/notify/outbox_steps.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

TEST(OutboxRestart, WhatWasOnItsWayIsSentAgainUnderItsId) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  steps.outbox->add(message("b"), kNow);
  steps.commit();
  EXPECT_THAT(steps.due(kNow), ElementsAre("a"));
  steps.restart();
  EXPECT_THAT(steps.pending(), ElementsAre("a", "b"));
  EXPECT_FALSE(steps.outbox->pending()[0]->in_flight);
  const auto taken = steps.outbox->take_due(kNow + 1);
  ASSERT_THAT(taken, testing::SizeIs(1));
  EXPECT_EQ(*taken[0], message("a"));
}

TEST(OutboxRestart, AttemptsAndDelaysGoOn) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  std::int64_t now = kNow;
  for (int i = 0; i < 12; ++i) {
    steps.due(now);
    steps.outbox->done("a", unanswered(), now);
    now = *steps.outbox->next();
  }
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.outbox->next(), Optional(now));
  const Outbox::Entry& entry = *steps.outbox->pending()[0];
  EXPECT_EQ(entry.attempts, 12);
  EXPECT_EQ(entry.last_error, "HTTP status 500");
  EXPECT_EQ(entry.queued_at, kNow);
  EXPECT_THAT(steps.due(now - 1), IsEmpty());
  EXPECT_THAT(steps.due(now), ElementsAre("a"));
  steps.outbox->done("a", unanswered(), now);
  EXPECT_GE(*steps.outbox->next() - now, kMinute / 2) << "the delays do not begin anew";
}

TEST(OutboxRestart, RetryAfterStillHolds) {
  OutboxSteps steps;
  steps.outbox->add(message("a", "a"), kNow);
  steps.outbox->add(message("b", "b"), kNow);
  steps.due(kNow);
  steps.outbox->done("a", asked_to_wait(std::chrono::minutes(10)), kNow);
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.due(kNow + 10 * kMinute - 1), IsEmpty());
  EXPECT_THAT(steps.due(kNow + 10 * kMinute), ElementsAre("b", "a"));
}

TEST(OutboxRestart, AcceptedMessagesAreGoneAndDeadOnesAreDead) {
  OutboxSteps steps;
  for (const char* id : {"a", "b", "c"}) steps.outbox->add(message(id, id), kNow);
  steps.commit();
  steps.due(kNow);
  steps.outbox->done("a", accepted(), kNow);
  steps.outbox->done("b", refused(), kNow + 1);
  steps.outbox->done("c", refused("later"), kNow + 2);
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.pending(), IsEmpty());
  ASSERT_THAT(steps.dead(), ElementsAre("c", "b"));
  EXPECT_EQ(steps.outbox->dead()[0]->last_error, "later");
  EXPECT_EQ(steps.outbox->dead()[0]->died_at, kNow + 2);
  EXPECT_EQ(steps.counters().dead_now, 2U);
  ASSERT_TRUE(steps.outbox->resend("b", kNow + 3));
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.pending(), ElementsAre("b"));
  EXPECT_THAT(steps.dead(), ElementsAre("c"));
}

TEST(OutboxRestart, NewMessagesComeAfterOldOnes) {
  OutboxSteps steps;
  steps.outbox->add(message("z"), kNow);
  steps.outbox->add(message("y"), kNow);
  steps.commit();
  steps.restart();
  steps.outbox->add(message("a"), kNow);
  EXPECT_THAT(steps.pending(), ElementsAre("z", "y", "a"));
}

TEST(OutboxRestart, EntriesThatCannotBeReadAreDroppedAndCounted) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  const std::string text = *steps.map->find("message", "a");
  steps.map->put("message", "another name", text);
  steps.map->put("message", "empty", "");
  steps.map->put("message", "no JSON", "{}\n[");
  steps.map->put("message", "a list", "[]" + text.substr(text.find('\n')));
  steps.map->put("dead", "d", "{\"number\":\"\"}" + text.substr(text.find('\n')));
  steps.map->put("dead", "e", "{\"number\":18446744073709551615}" + text.substr(text.find('\n')));
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.pending(), ElementsAre("a"));
  EXPECT_THAT(steps.dead(), IsEmpty());
  EXPECT_EQ(steps.outbox->unreadable(), 6U);
  EXPECT_EQ(steps.map->size("message"), 1U);
  EXPECT_EQ(steps.map->size("dead"), 0U);
}

TEST(OutboxRestart, MessagesWithTheSameNumberAreBothSent) {
  OutboxSteps steps;
  steps.outbox->add(message("a"), kNow);
  std::string text = *steps.map->find("message", "a");
  text.replace(text.find("\"id\":\"a\""), 8, "\"id\":\"b\"");
  steps.map->put("message", "b", text);
  steps.commit();
  steps.restart();
  EXPECT_THAT(steps.pending(), ElementsAre("a", "b"));
  EXPECT_THAT(steps.due(kNow), ElementsAre("a"));
  steps.outbox->done("a", accepted(), kNow);
  EXPECT_THAT(steps.due(kNow), ElementsAre("b"));
}

}  // namespace
}  // namespace hitwatch::notify
