// A group's evaluation: what is asked, stored and said.
#include "rules/alerting/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/alerting/scripted_query.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

Group group_of(std::string_view text) {
  return Group(specs_of(text).front(), {.interval = kInterval});
}

TEST(Group, EvaluatesItsRulesInOrderWithTheSameTime) {
  Group group = group_of(R"(
groups:
- name: g
  rules:
  - {record: sum, expr: sum(x)}
  - {alert: High, expr: sum > 5}
)");
  ScriptedQuery query;
  query.vectors["sum(x)"] = {{{}, 7}};
  query.vectors["sum > 5"] = {{{{"__name__", "sum"}}, 7}};
  const Outcome outcome = group.evaluate(kInterval, query.surroundings());
  EXPECT_THAT(query.asked, ElementsAre(Pair("sum(x)", kInterval), Pair("sum > 5", kInterval)));
  EXPECT_THAT(
      query.stored,
      ElementsAre("sum = 7 @ 15000", R"(ALERTS{alertname="High", alertstate="firing"} = 1 @ 15000)",
                  R"(ALERTS_FOR_STATE{alertname="High"} = 15 @ 15000)"));
  ASSERT_THAT(outcome.transitions, SizeIs(1));
  EXPECT_EQ(outcome.transitions[0].rule_name, "High");
  EXPECT_EQ(outcome.transitions[0].expr, "sum > 5");
  EXPECT_EQ(outcome.transitions[0].rule, R"(["r.yml","g","High",{},0])");
  ASSERT_THAT(outcome.changes, SizeIs(1));
  EXPECT_EQ(outcome.followed_until, std::nullopt) << "nothing is pending";
  EXPECT_EQ(group.last_evaluation(), kInterval);
}

TEST(Group, RecordedSamplesHaveTheRulesNameAndLabels) {
  Group group = group_of(R"(
groups:
- name: g
  rules:
  - {record: y, expr: x, labels: {a: rule, b: rule, gone: ''}}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"__name__", "x"}, {"a", "series"}, {"c", "series"}, {"gone", "1"}}, 3}};
  group.evaluate(kInterval, query.surroundings());
  EXPECT_THAT(query.stored, ElementsAre(R"(y{a="rule", b="rule", c="series"} = 3 @ 15000)"));
}

TEST(Group, ElementsThatDoNotDifferAnyMoreAreAnError) {
  Group group = group_of(R"(
groups:
- name: g
  rules:
  - {record: y, expr: x, labels: {a: same}}
  - {alert: A, expr: x, labels: {a: same}}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}, {{{"a", "2"}}}};
  group.evaluate(kInterval, query.surroundings());
  for (const RuleStatus& status : group.rules()) {
    EXPECT_EQ(status.health, RuleStatus::Health::kError);
    EXPECT_EQ(status.last_error,
              "vector contains metrics with the same labelset after applying rule labels");
  }
  EXPECT_THAT(query.stored, IsEmpty());
}

TEST(Group, SeriesThatVanishEndWithAStaleMarker) {
  Group group = group_of("groups: [{name: g, rules: [{record: y, expr: x}]}]");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}, {{{"a", "2"}}}};
  group.evaluate(kInterval, query.surroundings());
  query.vectors["x"].pop_back();
  query.take_stored();
  group.evaluate(2 * kInterval, query.surroundings());
  EXPECT_THAT(query.take_stored(),
              ElementsAre(R"(y{a="1"} = 1 @ 30000)", R"(y{a="2"} = stale @ 30000)"));
  group.evaluate(3 * kInterval, query.surroundings());
  EXPECT_THAT(query.stored, SizeIs(1)) << "once";
}

TEST(Group, AnErrorLeavesAlertsAndSeriesAsTheyAreAndOtherRulesAlone) {
  Group group = group_of(R"(
groups:
- name: g
  rules:
  - {alert: A, expr: x}
  - {record: y, expr: x2}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}};
  query.vectors["x2"] = {{{}, 1}};
  group.evaluate(kInterval, query.surroundings());
  query.take_stored();
  query.errors["x"] = "many-to-many";
  const Outcome outcome = group.evaluate(2 * kInterval, query.surroundings());
  EXPECT_THAT(outcome.transitions, IsEmpty());
  EXPECT_THAT(query.take_stored(), ElementsAre("y = 1 @ 30000"));
  const RuleStatus& status = group.rules()[0];
  EXPECT_EQ(status.health, RuleStatus::Health::kError);
  EXPECT_EQ(status.last_error, "many-to-many");
  EXPECT_EQ(status.failures, 1U);
  EXPECT_EQ(status.alerts.begin()->second.state, AlertState::kFiring);
  query.errors.clear();
  query.vectors["x"].clear();
  group.evaluate(3 * kInterval, query.surroundings());
  EXPECT_EQ(status.health, RuleStatus::Health::kOk);
  EXPECT_EQ(status.last_error, "");
  EXPECT_THAT(query.take_stored()[0], HasSubstr("stale")) << "the series of before the error";
}

