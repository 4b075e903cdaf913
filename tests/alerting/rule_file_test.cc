// Rule files: what is read, and what is said of what is wrong.
#include "rules/alerting/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/alerting/check_rules.h"

namespace hitwatch::alerting {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<GroupSpec> load(std::string_view text) {
  auto groups = load_rule_text(text, "r.yml");
  EXPECT_TRUE(groups) << yaml::to_string(groups.error());
  return groups.value_or(std::vector<GroupSpec>());
}

std::vector<std::string> faults(std::string_view text, FileLimits limits = {}) {
  const auto groups = load_rule_text(text, "r.yml", limits);
  std::vector<std::string> lines;
  if (groups) return lines;
  for (const yaml::Fault& fault : groups.error()) lines.push_back(yaml::to_string(fault));
  return lines;
}

// The faults of a group "g" with this rule, which begins in line 4, column 5.
std::vector<std::string> rule_faults(const std::string& rule) {
  return faults("groups:\n- name: g\n  rules:\n  - " + rule + "\n");
}

TEST(RuleFile, IsReadWithAllItsFields) {
  const auto groups = load(R"(
groups:
  - name: caches
    interval: 30s
    query_offset: 1m
    limit: 5
    labels: {team: core, severity: info}
    rules:
      - record: job:hits:rate5m
        expr: sum by (job) (rate(hits_total[5m]))
        labels: {kind: sum}
      - alert: Down
        expr: up == 0
        for: 1m30s
        keep_firing_for: 5m
        labels:
          severity: page
        annotations:
          summary: "{{ $labels.instance }} is down"
  - name: later
    rules: []
)");
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].file, "r.yml");
  EXPECT_EQ(groups[0].name, "caches");
  EXPECT_EQ(groups[0].interval, 30'000);
  EXPECT_EQ(groups[0].query_offset, 60'000);
  EXPECT_EQ(groups[0].limit, 5U);
  ASSERT_THAT(groups[0].rules, SizeIs(2));
  const Rule& record = groups[0].rules[0];
  EXPECT_EQ(record.kind, Rule::Kind::kRecording);
  EXPECT_EQ(record.name, "job:hits:rate5m");
  EXPECT_NE(record.parsed, nullptr);
  EXPECT_EQ(record.labels,
            (metrics::Labels{{"kind", "sum"}, {"severity", "info"}, {"team", "core"}}));
  const Rule& alert = groups[0].rules[1];
  EXPECT_EQ(alert.kind, Rule::Kind::kAlerting);
  EXPECT_EQ(alert.expr, "up == 0");
  EXPECT_EQ(alert.hold, 90'000);
  EXPECT_EQ(alert.keep_firing_for, 300'000);
  EXPECT_EQ(alert.labels, (metrics::Labels{{"severity", "page"}, {"team", "core"}}))
      << "the rule's own labels override those of its group";
  EXPECT_EQ(alert.annotations, (metrics::Labels{{"summary", "{{ $labels.instance }} is down"}}));
  EXPECT_EQ(alert.line, 12);
  EXPECT_EQ(groups[1].interval, std::nullopt);
}

TEST(RuleFile, MayBeEmpty) {
  EXPECT_THAT(load(""), IsEmpty());
  EXPECT_THAT(load("groups:\n"), IsEmpty());
  EXPECT_THAT(load("groups: []\n"), IsEmpty());
}

TEST(RuleFile, TakesNumbersForExpressionsAndAnchors) {
  const auto groups = load(R"(
groups:
- name: g
  rules:
  - {record: one, expr: 1}
  - {record: two, expr: &same vector(1), labels: &labels {a: b}}
  - {record: three, expr: *same, labels: *labels}
)");
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_EQ(groups[0].rules[0].expr, "1");
  EXPECT_EQ(groups[0].rules[2].expr, "vector(1)");
  EXPECT_EQ(groups[0].rules[2].labels, (metrics::Labels{{"a", "b"}}));
}

TEST(RuleFile, KeysNobodyKnowsAreFaults) {
  EXPECT_THAT(faults("group: []\n"), ElementsAre("r.yml:1:1: group: unknown key, did you mean "
                                                 "'groups'?"));
  EXPECT_THAT(faults("groups:\n- name: g\n  intervall: 1m\n"),
              ElementsAre("r.yml:3:3: group \"g\": intervall: unknown key, did you mean "
                          "'interval'?"));
  EXPECT_THAT(rule_faults("{alert: A, expr: up, foor: 1m}"),
              ElementsAre(HasSubstr("group \"g\", rule 1, \"A\": foor: unknown key")));
}

TEST(RuleFile, ARuleRecordsOrAlerts) {
  EXPECT_THAT(rule_faults("{expr: up}"),
              ElementsAre("r.yml:4:5: group \"g\", rule 1, \"\": has neither 'record' nor "
                          "'alert'"));
  EXPECT_THAT(rule_faults("{expr: up, record: a, alert: b}"),
              ElementsAre(HasSubstr("rule 1, \"b\": has both 'record' and 'alert'")));
}

TEST(RuleFile, RecordingRulesHaveNothingOfAlerts) {
  EXPECT_THAT(
      rule_faults("{record: a, expr: up, for: 1m, keep_firing_for: 1m, annotations: {b: c}}"),
      ElementsAre(HasSubstr("\"a\": for: is for alerting rules only"),
                  HasSubstr("keep_firing_for: is for alerting"),
                  HasSubstr("annotations: is for alerting")));
}

TEST(RuleFile, NamesMustBeNames) {
  EXPECT_THAT(rule_faults("{record: 'a{b=\"c\"}', expr: up}"),
              ElementsAre(HasSubstr("is not a valid metric name; braces belong into expr")));
  EXPECT_THAT(rule_faults("{record: a-b, expr: up}"),
              ElementsAre(HasSubstr("'a-b' is not a valid metric name")));
  EXPECT_THAT(rule_faults("{alert: A, expr: up, labels: {a-b: c, __name__: d}}"),
              ElementsAre(HasSubstr("__name__ is the metric's name"),
                          HasSubstr("labels: 'a-b' is not a valid name")));
  EXPECT_THAT(rule_faults("{alert: A, expr: up, annotations: {a-b: c}}"),
              ElementsAre(HasSubstr("annotations: 'a-b' is not a valid name")));
}

TEST(RuleFile, GroupsHaveNamesOfTheirOwn) {
  EXPECT_THAT(faults("groups:\n- rules: []\n"),
              ElementsAre("r.yml:2:3: group 1: a group needs a name"));
  EXPECT_THAT(faults("groups:\n- name: g\n- name: g\n"),
              ElementsAre(HasSubstr("r.yml:3:3: group \"g\": another group")));
}

TEST(RuleFile, NumbersAndDurationsMustBeSuch) {
  EXPECT_THAT(faults("groups:\n- {name: g, interval: 5, limit: -1, query_offset: 1x}\n"),
              SizeIs(3));
  EXPECT_THAT(rule_faults("{alert: A, expr: up, for: soon}"),
              ElementsAre(HasSubstr("\"A\": for: 'soon' is not a duration")));
}

TEST(RuleFile, AnExpressionIsNeeded) {
  EXPECT_THAT(rule_faults("{alert: A}"), ElementsAre(HasSubstr("\"A\": has no 'expr'")));
  EXPECT_THAT(rule_faults("{alert: A, expr: ''}"), ElementsAre(HasSubstr("has no 'expr'")));
}

// Where it stands in the file, where it stands in the expression, and what it looks like.
TEST(RuleFile, FaultsInExpressionsHaveTheirPlaceInTheFile) {
  const auto plain = rule_faults("{alert: A, expr: sum(up) +* 2}");
  ASSERT_THAT(plain, SizeIs(1));
  EXPECT_THAT(plain[0], HasSubstr("r.yml:4:31: group \"g\", rule 1, \"A\": expr: 1:10: "));
  EXPECT_THAT(plain[0], HasSubstr("sum(up) +* 2\n"));
  EXPECT_THAT(plain[0], HasSubstr("^"));
  EXPECT_THAT(rule_faults("{alert: A, expr: 'sum(x{a=''b''}) +* 2'}")[0],
              HasSubstr("r.yml:4:40: "));
  EXPECT_THAT(rule_faults("{alert: A, expr: \"sum(x{a=\\\"b\\\"}) +* 2\"}")[0],
              HasSubstr("r.yml:4:40: "));
  EXPECT_THAT(rule_faults("alert: A\n    expr: |\n      sum(up)\n        +* 2\n    for: 1m")[0],
              HasSubstr("r.yml:7:10: "));
  EXPECT_THAT(rule_faults("alert: A\n    expr: >-\n      sum(up)\n      +* 2\n    for: 1m")[0],
              HasSubstr("r.yml:7:8: "));
  EXPECT_THAT(rule_faults("alert: A\n    expr: sum(up)\n      +* 2")[0], HasSubstr("r.yml:6:8: "));
}

TEST(RuleFile, TemplatesMustParse) {
  const auto found = rule_faults(
      "{alert: A, expr: up, annotations: {a: '{{ $labels', b: '{{ nosuch 1 }}'}, labels: {c: "
      "'{{ if }}'}}");
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_THAT(found, Contains(HasSubstr("r.yml:4:43: group \"g\", rule 1, \"A\": annotations.a: "
                                        "template: ")));
  EXPECT_THAT(rule_faults("{record: a, expr: up, labels: {c: '{{'}}"), IsEmpty())
      << "labels of recording rules are no templates";
}

TEST(RuleFile, SaysAllThatIsWrongInOrder) {
  const auto found = faults(
      "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up ==}\n  - {record: b}\n- nam: h\n");
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_THAT(found[0], HasSubstr("rule 1, \"A\""));
  EXPECT_THAT(found[1], HasSubstr("rule 2, \"b\""));
  EXPECT_THAT(found[2], HasSubstr("group 2: "));
}

TEST(RuleFile, HasBounds) {
  std::string many = "groups:\n- name: g\n  rules:\n";
  for (int i = 0; i < 5; ++i) many += "  - {record: a, expr: 1}\n";
  EXPECT_THAT(faults(many, {.groups = 1, .rules = 4}),
              ElementsAre("r.yml:8:5: more than 4 rules in a file"));
  EXPECT_THAT(faults("groups:\n- name: a\n- name: b\n", {.groups = 1, .rules = 4}),
              ElementsAre("r.yml:3:3: more than 1 groups in a file"));
  std::string labels;
  for (int i = 0; i <= 200; ++i) labels += "l" + std::to_string(i) + ": x, ";
  EXPECT_THAT(rule_faults("{record: a, expr: 1, labels: {" + labels + "}}"),
              ElementsAre(HasSubstr("labels: more than 200 entries")));
  std::string wrong = "groups:\n- name: g\n  rules:\n";
  for (int i = 0; i < 150; ++i) wrong += "  - {record: a, expr: +}\n";
  EXPECT_THAT(faults(wrong), SizeIs(101)) << "and how many more there are";
  EXPECT_THAT(faults(std::string(2 << 20, '#')), ElementsAre("r.yml: larger than 1MiB"));
  EXPECT_THAT(faults("groups: []\n---\ngroups: []\n"), ElementsAre(HasSubstr("a second document")));
  EXPECT_THAT(load_rule_file("/nowhere/r.yml").error(), SizeIs(1));
}

TEST(RuleFile, DuplicatesAreFound) {
  const auto duplicates = find_duplicates(load(R"(
groups:
- name: g
  rules:
  - {record: a, expr: 1}
  - {record: a, expr: 2, labels: {b: c}}
  - {alert: d, expr: 1, labels: {e: f}}
- name: h
  rules:
  - {alert: d, expr: 2, labels: {e: f}}
  - {record: a, expr: 3}
  - {record: a, expr: 3}
)"));
  ASSERT_THAT(duplicates, SizeIs(3));
  EXPECT_EQ(duplicates[0].name, "a");
  EXPECT_EQ(duplicates[1].name, "a");
  EXPECT_EQ(duplicates[2].name, "d");
  EXPECT_THAT(describe(duplicates), HasSubstr("3 duplicate rule(s) found.\nMetric: a\n"));
  EXPECT_THAT(describe(duplicates), HasSubstr("Metric: d\nLabel(s):\n\te: f\n"));
}

}  // namespace
}  // namespace hitwatch::alerting
