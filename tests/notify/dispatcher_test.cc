// Groups and their times. The defaults: group_wait 30 s, group_interval 5 min, repeat_interval 4 h.
#include "agent/notify/dispatcher.h"

#include <algorithm>

#include "tests/notify/dispatching.h"

namespace hitwatch::notify {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DispatcherTest : public Dispatching {};

TEST_F(DispatcherTest, ANewGroupIsToldOfAfterGroupWaitWithAllThatCameMeanwhile) {
  fire("A");
  EXPECT_EQ(dispatcher->next(), start + 30 * kSecond);
  EXPECT_THAT(pass(10 * kSecond), IsEmpty());
  fire("B");
  EXPECT_THAT(pass(kMinute), ElementsAre("30s team/webhook[0] {}:{} first notification: +A +B"));
}

TEST_F(DispatcherTest, ANewGroupIsToldOfAtOnceIfItsAlertBeganThatLongAgo) {
  Alert old = alert("A");
  old.starts_at = now - 31 * kSecond;
  dispatcher->take({old}, now);
  EXPECT_THAT(flush(), ElementsAre("team/webhook[0] {}:{} first notification: +A"));
}

TEST_F(DispatcherTest, WhatIsNewInAGroupIsToldWhenGroupIntervalIsOver) {
  fire("A");
  pass(kMinute);
  fire("B");
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("330s team/webhook[0] {}:{} new alerts added: +A +B"));
  resolve("A");
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("930s team/webhook[0] {}:{} some alerts resolved: +B -A"))
      << "times of the group stay where they were while there was nothing to tell";
  resolve("B");
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("1530s team/webhook[0] {}:{} all alerts resolved: -B"));
}

TEST_F(DispatcherTest, NothingIsLeftOfAlertsThatEveryoneWasToldAreResolved) {
  fire("A");
  pass(kMinute);
  resolve("A");
  EXPECT_EQ(dispatcher->size(), 1U);
  EXPECT_EQ(dispatcher->waiting(), 1U);
  pass(5 * kMinute);
  EXPECT_EQ(dispatcher->size(), 0U);
  EXPECT_EQ(dispatcher->waiting(), 0U);
  EXPECT_EQ(dispatcher->next(), std::nullopt);
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherTest, AnAlertThatComesBackToAForgottenGroupMakesANewOne) {
  fire("A");
  pass(kMinute);
  resolve("A");
  pass(5 * kMinute);
  fire("A");
  EXPECT_THAT(pass(kMinute), ElementsAre("390s team/webhook[0] {}:{} first notification: +A"));
}

TEST_F(DispatcherTest, RepeatsExactlyWhenRepeatIntervalIsOver) {
  fire("A");
  pass(kMinute);
  EXPECT_THAT(pass(8 * kHour),
              ElementsAre("14430s team/webhook[0] {}:{} repeat interval elapsed: +A",
                          "28830s team/webhook[0] {}:{} repeat interval elapsed: +A"));
}

TEST_F(DispatcherTest, ARepeatIntervalAsLongAsTheGroupIntervalIsNotDoubled) {
  settings.route.repeat_interval = milliseconds(5 * kMinute);
  reload();
  fire("A");
  pass(kMinute);
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("330s team/webhook[0] {}:{} repeat interval elapsed: +A",
                          "630s team/webhook[0] {}:{} repeat interval elapsed: +A"));
}

TEST_F(DispatcherTest, EveryMessagePostponesTheRepetition) {
  fire("A");
  pass(3 * kHour);
  fire("B");
  pass(5 * kMinute);
  EXPECT_THAT(pass(235 * kMinute), IsEmpty());
  EXPECT_THAT(pass(kMinute),
              ElementsAre("25230s team/webhook[0] {}:{} repeat interval elapsed: +A +B"));
}

TEST_F(DispatcherTest, AlertsAreGroupedByTheLabelsOfTheirRoute) {
  settings.route.group_by = {"cluster"};
  reload();
  fire("A", {{"cluster", "x"}});
  fire("B", {{"cluster", "y"}});
  fire("C", {{"cluster", "x"}});
  EXPECT_THAT(pass(kMinute),
              ElementsAre("30s team/webhook[0] {}:{cluster=\"x\"} first notification: +A +C",
                          "30s team/webhook[0] {}:{cluster=\"y\"} first notification: +B"));
}

