#include "agent/cli/notify_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/config/config.h"

namespace hitwatch::cli {
namespace {

using metrics::Labels;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kWednesday = 1'792'000'000'000;  // a Wednesday, 17:46:40

constexpr const char* kConfig = R"(
targets: []
notify:
  route:
    receiver: default
    group_by: [alertname]
    routes:
    - matchers: [severity="critical"]
      receiver: team
      continue: true
      mute_time_intervals: [afternoon]
      active_time_intervals: [wednesday]
    - matchers: [team="db"]
      receiver: db
    - matchers: ['alertname=~"Redis.*"']
      receiver: team
      group_by: ['...']
      group_wait: 5s
      routes:
      - matchers: [severity="critical"]
        receiver: db
    - matchers: [a="b"]
  receivers:
  - name: default
    webhook_configs: [{url: 'http://127.0.0.1:9099/geheim'}]
  - name: team
    webhook_configs: [{url: 'http://127.0.0.1:9099/'}, {url: 'http://127.0.0.1:9098/'}]
  - name: db
  time_intervals:
  - {name: afternoon, time_intervals: [{times: [{start_time: '12:00', end_time: '24:00'}]}]}
  - {name: wednesday, time_intervals: [{weekdays: [wednesday]}]}
  inhibit_rules:
  - source_matchers: [alertname="NodeDown"]
    target_matchers: [alertname="RedisDown"]
    equal: [instance, zone]
  - source_matchers: [alertname="NodeDown"]
    target_matchers: [alertname="Other"]
)";

notify::Settings settings() {
  const auto config = config::load_text(kConfig, "hitwatch.yaml");
  EXPECT_TRUE(config) << config::to_string(config.error());
  return config ? config->notify : notify::Settings();
}

Labels labels(const std::vector<std::string>& texts) {
  const auto parsed = parse_alert_labels(texts);
  EXPECT_TRUE(parsed) << parsed.error();
  return parsed.value_or(Labels());
}

TEST(AlertLabels, AreNamesAndValues) {
  EXPECT_EQ(labels({"b=x=y", "a=1", "empty="}), (Labels{{"a", "1"}, {"b", "x=y"}}));
  EXPECT_EQ(labels({}), Labels());
}

TEST(AlertLabels, AreRefusedWithASentence) {
  const auto error = [](const std::vector<std::string>& texts) {
    const auto parsed = parse_alert_labels(texts);
    return parsed ? std::string() : parsed.error();
  };
  EXPECT_EQ(error({"severity"}), "'severity' is no label: write NAME=VALUE");
  EXPECT_EQ(error({"=x"}), "'=x' is no label: write NAME=VALUE");
  EXPECT_EQ(error({"a=1", "a=1"}), "the label a is given twice");
  EXPECT_THAT(error({"\x1b[2J"}), Not(HasSubstr("\x1b")));
}

TEST(RoutesText, ShowsTheTreeAndWhatMatched) {
  EXPECT_EQ(
      routes_text(settings(), labels({"alertname=RedisDown", "severity=critical", "instance=r1"}),
                  kWednesday),
      R"(An alert with {alertname="RedisDown", instance="r1", severity="critical"} goes to team, db:

{}  hitwatch.yaml:5:5  matches
  {severity="critical"}  hitwatch.yaml:8:7  matches, sends, continue
    receiver   team (webhook, webhook)
    group      {}/{severity="critical"}:{alertname="RedisDown"}
    grouped by alertname
    times      group_wait 30s, group_interval 5m, repeat_interval 4h
    muted in   afternoon
    only in    wednesday
    now        muted
  {team="db"}  hitwatch.yaml:13:7  does not match: there is no team
  {alertname=~"Redis.*"}  hitwatch.yaml:15:7  matches
    {severity="critical"}  hitwatch.yaml:20:9  matches, sends
      receiver   db (tells nobody)
      group      {}/{alertname=~"Redis.*"}/{severity="critical"}:)"
      R"({alertname="RedisDown", instance="r1", severity="critical"}
      grouped by all labels
      times      group_wait 5s, group_interval 5m, repeat_interval 4h
  {a="b"}  hitwatch.yaml:22:7  not looked at: the one before has no continue

Silent while one of these fires:
  an alert with {alertname="NodeDown"} and instance="r1", no zone
)");
}

TEST(RoutesText, TheRootSendsWhatNobodyElseTakes) {
  const std::string text = routes_text(settings(), labels({"team=ops\x1b"}), kWednesday);
  EXPECT_THAT(text, HasSubstr("goes to default:\n\n{}  hitwatch.yaml:5:5  matches, sends\n"));
  EXPECT_THAT(text,
              HasSubstr("{team=\"db\"}  hitwatch.yaml:13:7  does not match: team is \"ops?\""));
  EXPECT_THAT(text, Not(HasSubstr("Silent while")));
  EXPECT_THAT(text, Not(HasSubstr("geheim")));
}

TEST(RoutesText, SaysWhetherTheTimeIsRight) {
  constexpr std::int64_t kDay = 86'400'000;
  const Labels critical = labels({"severity=critical"});
  EXPECT_THAT(routes_text(settings(), critical, kWednesday), HasSubstr("now        muted\n"));
  const std::int64_t morning = kWednesday - kWednesday % kDay + 1;
  EXPECT_THAT(routes_text(settings(), critical, morning), Not(HasSubstr("now        muted")));
  EXPECT_THAT(routes_text(settings(), critical, morning + kDay), HasSubstr("now        muted\n"));
}

TEST(RoutesJson, HasTheRoutesThatSendWithTheirPaths) {
  const json all = json::parse(routes_json(
      settings(), labels({"alertname=RedisDown", "severity=critical", "instance=r1"}), kWednesday));
  EXPECT_EQ(all["labels"]["instance"], "r1");
  ASSERT_EQ(all["routes"].size(), 2U);
  const json& team = all["routes"][0];
  EXPECT_EQ(team["receiver"], "team");
  EXPECT_EQ(team["integrations"], json({"webhook", "webhook"}));
  EXPECT_EQ(team["origin"], "hitwatch.yaml:8:7");
  EXPECT_EQ(team["groupKey"], R"({}/{severity="critical"}:{alertname="RedisDown"})");
  EXPECT_EQ(team["groupLabels"], json({{"alertname", "RedisDown"}}));
  EXPECT_EQ(team["groupBy"], json({"alertname"}));
  EXPECT_EQ(team["groupWait"], "30s");
  EXPECT_EQ(team["mutedBy"], json({"afternoon"}));
  const json& db = all["routes"][1];
  EXPECT_EQ(db["groupBy"], json({"..."}));
  ASSERT_EQ(db["path"].size(), 3U);
  EXPECT_EQ(db["path"][0]["matchers"], "{}");
  EXPECT_EQ(db["path"][1]["matchers"], R"({alertname=~"Redis.*"})");
  EXPECT_EQ(db["path"][2]["origin"], "hitwatch.yaml:20:9");
  ASSERT_EQ(all["inhibitRules"].size(), 1U);
  EXPECT_EQ(all["inhibitRules"][0]["source"], R"({alertname="NodeDown"})");
  EXPECT_EQ(all["inhibitRules"][0]["equal"], json({{"instance", "r1"}, {"zone", ""}}));
}

}  // namespace
}  // namespace hitwatch::cli