TEST(Group, PastTheLimitNothingIsRecordedAndAlertsAreGone) {
  Group group = group_of(R"(
groups:
- name: g
  limit: 1
  rules:
  - {record: y, expr: x}
  - {alert: A, expr: x}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"a", "1"}}}};
  group.evaluate(kInterval, query.surroundings());
  query.take_stored();
  query.vectors["x"].push_back({{{"a", "2"}}});
  const Outcome outcome = group.evaluate(2 * kInterval, query.surroundings());
  EXPECT_EQ(group.rules()[0].last_error, "exceeded limit of 1 with 2 series");
  EXPECT_EQ(group.rules()[1].last_error, "exceeded limit of 1 with 2 alerts");
  EXPECT_THAT(query.stored, IsEmpty()) << "no stale markers either";
  EXPECT_THAT(group.rules()[1].alerts, IsEmpty());
  EXPECT_THAT(outcome.transitions, SizeIs(1));
}

TEST(Group, AQueryOffsetMovesQueriesAndSamplesButNotAlerts) {
  Group group = group_of(R"(
groups:
- name: g
  query_offset: 1m
  rules:
  - {record: y, expr: x}
  - {alert: A, expr: x}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{}, 1}};
  group.evaluate(600'000, query.surroundings());
  EXPECT_EQ(query.asked[0].second, 540'000);
  EXPECT_THAT(
      query.stored,
      ElementsAre("y = 1 @ 540000", R"(ALERTS{alertname="A", alertstate="firing"} = 1 @ 540000)",
                  R"(ALERTS_FOR_STATE{alertname="A"} = 600 @ 540000)"));
  EXPECT_EQ(group.rules()[1].alerts.begin()->second.active_at, 600'000);
}

TEST(Group, ExpandsLabelsAndAnnotationsForEachSample) {
  Group group = group_of(R"(
groups:
- name: g
  rules:
  - alert: A
    expr: x
    labels: {severity: "{{ $value }}", team: core}
    annotations: {summary: "{{ $labels.a }}"}
)");
  ScriptedQuery query;
  query.vectors["x"] = {{{{"__name__", "x"}, {"a", "1"}}, 3}};
  Surroundings surroundings = query.surroundings();
  surroundings.expand = [](std::string_view alert, std::string_view text,
                           const metrics::Labels& labels, double value, std::int64_t time) {
    return std::string(alert) + "|" + std::string(text) + "|" + describe(labels) + "|" +
           std::to_string(static_cast<int>(value)) + "|" + std::to_string(time);
  };
  group.evaluate(kInterval, surroundings);
  const Alert& alert = group.rules()[0].alerts.begin()->second;
  EXPECT_EQ(describe(alert.labels),
            R"({a="1", alertname="A", )"
            R"(severity="A|{{ $value }}|x{a=\"1\"}|3|15000", team="core"})");
  EXPECT_EQ(alert.annotations[0].value, R"(A|{{ $labels.a }}|x{a="1"}|3|15000)");
}

TEST(Group, RemembersWhatItsRulesDid) {
  Group group = group_of("groups: [{name: g, rules: [{alert: A, expr: x, for: 15s}]}]");
  ScriptedQuery query;
  const RuleStatus& status = group.rules()[0];
  EXPECT_EQ(status.health, RuleStatus::Health::kUnknown);
  EXPECT_FALSE(status.ever_matched);
  group.evaluate(kInterval, query.surroundings());
  EXPECT_FALSE(status.ever_matched);
  query.vectors["x"] = {{{{"a", "1"}}}};
  const Outcome outcome = group.evaluate(2 * kInterval, query.surroundings());
  EXPECT_EQ(outcome.followed_until, 2 * kInterval) << "something is pending";
  EXPECT_TRUE(status.ever_matched);
  EXPECT_EQ(status.last_evaluation, 2 * kInterval);
  EXPECT_EQ(status.last_seconds, 0.5);
  EXPECT_EQ(group.last_seconds(), 1.5);
  ASSERT_THAT(status.history, SizeIs(2));
  const RuleEvaluation& last = status.history.back();
  EXPECT_EQ(last.time, 2 * kInterval);
  EXPECT_EQ(last.series_read, 1U);
  ASSERT_THAT(last.changes, SizeIs(1));
  EXPECT_EQ(last.changes[0].to, AlertState::kPending);
  EXPECT_EQ(last.changes[0].reason, "the expression holds");
  for (int i = 3; i < 100; ++i) group.evaluate(i * kInterval, query.surroundings());
  EXPECT_THAT(status.history, SizeIs(20));
  EXPECT_EQ(status.evaluations, 99U);
}

TEST(Group, ScalarsAreOneSampleAndTextsNone) {
  Group group = group_of(
      "groups: [{name: g, rules: [{record: y, expr: '1'}, {record: z, expr: '\"text\"'}]}]");
  ScriptedQuery query;
  Surroundings surroundings = query.surroundings();
  surroundings.query = [](const promql::Expr& expr, std::string_view,
                          std::int64_t) -> std::expected<promql::Result, promql::EvalError> {
    promql::Result result;
    result.type = expr.type;
    result.scalar = 5;
    return result;
  };
  group.evaluate(kInterval, surroundings);
  EXPECT_THAT(query.stored, ElementsAre("y = 5 @ 15000"));
  EXPECT_EQ(group.rules()[1].last_error, "rule result is not a vector or scalar");
}

}  // namespace
}  // namespace hitwatch::alerting