TEST_F(DispatcherTest, ListsFiringAlertsFirstAndEachKindByFingerprint) {
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back(fmt::format("A{}", i));
  for (const std::string& name : names) fire(name);
  pass(kMinute);
  for (int i = 0; i < 10; ++i) resolve(names[i]);
  now += kHour;
  const auto sent = dispatcher->flush(now);
  ASSERT_THAT(sent, SizeIs(1));
  std::vector<std::string> order;
  for (const MessageAlert& one : sent[0].alerts) {
    order.push_back((one.firing ? "1" : "2") + fingerprint(one.alert.labels));
  }
  EXPECT_EQ(order.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(DispatcherTest, AMessageSaysAllThatItsReceiverMayAskFor) {
  settings.route.group_by = {"cluster"};
  reload();
  Alert one = alert("A", {{"cluster", "x"}});
  one.annotations = {{"summary", "s"}};
  one.generator_url = "http://g";
  one.ends_at = now + kHour;
  dispatcher->take({one}, now);
  now += kMinute;
  const auto sent = dispatcher->flush(now);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].id, "msg_1");
  EXPECT_EQ(sent[0].group_labels, (metrics::Labels{{"cluster", "x"}}));
  EXPECT_EQ(sent[0].created_at, now);
  one.ends_at.reset();
  EXPECT_THAT(sent[0].alerts, ElementsAre(MessageAlert{one, true}))
      << "when a firing alert will end is a guess, which nobody is told";
}

TEST_F(DispatcherTest, EveryRouteWithContinueTellsItsReceiver) {
  settings.receivers = {receiver("team"), receiver("a"), receiver("b")};
  settings.route.routes = {route("a", "s", "1"), route("b", "s", "1")};
  settings.route.routes[0].proceed = true;
  reload();
  fire("A", {{"s", "1"}});
  fire("B");
  EXPECT_THAT(pass(kMinute), ElementsAre("30s a/webhook[0] {}/{s=\"1\"}:{} first notification: +A",
                                         "30s b/webhook[0] {}/{s=\"1\"}:{} first notification: +A",
                                         "30s team/webhook[0] {}:{} first notification: +B"))
      << "the same key twice, as both routes are written alike";
}

TEST_F(DispatcherTest, EveryIntegrationOfTheReceiverIsToldAndCountedByItsKind) {
  settings.receivers[0].integrations = {{.http = {}, .kind = WebhookSettings{}},
                                        {.http = {}, .kind = SlackSettings{}},
                                        {.http = {}, .kind = WebhookSettings{}},
                                        {.http = {}, .kind = PagerDutySettings{}}};
  reload();
  fire("A");
  EXPECT_THAT(pass(kMinute), ElementsAre("30s team/webhook[0] {}:{} first notification: +A",
                                         "30s team/slack[0] {}:{} first notification: +A",
                                         "30s team/webhook[1] {}:{} first notification: +A",
                                         "30s team/pagerduty[0] {}:{} first notification: +A"));
}

TEST_F(DispatcherTest, AReceiverWithoutIntegrationsSwallowsAlerts) {
  settings.receivers[0].integrations.clear();
  reload();
  fire("A");
  EXPECT_EQ(dispatcher->size(), 1U);
  EXPECT_EQ(dispatcher->next(), std::nullopt);
  restart();
  EXPECT_EQ(dispatcher->size(), 1U);
  EXPECT_EQ(dispatcher->counters().unreadable, 0U);
  resolve("A");
  EXPECT_EQ(entries(*map), 0U);
}

TEST_F(DispatcherTest, AnAlertEndsByItselfWhenItsEndHasCome) {
  Alert one = alert("A");
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  pass(kMinute);
  EXPECT_EQ(dispatcher->next(), start + 4 * kMinute);
  EXPECT_THAT(pass(10 * kMinute),
              ElementsAre("330s team/webhook[0] {}:{} all alerts resolved: -A"));
}

TEST_F(DispatcherTest, AnEndThatLiesInTheFutureMayBeMoved) {
  Alert one = alert("A");
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  pass(3 * kMinute);
  one.ends_at = now + 4 * kMinute;
  dispatcher->take({one}, now);
  EXPECT_THAT(pass(200 * kSecond), IsEmpty());
  one.ends_at = std::nullopt;
  dispatcher->take({one}, now);
  EXPECT_THAT(pass(kHour), IsEmpty());
}

TEST_F(DispatcherTest, AnEndThatHasPassedUnseenIsNotTakenBack) {
  Alert one = alert("A");
  one.ends_at = now + kMinute;
  dispatcher->take({one}, now);
  pass(45 * kSecond);
  now += kMinute;
  one.ends_at = now + kMinute;
  dispatcher->take({one}, now);
  EXPECT_EQ(dispatcher->waiting(), 2U) << "resolved, and firing again";
}

