// Alerts that change more often than their group is told of, and alerts that are muted meanwhile.
#include <algorithm>

#include "tests/notify/dispatching.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DispatcherChangesTest : public Dispatching {};

TEST_F(DispatcherChangesTest, AnAlertThatFiredAndEndedWithinGroupWaitIsToldAsBoth) {
  fire("A");
  now += kSecond;
  resolve("A");
  EXPECT_THAT(pass(kMinute), ElementsAre("30s team/webhook[0] {}:{} first notification: +A",
                                         "30s team/webhook[0] {}:{} all alerts resolved: -A"));
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherChangesTest, SeveralChangesAreSeveralMessagesEachWithTheWholeGroup) {
  fire("A");
  fire("B");
  fire("C");
  pass(kMinute);
  resolve("A");
  fire("A");
  resolve("A");
  resolve("B");
  fire("D");
  resolve("D");
  EXPECT_THAT(pass(5 * kMinute),
              ElementsAre("330s team/webhook[0] {}:{} new alerts added: +C +D -A -B",
                          "330s team/webhook[0] {}:{} new alerts added: +A +C -D",
                          "330s team/webhook[0] {}:{} some alerts resolved: +C -A"));
}

TEST_F(DispatcherChangesTest, EachMessageHasTheAlertAsItWasThen) {
  Alert one = alert("A");
  one.annotations = {{"summary", "first"}};
  dispatcher->take({one}, now);
  one.ends_at = now + kSecond;
  now += 2 * kSecond;
  const Alert first = one;
  dispatcher->take({one}, now);
  one.annotations = {{"summary", "second"}};
  one.starts_at = now;
  one.ends_at.reset();
  dispatcher->take({one}, now);
  restart();
  now += kMinute;
  const auto sent = dispatcher->flush(now);
  ASSERT_THAT(sent, SizeIs(3));
  EXPECT_EQ(sent[0].alerts[0].alert.annotations, first.annotations);
  EXPECT_EQ(sent[0].alerts[0].alert.starts_at, start);
  EXPECT_EQ(sent[1].alerts[0].alert, first);
  EXPECT_EQ(sent[2].alerts[0].alert, one);
  EXPECT_EQ(map->size("change"), 0U);
}

TEST_F(DispatcherChangesTest, WithoutSendResolvedOnlyFiringsAreTold) {
  settings.receivers = {receiver("team", {false, true})};
  reload();
  fire("A");
  fire("B");
  pass(kMinute);
  resolve("A");
  EXPECT_THAT(pass(5 * kMinute),
              ElementsAre("330s team/webhook[1] {}:{} some alerts resolved: +B -A"));
  fire("A");
  EXPECT_THAT(pass(5 * kMinute), ElementsAre("630s team/webhook[0] {}:{} new alerts added: +A +B",
                                             "630s team/webhook[1] {}:{} new alerts added: +A +B"))
      << "an alert that was resolved unheard can fire again";
  resolve("A");
  fire("A");
  resolve("A");
  fire("A");
  EXPECT_THAT(pass(5 * kMinute),
              ElementsAre("930s team/webhook[0] {}:{} new alerts added: +A +B",
                          "930s team/webhook[0] {}:{} new alerts added: +A +B",
                          "930s team/webhook[1] {}:{} some alerts resolved: +B -A",
                          "930s team/webhook[1] {}:{} new alerts added: +A +B",
                          "930s team/webhook[1] {}:{} some alerts resolved: +B -A",
                          "930s team/webhook[1] {}:{} new alerts added: +A +B"));
}

TEST_F(DispatcherChangesTest, WithoutSendResolvedResolvedAlertsAreForgottenToo) {
  settings.receivers = {receiver("team", {false})};
  reload();
  fire("A");
  pass(kMinute);
  resolve("A");
  EXPECT_THAT(pass(5 * kMinute), IsEmpty());
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherChangesTest, MutedAlertsAreLeftOutAndToldWhenTheMuteEnds) {
  fire("A");
  fire("B");
  mute("A");
  EXPECT_THAT(pass(kHour), ElementsAre("30s team/webhook[0] {}:{} first notification: +B"));
  unmute("A");
  EXPECT_THAT(pass(kHour), ElementsAre("3630s team/webhook[0] {}:{} new alerts added: +A +B"))
      << "after group_wait";
}

TEST_F(DispatcherChangesTest, TheEndOfAMuteThatNobodyMentionsIsSeenAtTheNextTime) {
  mute("A");
  fire("A");
  pass(kHour);
  muted.clear();
  EXPECT_THAT(pass(kHour), ElementsAre("3630s team/webhook[0] {}:{} first notification: +A"));
}

TEST_F(DispatcherChangesTest, TheEndOfAMuteDoesNotMakeAGroupTalkMoreOftenThanItsInterval) {
  mute("A");
  fire("A");
  fire("B");
  pass(31 * kSecond);
  unmute("A");
  EXPECT_THAT(pass(kHour), ElementsAre("330s team/webhook[0] {}:{} new alerts added: +A +B"));
}

TEST_F(DispatcherChangesTest, AnInhibitedAlertThatEndsShortlyAfterItsInhibitorIsNotTold) {
  mute("A");
  fire("A");
  pass(kHour);
  unmute("A");
  now += 15 * kSecond;
  resolve("A");
  EXPECT_EQ(dispatcher->size(), 0U);
}

