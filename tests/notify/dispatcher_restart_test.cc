// What survives a restart, and what a reload of the settings changes.
#include <algorithm>

#include "tests/notify/dispatching.h"

namespace hitwatch::notify {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DispatcherRestartTest : public Dispatching {};

TEST_F(DispatcherRestartTest, WhatWasToldIsNotToldAgainAndTimesGoOn) {
  fire("A");
  now += 10 * kSecond;
  restart();
  EXPECT_THAT(pass(kMinute), ElementsAre("30s team/webhook[0] {}:{} first notification: +A"));
  restart();
  fire("A");  // its sender says it again
  EXPECT_THAT(pass(kHour), IsEmpty());
  restart();
  EXPECT_THAT(pass(4 * kHour),
              ElementsAre("14430s team/webhook[0] {}:{} repeat interval elapsed: +A"));
}

TEST_F(DispatcherRestartTest, UntoldChangesAreToldAfterwards) {
  fire("A");
  fire("B");
  pass(kMinute);
  resolve("A");
  fire("A");
  resolve("A");
  restart();
  fire("C");
  restart();
  EXPECT_EQ(dispatcher->waiting(), 4U);
  EXPECT_THAT(pass(5 * kMinute),
              ElementsAre("330s team/webhook[0] {}:{} new alerts added: +B +C -A",
                          "330s team/webhook[0] {}:{} new alerts added: +A +B +C",
                          "330s team/webhook[0] {}:{} some alerts resolved: +B +C -A"));
}

TEST_F(DispatcherRestartTest, AnAlertWhoseEndCameMeanwhileIsResolved) {
  Alert one = alert("A");
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  pass(kMinute);
  now += kHour;
  restart();
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("3930s team/webhook[0] {}:{} all alerts resolved: -A"));
}

TEST_F(DispatcherRestartTest, AnAlertWhoseSenderCouldNotSpeakMeanwhileGoesOn) {
  Alert one = alert("A");
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  pass(kMinute);
  now += kHour;
  restart();
  EXPECT_THAT(pass(kMinute), IsEmpty());
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  EXPECT_THAT(pass(3 * kMinute), IsEmpty());
}

TEST_F(DispatcherRestartTest, AGroupWhoseTimeCameMeanwhileIsToldOfAtOnce) {
  fire("A");
  now += kHour;
  restart();
  EXPECT_THAT(flush(), SizeIs(1));
}

TEST_F(DispatcherRestartTest, WhatCannotBeReadIsDroppedAndCounted) {
  settings.route.group_by = {"alertname"};
  reload();
  fire("A");
  fire("B");
  pass(kMinute);
  const std::string a = fingerprint(labels_of("A"));
  const std::vector<std::string> bad = {
      "",
      "[",
      "null",
      "{}",
      R"({"labels":[["a"]],"annotations":[],"starts_at":1})",
      "[1]",
      "\"x\"",
      R"({"labels":{},"annotations":{},"starts_at":"1","changes":-1})"};
  for (const std::string& text : bad) {
    map->put("alert", a, text);
    restart();
    EXPECT_EQ(dispatcher->size(), 1U);
    EXPECT_GE(dispatcher->counters().unreadable, 1U);
    EXPECT_EQ(map->size("alert"), 1U);
    EXPECT_EQ(map->size("told"), 1U);
  }
  for (const char* kind : {"alert", "change", "group", "told"}) {
    map->put(kind, "what/is/this", "{}");
    map->put(kind, "what/is/1", R"({"changes":[7,7,7],"held":1})");
  }
  restart();
  EXPECT_EQ(dispatcher->counters().unreadable, 8U);
  EXPECT_EQ(entries(*map), 3U);
  resolve("B");
  EXPECT_THAT(pass(kHour), SizeIs(1));
}

TEST_F(DispatcherRestartTest, AReloadThatChangesNothingChangesNothing) {
  fire("A");
  fire("B");
  pass(kMinute);
  resolve("A");
  const std::string before = *map->find("group", "1");
  reload();
  EXPECT_EQ(*map->find("group", "1"), before);
  EXPECT_THAT(pass(kHour), ElementsAre("330s team/webhook[0] {}:{} some alerts resolved: +B -A"));
}