TEST_F(DispatcherTest, AKnownAlertKeepsItsBeginningAndTheLatestAnnotationsCount) {
  Alert one = alert("A");
  dispatcher->take({one}, now);
  one.starts_at += kSecond;
  one.annotations = {{"summary", "new"}};
  dispatcher->take({one}, now);
  const auto views = dispatcher->alerts(now);
  ASSERT_THAT(views, SizeIs(1));
  EXPECT_EQ(views[0].alert->starts_at, start);
  EXPECT_EQ(views[0].alert->annotations, one.annotations);
  one.starts_at = start - kSecond;
  dispatcher->take({one}, now);
  EXPECT_EQ(dispatcher->alerts(now)[0].alert->starts_at, start - kSecond);
}

TEST_F(DispatcherTest, WhatEndedBeforeAnybodyKnewOfItIsNoNews) {
  resolve("A");
  EXPECT_EQ(dispatcher->size(), 0U);
  fire("A");
  pass(kMinute);
  resolve("A");
  pass(5 * kMinute);
  resolve("A");  // as Prometheus says it again and again for 15 minutes
  EXPECT_EQ(dispatcher->size(), 0U);
}

TEST_F(DispatcherTest, WhenTheClockGoesBackNothingWaitsLongerThanFromNewlyOn) {
  fire("A");
  now -= 10 * kHour;
  dispatcher->take({}, now);
  EXPECT_EQ(dispatcher->next(), now + 30 * kSecond);
  EXPECT_THAT(pass(kMinute), SizeIs(1));
  fire("B");
  now -= 10 * kHour;
  EXPECT_THAT(flush(), IsEmpty());
  EXPECT_EQ(dispatcher->next(), now + 5 * kMinute);
  EXPECT_THAT(pass(5 * kMinute), SizeIs(1));
  now -= 10 * kHour;
  restart();
  EXPECT_EQ(dispatcher->next(), now + 4 * kHour) << "the repetition";
}

TEST_F(DispatcherTest, AClockThatGoesForwardLosesNothing) {
  fire("A");
  now += 1000 * kHour;
  EXPECT_THAT(flush(), SizeIs(1));
  fire("B");
  now += 1000 * kHour;
  EXPECT_THAT(flush(), SizeIs(1));
}

TEST_F(DispatcherTest, TimesThatNobodyMeansAreSurvived) {
  Alert one = alert("A");
  one.starts_at = std::numeric_limits<std::int64_t>::min();
  one.ends_at = std::numeric_limits<std::int64_t>::max();
  dispatcher->take({one}, now);
  EXPECT_THAT(flush(), SizeIs(1));
  one = alert("B");
  one.starts_at = std::numeric_limits<std::int64_t>::max();
  dispatcher->take({one}, now);
  one.ends_at = std::numeric_limits<std::int64_t>::min();
  dispatcher->take({one}, now);
  EXPECT_THAT(pass(kHour), SizeIs(2)) << "firing, resolved";
}

TEST_F(DispatcherTest, MoreAlertsThanTheBoundAreDroppedAndCounted) {
  options.max_alerts = 2;
  restart();
  for (const char* name : {"A", "B", "C"}) fire(name);
  EXPECT_EQ(dispatcher->size(), 2U);
  EXPECT_EQ(dispatcher->counters().alerts_dropped, 1U);
  resolve("A");
  pass(kMinute);
  EXPECT_EQ(dispatcher->size(), 1U);
  fire("C");
  EXPECT_EQ(dispatcher->size(), 2U);
}

TEST_F(DispatcherTest, TheApiSeesAlertsWithTheirReceiversAndGroups) {
  settings.receivers = {receiver("team"), receiver("b")};
  settings.route.routes = {route("b", "s", "1"), route("team", "s", "1"), route("b", "t", "1")};
  settings.route.routes[0].proceed = settings.route.routes[1].proceed = true;
  reload();
  mute("A");
  fire("A", {{"s", "1"}, {"t", "1"}});
  fire("B");
  const auto alerts = dispatcher->alerts(now);
  ASSERT_THAT(alerts, SizeIs(2));
  for (const auto& view : alerts) {
    const bool is_a = label_value(view.alert->labels, "alertname") == "A";
    EXPECT_EQ(view.receivers, is_a ? Lines({"b", "team"}) : Lines({"team"}));
    EXPECT_EQ(view.muted.any(), is_a);
    EXPECT_EQ(view.fingerprint, fingerprint(view.alert->labels));
  }
  const auto groups = dispatcher->groups(now);
  Lines seen;
  for (const auto& group : groups) {
    seen.push_back(fmt::format("{} {} {}", group.key, group.route->receiver,
                               label_value(group.alerts.at(0).alert->labels, "alertname")));
  }
  EXPECT_THAT(seen, ElementsAre("{}/{s=\"1\"}:{} b A", "{}/{s=\"1\"}:{} team A",
                                "{}/{t=\"1\"}:{} b A", "{}:{} team B"));
}

}  // namespace
}  // namespace hitwatch::notify
