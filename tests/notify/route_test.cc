#include <gmock/gmock.h>

#include "agent/notify/settings.h"

namespace hitwatch::notify {
namespace {

using testing::ElementsAre;

Route route(std::string receiver, std::string_view matchers, std::vector<Route> routes = {},
            bool proceed = false) {
  Route made;
  made.receiver = std::move(receiver);
  made.matchers = *parse_matchers(matchers);
  made.routes = std::move(routes);
  made.proceed = proceed;
  return made;
}

std::vector<std::string> reached(const Route& root, const metrics::Labels& labels) {
  std::vector<std::string> receivers;
  for (const Route* found : match_routes(root, labels)) receivers.push_back(found->receiver);
  return receivers;
}

TEST(NotifyRoute, AnAlertThatNoChildMatchesStaysAtTheParent) {
  const Route root = route("root", "", {route("a", "team=a", {route("page", "severity=page")})});
  EXPECT_THAT(reached(root, {}), ElementsAre("root"));
  EXPECT_THAT(reached(root, {{"team", "a"}}), ElementsAre("a"));
  EXPECT_THAT(reached(root, {{"severity", "page"}}), ElementsAre("root"));
  EXPECT_THAT(reached(root, {{"severity", "page"}, {"team", "a"}}), ElementsAre("page"));
}

TEST(NotifyRoute, TheFirstChildThatMatchesIsTheLastUnlessItSaysContinue) {
  const Route root = route("root", "",
                           {route("log", "", {}, true), route("a", "team=a", {}, true),
                            route("b", "team=~a|b"), route("c", "team=~.+")});
  EXPECT_THAT(reached(root, {}), ElementsAre("log"));
  EXPECT_THAT(reached(root, {{"team", "a"}}), ElementsAre("log", "a", "b"));
  EXPECT_THAT(reached(root, {{"team", "b"}}), ElementsAre("log", "b"));
  EXPECT_THAT(reached(root, {{"team", "c"}}), ElementsAre("log", "c"));
}

TEST(NotifyRoute, TheChildrenOfAMatchingNodeSpeakForIt) {
  const Route root =
      route("root", "",
            {route("a", "team=a", {route("x", "x=1", {}, true), route("y", "y=1")}, true),
             route("z", "z=1")});
  EXPECT_THAT(reached(root, {{"team", "a"}, {"x", "1"}, {"y", "1"}, {"z", "1"}}),
              ElementsAre("x", "y", "z"));
  EXPECT_THAT(reached(root, {{"team", "a"}, {"z", "1"}}), ElementsAre("a", "z"));
}

TEST(NotifyRoute, AlertsAreGroupedByTheLabelsTheyHave) {
  Route node = route("root", "");
  const metrics::Labels labels = {{"alertname", "A"}, {"instance", "r1:6379"}, {"team", "a"}};
  EXPECT_THAT(group_labels(node, labels), ElementsAre());
  node.group_by = {"alertname", "cluster", "instance"};
  EXPECT_THAT(group_labels(node, labels),
              ElementsAre(metrics::Label{"alertname", "A"}, metrics::Label{"instance", "r1:6379"}));
  node.group_by_all = true;
  EXPECT_EQ(group_labels(node, labels), labels);
}

TEST(NotifyRoute, AGroupsKeyIsTheRoutesAndItsLabels) {
  Route node = route("root", "");
  node.key = R"({}/{severity="page"})";
  EXPECT_EQ(group_key(node, {}), R"({}/{severity="page"}:{})");
  EXPECT_EQ(group_key(node, {{"alertname", "A"}, {"instance", "r1:6379"}}),
            R"({}/{severity="page"}:{alertname="A", instance="r1:6379"})");
  EXPECT_EQ(group_key(node, {{"a.b", "\"\t\x01é"}, {"c", "\\"}}),
            R"({}/{severity="page"}:{"a.b"="\"\t\x01é", c="\\"})");
}

TEST(NotifySettings, ReceiversAndIntervalsAreFoundByName) {
  Settings settings;
  settings.receivers = {{"a", {Integration{true, {}, SlackSettings()}}}, {"b", {}}};
  settings.time_intervals = {{"nights", {}}};
  EXPECT_EQ(settings.receiver("b"), &settings.receivers[1]);
  EXPECT_EQ(settings.receiver("c"), nullptr);
  EXPECT_EQ(settings.time_interval("nights"), &settings.time_intervals[0]);
  EXPECT_EQ(settings.time_interval("a"), nullptr);
  EXPECT_EQ(settings.receivers[0].integrations[0].name(), "slack");
  EXPECT_EQ((Integration{true, {}, WebhookSettings()}.name()), "webhook");
  EXPECT_EQ((Integration{true, {}, PagerDutySettings()}.name()), "pagerduty");
}

}  // namespace
}  // namespace hitwatch::notify
