// What outlives a reload of the rules, and a restart.
#include "rules/alerting/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alerting/scripted_query.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const Group::Options kOptions{.interval = kInterval};

// Groups of a rule file, made anew.
std::vector<std::unique_ptr<Group>> groups_of(std::string_view text) {
  return reload({}, specs_of(text), kOptions, 0).groups;
}

constexpr std::string_view kTwoRules = R"(
groups:
- name: g
  rules:
  - {alert: A, expr: x, labels: {n: one}}
  - {record: y, expr: x}
)";

// Groups of which the alert fires and the series is there.
std::vector<std::unique_ptr<Group>> running(std::string_view text) {
  auto groups = groups_of(text);
  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}};
  for (auto& group : groups) group->evaluate(kInterval, query.surroundings());
  return groups;
}

TEST(Reload, AGroupThatIsTheSameGoesOnUntouched) {
  auto old = running(kTwoRules);
  const Group* before = old[0].get();
  const Reloaded reloaded = reload(std::move(old), specs_of(kTwoRules), kOptions, 20'000);
  ASSERT_THAT(reloaded.groups, SizeIs(1));
  EXPECT_EQ(reloaded.groups[0].get(), before);
  EXPECT_THAT(reloaded.kept, ElementsAre(true));
  EXPECT_THAT(reloaded.ended.transitions, IsEmpty());
  EXPECT_EQ(reloaded.removed_rules, 0U);
}

TEST(Reload, AChangedGroupTakesOverAlertsOfTheSameRule) {
  const Reloaded reloaded = reload(running(kTwoRules), specs_of(R"(
groups:
- name: g
  rules:
  - {record: y, expr: x}
  - {alert: A, expr: x > 0, for: 1m, labels: {n: one}}
)"),
                                   kOptions, 20'000);
  EXPECT_THAT(reloaded.kept, ElementsAre(false));
  const auto& rules = reloaded.groups[0]->rules();
  ASSERT_THAT(rules[1].alerts, SizeIs(1));
  EXPECT_EQ(rules[1].alerts.begin()->second.state, AlertState::kFiring);
  EXPECT_THAT(rules[0].series, SizeIs(1));
  EXPECT_THAT(reloaded.ended.transitions, IsEmpty());
  EXPECT_EQ(reloaded.removed_rules, 0U);
}

TEST(Reload, OtherLabelsAreAnotherRule) {
  Reloaded reloaded = reload(running(kTwoRules), specs_of(R"(
groups:
- name: g
  rules:
  - {alert: A, expr: x, labels: {n: two}}
  - {record: y, expr: x}
)"),
                             kOptions, 20'000);
  EXPECT_THAT(reloaded.groups[0]->rules()[0].alerts, IsEmpty());
  ASSERT_THAT(reloaded.ended.transitions, SizeIs(1));
  EXPECT_EQ(reloaded.ended.transitions[0].transition.reason, "the rule was removed");
  EXPECT_EQ(reloaded.ended.transitions[0].rule_name, "A");
  ASSERT_THAT(reloaded.ended.changes, SizeIs(1));
  EXPECT_EQ(reloaded.ended.changes[0].alert, std::nullopt);
  EXPECT_EQ(reloaded.removed_rules, 1U);

  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}};
  reloaded.groups[0]->evaluate(2 * kInterval, query.surroundings());
  std::vector<std::string> ended;
  for (const std::string& text : query.stored) {
    if (text.contains("stale")) ended.push_back(text);
  }
  EXPECT_THAT(ended, UnorderedElementsAre(HasSubstr("ALERTS_FOR_STATE{"), HasSubstr("ALERTS{")));
}

TEST(Reload, OfSeveralThatAgreeTheIthGoesOnAsTheIth) {
  constexpr std::string_view kTwins = R"(
groups:
- name: g
  rules:
  - {alert: A, expr: x}
  - {alert: A, expr: z}
)";
  const Reloaded reloaded = reload(running(kTwins), specs_of(R"(
groups:
- name: g
  limit: 9
  rules:
  - {alert: A, expr: x}
  - {alert: A, expr: z}
)"),
                                   kOptions, 20'000);
  EXPECT_THAT(reloaded.groups[0]->rules()[0].alerts, SizeIs(1));
  EXPECT_THAT(reloaded.groups[0]->rules()[1].alerts, IsEmpty());
}

TEST(Reload, AGroupThatIsGoneLeavesItsSeriesToBeEnded) {
  const Reloaded reloaded = reload(running(kTwoRules), {}, kOptions, 20'000);
  EXPECT_THAT(reloaded.groups, IsEmpty());
  EXPECT_THAT(reloaded.ended.transitions, SizeIs(1));
  EXPECT_THAT(reloaded.left_series, SizeIs(3));
  EXPECT_EQ(reloaded.removed_rules, 2U);
}

TEST(Reload, AnotherIntervalIsAnotherGroup) {
  for (const char* change : {"interval: 1m", "limit: 3", "query_offset: 5s"}) {
    const std::string text = std::string("groups:\n- name: g\n  ") + change +
                             "\n  rules:\n  - {alert: A, expr: x, labels: {n: one}}\n";
    const Reloaded reloaded = reload(running(kTwoRules), specs_of(text), kOptions, 20'000);
    EXPECT_THAT(reloaded.kept, ElementsAre(false)) << change;
  }
}

TEST(Restart, AlertsGoBackToTheirRulesAndOthersEnd) {
  auto old = running(kTwoRules);
  Survivors survivors;
  survivors.alerts[old[0]->rules()[0].identity] = old[0]->rules()[0].alerts;
  survivors.alerts["[\"gone\"]"] = old[0]->rules()[0].alerts;
  survivors.followed_until[old[0]->identity()] = kInterval;

  auto fresh = groups_of(kTwoRules);
  const Outcome ended = restore(fresh, std::move(survivors), 600'000);
  ASSERT_THAT(ended.transitions, SizeIs(1));
  EXPECT_EQ(ended.transitions[0].rule, "[\"gone\"]");
  EXPECT_EQ(ended.transitions[0].rule_name, "A");
  const RuleStatus& status = fresh[0]->rules()[0];
  ASSERT_THAT(status.alerts, SizeIs(1));
  EXPECT_EQ(status.alerts.begin()->second.followed_until, kInterval);

  // Its target was not asked yet; then it was, and the sample is there.
  ScriptedQuery query;
  Surroundings surroundings = query.surroundings();
  surroundings.inputs = [](const metrics::Labels&) { return Inputs::kNotYetSeen; };
  EXPECT_THAT(fresh[0]->evaluate(600'000, surroundings).transitions, IsEmpty());
  query.vectors["x"] = {{{{"a", "1"}}}};
  EXPECT_THAT(fresh[0]->evaluate(615'000, surroundings).transitions, IsEmpty());
  EXPECT_EQ(status.alerts.begin()->second.followed_until, std::nullopt);
}

TEST(Restart, ARuleWithARangeIsHeldUntilTheRangeIsFilled) {
  constexpr std::string_view kRange =
      "groups: [{name: g, rules: [{alert: A, expr: 'increase(x[10m]) > 0'}]}]";
  ScriptedQuery query;
  auto old = groups_of(kRange);
  query.vectors["increase(x[10m]) > 0"] = {{{{"a", "1"}}}};
  old[0]->evaluate(kInterval, query.surroundings());
  Survivors survivors;
  survivors.alerts[old[0]->rules()[0].identity] = old[0]->rules()[0].alerts;
  auto fresh = groups_of(kRange);
  restore(fresh, std::move(survivors), 600'000);
  query.vectors.clear();
  const auto transitions_at = [&](std::int64_t time) {
    return fresh[0]->evaluate(time, query.surroundings()).transitions.size();
  };
  EXPECT_EQ(transitions_at(600'000), 0U);
  EXPECT_EQ(transitions_at(1'199'999), 0U);
  EXPECT_EQ(transitions_at(1'200'000), 1U);
}

TEST(Restart, WhatIsHeldIsNotFollowed) {
  auto groups = groups_of("groups: [{name: g, rules: [{alert: A, expr: x, for: 1m}]}]");
  ScriptedQuery query;
  query.vectors["x"] = {{{}, 1}};
  groups[0]->evaluate(kInterval, query.surroundings());
  Survivors survivors;
  survivors.alerts[groups[0]->rules()[0].identity] = groups[0]->rules()[0].alerts;
  survivors.followed_until[groups[0]->identity()] = kInterval;
  auto fresh = groups_of("groups: [{name: g, rules: [{alert: A, expr: x, for: 1m}]}]");
  restore(fresh, std::move(survivors), 600'000);
  query.vectors.clear();
  Surroundings surroundings = query.surroundings();
  surroundings.inputs = [](const metrics::Labels&) { return Inputs::kNotYetSeen; };
  EXPECT_EQ(fresh[0]->evaluate(600'000, surroundings).followed_until, std::nullopt)
      << "another restart must find it where it was";
}

TEST(History, RulesThatReadFurtherBackThanTheWindowAreRefusedByName) {
  const auto specs = specs_of(R"(
groups:
- name: g
  rules:
  - {record: a, expr: 'rate(x[1h])'}
  - {record: b, expr: 'rate(x[1d])'}
  - {record: c, expr: 'x offset 55m'}
  - {record: d, expr: 'x offset 1h'}
  - {record: e, expr: 'x @ 1600000000'}
)");
  const auto faults = check_history(specs, 3'600'000, kOptions);
  ASSERT_THAT(faults, SizeIs(3));
  EXPECT_EQ(yaml::to_string(faults[0]),
            "r.yml:6:5: group \"g\", rule 2, \"b\": reads 1d back, the window keeps 1h: shorten it "
            "or raise rules.window");
  EXPECT_THAT(faults[1].text, HasSubstr("\"d\": reads 1h5m back"));
  EXPECT_THAT(faults[2].text, HasSubstr("\"e\": reads a fixed time"));
}

}  // namespace
}  // namespace hitwatch::alerting