TEST_F(DispatcherRestartTest, AnotherGroupingDoesNotRepeatWhatTheDestinationKnows) {
  fire("A");
  fire("B");
  pass(kMinute);
  resolve("A");
  fire("C");
  settings.route.group_by = {"alertname"};
  reload();
  EXPECT_EQ(map->size("group"), 3U);
  EXPECT_THAT(pass(kHour),
              ElementsAre("90s team/webhook[0] {}:{alertname=\"C\"} first notification: +C",
                          "330s team/webhook[0] {}:{alertname=\"A\"} all alerts resolved: -A"))
      << "the old group's time goes with those who were told of, C's group is new";
  EXPECT_THAT(
      pass(3 * kHour),
      ElementsAre("14430s team/webhook[0] {}:{alertname=\"B\"} repeat interval elapsed: +B"));
}

TEST_F(DispatcherRestartTest, UntoldChangesGoToTheNewReceiver) {
  settings.receivers = {receiver("team"), receiver("other")};
  reload();
  fire("A");
  fire("B");
  resolve("B");
  settings.route.receiver = "other";
  reload();
  EXPECT_THAT(pass(kMinute), ElementsAre("30s other/webhook[0] {}:{} first notification: +A +B",
                                         "30s other/webhook[0] {}:{} some alerts resolved: +A -B"));
}

TEST_F(DispatcherRestartTest, ANewReceiverHearsOfWhatFiresButOfNoResolutionOfWhatItNeverHeardOf) {
  settings.receivers = {receiver("team"), receiver("other")};
  reload();
  fire("A");
  fire("B");
  pass(kMinute);
  resolve("B");
  settings.route.receiver = "other";
  restart();
  EXPECT_THAT(pass(kMinute), ElementsAre("60s other/webhook[0] {}:{} first notification: +A"));
  EXPECT_EQ(dispatcher->size(), 1U);
}

TEST_F(DispatcherRestartTest, AnIntegrationThatIsAddedHearsOfWhatFires) {
  fire("A");
  pass(kHour);
  settings.receivers = {receiver("team", {true, true})};
  reload();
  EXPECT_THAT(pass(kMinute), ElementsAre("3600s team/webhook[1] {}:{} first notification: +A"));
}

TEST_F(DispatcherRestartTest, AnAdditionalRouteToTheSameReceiverIsAGroupOfItsOwn) {
  fire("A", {{"s", "1"}});
  pass(kMinute);
  settings.route.routes = {route("team", "s", "1"), route("team")};
  settings.route.routes[0].proceed = true;
  settings.route.routes[1].key = "{}";
  reload();
  EXPECT_THAT(pass(kMinute),
              ElementsAre("60s team/webhook[0] {}/{s=\"1\"}:{} first notification: +A"));
}

TEST_F(DispatcherRestartTest, GroupsWhoseRouteIsGoneVanish) {
  settings.receivers = {receiver("team"), receiver("other")};
  settings.route.routes = {route("other", "s", "1")};
  settings.route.routes[0].proceed = true;
  reload();
  fire("A", {{"s", "1"}});
  pass(kMinute);
  settings.route.routes.clear();
  reload();
  EXPECT_THAT(pass(kMinute), ElementsAre("60s team/webhook[0] {}:{} first notification: +A"))
      << "began longer than group_wait ago";
  EXPECT_EQ(map->size("group"), 1U);
  EXPECT_EQ(map->size("told"), 1U);
}

TEST_F(DispatcherRestartTest, ResolvedAlertsThatNobodyIsToBeToldOfAnyMoreAreForgotten) {
  fire("A");
  pass(kMinute);
  resolve("A");
  settings.receivers[0].integrations.clear();
  reload();
  EXPECT_EQ(entries(*map), 0U);
  EXPECT_EQ(dispatcher->next(), std::nullopt);
}

TEST_F(DispatcherRestartTest, AShorterGroupIntervalHoldsAtOnce) {
  fire("A");
  pass(kMinute);
  fire("B");
  settings.route.group_interval = milliseconds(kMinute);
  reload();
  EXPECT_THAT(pass(kMinute), ElementsAre("120s team/webhook[0] {}:{} new alerts added: +A +B"));
}

TEST_F(DispatcherRestartTest, ManyAlertsAreRegroupedAndReadAgain) {
  settings.route.group_by = {"g"};
  reload();
  std::vector<Alert> many;
  for (int i = 0; i < 3'000; ++i) {
    many.push_back(alert(fmt::format("A{}", i), {{"g", fmt::format("{}", i % 100)}}));
  }
  dispatcher->take(many, now);
  now += kMinute;
  EXPECT_THAT(dispatcher->flush(now), SizeIs(100));
  settings.route.group_by = {};
  reload();
  restart();
  EXPECT_EQ(dispatcher->size(), 3'000U);
  EXPECT_EQ(map->size("group"), 1U);
  EXPECT_THAT(pass(kHour), IsEmpty());
}

}  // namespace
}  // namespace hitwatch::notify