TEST_F(DispatcherChangesTest, WhatCameAndWentWhileMutedIsNotTold) {
  fire("B");
  pass(kMinute);
  mute("A");
  fire("A");
  pass(kHour);
  resolve("A");
  pass(kHour);
  unmute("A");
  EXPECT_THAT(pass(kHour), IsEmpty());
  EXPECT_EQ(dispatcher->size(), 1U);
}

TEST_F(DispatcherChangesTest, AChangeThatIsHeldBackCollapsesWithWhatComesBeforeItIsTold) {
  fire("A");
  fire("B");
  pass(kMinute);
  mute("A");
  resolve("A");
  pass(10 * kMinute);
  unmute("A");
  fire("A");
  EXPECT_EQ(dispatcher->waiting(), 0U);
  EXPECT_THAT(pass(kHour), IsEmpty());
  resolve("A");
  EXPECT_THAT(pass(5 * kMinute), SizeIs(1));
}

TEST_F(DispatcherChangesTest, AResolutionIsHeldBackUntilTheMuteEnds) {
  fire("A");
  pass(kMinute);
  mute("A");
  resolve("A");
  EXPECT_THAT(pass(10 * kHour), IsEmpty());
  restart();
  unmute("A");
  EXPECT_THAT(pass(kHour), ElementsAre("36090s team/webhook[0] {}:{} all alerts resolved: -A"));
}

TEST_F(DispatcherChangesTest, AResolutionIsHeldBackForFiveDaysAtMost) {
  fire("A");
  pass(kMinute);
  mute("A");
  resolve("A");
  pass(119 * kHour);
  EXPECT_EQ(dispatcher->size(), 1U);
  pass(2 * kHour);
  EXPECT_EQ(dispatcher->size(), 0U);
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherChangesTest, MutedAlertsAreNotRepeatedUntilTheMuteEnds) {
  fire("A");
  pass(kMinute);
  mute("A");
  EXPECT_THAT(pass(5 * kHour), IsEmpty());
  muted.clear();
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("18330s team/webhook[0] {}:{} repeat interval elapsed: +A"));
}

TEST_F(DispatcherChangesTest, AnAlertThatCameBackUnnoticedIsRepeated) {
  fire("A");
  pass(kMinute);
  mute("A");
  resolve("A");
  pass(10 * kMinute);
  fire("A");
  unmute("A");
  EXPECT_THAT(pass(4 * kHour),
              ElementsAre("14430s team/webhook[0] {}:{} repeat interval elapsed: +A"));
}

TEST_F(DispatcherChangesTest, AnAlertThatChangesAllTheTimeKeepsItsLastComingAndGoing) {
  options.max_changes_of_alert = 4;
  restart();
  for (int i = 0; i < 1000; ++i) {
    fire("A");
    resolve("A");
  }
  EXPECT_LE(dispatcher->waiting(), 4U);
  EXPECT_GT(dispatcher->counters().changes_collapsed, 1900U);
  const Lines lines = pass(kMinute);
  ASSERT_THAT(lines, SizeIs(testing::AllOf(testing::Ge(2U), testing::Le(4U))));
  EXPECT_EQ(lines[0], "30s team/webhook[0] {}:{} first notification: +A");
  EXPECT_EQ(lines.back(), "30s team/webhook[0] {}:{} all alerts resolved: -A");
}

TEST_F(DispatcherChangesTest, ChangesOfAllAlertsAreBounded) {
  options.max_changes = 100;
  restart();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 50; ++i) fire(fmt::format("A{}", i));
    for (int i = 0; i < 50; ++i) resolve(fmt::format("A{}", i));
  }
  EXPECT_LE(dispatcher->waiting(), 102U);
  EXPECT_EQ(dispatcher->size(), 50U) << "nobody's coming and going is lost altogether";
  pass(kMinute);
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherChangesTest, AHugeGroupWithAnAlertThatChangesAllTheTimeIsToldInFewMessages) {
  std::vector<Alert> many;
  for (int i = 0; i < 4'000; ++i) many.push_back(alert(fmt::format("A{}", i)));
  dispatcher->take(many, now);
  pass(kMinute);
  for (int i = 0; i < 15; ++i) {
    resolve("A7");
    fire("A7");
  }
  now += 5 * kMinute;
  EXPECT_THAT(dispatcher->flush(now), SizeIs(2));
  EXPECT_GT(dispatcher->counters().changes_collapsed, 0U);
}

TEST_F(DispatcherChangesTest, ManyAlertsInManyGroupsWriteOnlyWhatChanges) {
  settings.route.group_by = {"g"};
  reload();
  std::vector<Alert> many;
  for (int i = 0; i < 3'000; ++i) {
    many.push_back(alert(fmt::format("A{}", i), {{"g", fmt::format("{}", i % 300)}}));
  }
  dispatcher->take(many, now);
  now += kMinute;
  EXPECT_THAT(dispatcher->flush(now), SizeIs(300));
  EXPECT_EQ(map->size("alert"), 3'000U);
  EXPECT_EQ(map->size("told"), 3'000U);
  EXPECT_EQ(map->size("group"), 300U);
  for (Alert& one : many) one.ends_at = now;
  dispatcher->take(many, now);
  now += 5 * kMinute;
  EXPECT_THAT(dispatcher->flush(now), SizeIs(300));
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherChangesTest, LabelSetsOfAMegabyteAreSurvived) {
  settings.route.group_by_all = true;
  reload();
  const metrics::Labels huge = {{"text", std::string(1 << 20, 'x')}};
  fire("A", huge);
  restart();
  resolve("A", huge);
  fire("A", huge);
  EXPECT_THAT(pass(kMinute), SizeIs(3));
}

}  // namespace
}  // namespace hitwatch::notify
