// `test rules` and promtool give the same verdict on the same files.
//
// promtool 2.42 reads ranges that are closed on the left, we read them as Prometheus 3 does: the
// cases have no sample exactly at the beginning of a range or of the lookback.
#include "rules/alerting/unit_test_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "rules/alerting/rule_file.h"
#include "tests/alerting/promtool.h"
#include "tests/repetitions.h"

namespace hitwatch::alerting {
namespace {

constexpr std::string_view kRules = R"(
groups:
  - name: recording
    rules:
      - record: job:hits:sum
        expr: sum by (job) (hits)
      - record: job:hits:double
        expr: job:hits:sum * 2
        labels: {factor: "2"}
  - name: alerting
    rules:
      - alert: Down
        expr: up == 0
        for: 2m
        labels: {severity: page, value: "{{ $value }}"}
        annotations:
          summary: "{{ $labels.job }} of {{ $externalLabels.dc }} at {{ $externalURL }}"
      - alert: Slow
        expr: latency > 0.5
        keep_firing_for: 3m
        annotations: {summary: "{{ $value | humanizeDuration }}, {{ query \"up\" | len }} up"}
      - alert: Absent
        expr: absent(latency{job="none"})
)";

constexpr std::string_view kSeries = R"(
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    external_labels: {dc: eu1}
    external_url: http://h
    input_series:
      - {series: 'hits{job="a", i="1"}', values: '1+1x10'}
      - {series: 'hits{job="a", i="2"}', values: '10 20 30 _ _ 60x5'}
      - {series: 'hits{job="b"}', values: '5 5 stale 5x8'}
      - {series: 'up{job="a"}', values: '1 0x9'}
      - {series: 'up{job="b"}', values: '0 0 1 0x8'}
      - {series: 'latency{job="a"}', values: '0.75 0.75 0.25x8'}
)";

struct Case {
  const char* name;
  bool passes;
  std::string_view test;  // what follows the series
};

constexpr Case kCases[] = {
    {"recorded samples", true, R"(
    promql_expr_test:
      - expr: job:hits:sum
        eval_time: 1m
        exp_samples:
          - {labels: 'job:hits:sum{job="a"}', value: 22}
          - {labels: 'job:hits:sum{job="b"}', value: 5}
      - expr: job:hits:double
        eval_time: 2m
        exp_samples: [{labels: 'job:hits:double{job="a", factor="2"}', value: 66}]
)"},
    {"a value that differs", false, R"(
    promql_expr_test:
      - {expr: 'sum(job:hits:sum)', eval_time: 1m, exp_samples: [{labels: '{}', value: 27.5}]}
)"},
    {"a sample too many", false, R"(
    promql_expr_test:
      - {expr: 'job:hits:sum{job="b"}', eval_time: 2m, exp_samples: [
          {labels: 'job:hits:sum{job="b"}', value: 5}]}
)"},
    {"a sample that is not expected", false, R"(
    promql_expr_test:
      - {expr: 'up', eval_time: 0, exp_samples: []}
)"},
    {"labels without a name", false, R"(
    promql_expr_test:
      - {expr: 'up{job="a"}', eval_time: 0, exp_samples: [{labels: '{job="a"}', value: 1}]}
)"},
    {"a scalar", true, R"(
    promql_expr_test:
      - {expr: 'time()', eval_time: 90s, exp_samples: [{labels: '{}', value: 90}]}
)"},
    {"a range vector is no result", false, R"(
    promql_expr_test:
      - {expr: 'up[90s]', eval_time: 1m}
)"},
    {"NaN is not equal to itself", false, R"(
    promql_expr_test:
      - {expr: '0/0', eval_time: 1m, exp_samples: [{labels: '{}', value: .nan}]}
)"},
    {"infinity is", true, R"(
    promql_expr_test:
      - {expr: '1/0', eval_time: 1m, exp_samples: [{labels: '{}', value: .inf}]}
)"},
    {"floats are compared exactly", false, R"(
    promql_expr_test:
      - {expr: '0.1 + 0.2', eval_time: 1m, exp_samples: [{labels: '{}', value: 0.3}]}
)"},
    {"an expression that does not parse", false, R"(
    promql_expr_test:
      - {expr: 'up +', eval_time: 1m}
)"},
    {"an expression that cannot be evaluated", false, R"(
    promql_expr_test:
      - {expr: 'up + on() hits', eval_time: 1m}
)"},
    {"rates of ranges", true, R"(
    promql_expr_test:
      - expr: increase(hits{job="a", i="1"}[90s])
        eval_time: 5m
        exp_samples: [{labels: '{job="a", i="1"}', value: 1.5}]
)"},
    {"a subquery steps by the evaluation interval", true, R"(
    promql_expr_test:
      - expr: count_over_time(up{job="a"}[200s:])
        eval_time: 5m30s
        exp_samples: [{labels: '{job="a"}', value: 3}]
)"},
    {"pending is not firing", true, R"(
    alert_rule_test:
      - {eval_time: 2m, alertname: Down, exp_alerts: []}
)"},
    {"firing after its time, with all texts", true, R"(
    alert_rule_test:
      - eval_time: 3m
        alertname: Down
        exp_alerts:
          - exp_labels: {job: a, severity: page, value: "0"}
            exp_annotations: {summary: "a of eu1 at http://h"}
)"},
    {"alerts are looked at as of the evaluation before", true, R"(
    alert_rule_test:
      - eval_time: 3m59s
        alertname: Down
        exp_alerts:
          - exp_labels: {job: a, severity: page, value: "0"}
            exp_annotations: {summary: "a of eu1 at http://h"}
)"},
    {"both fire later", false, R"(
    alert_rule_test:
      - eval_time: 6m
        alertname: Down
        exp_alerts:
          - exp_labels: {job: a, severity: page, value: "0"}
            exp_annotations: {summary: "a of eu1 at http://h"}
)"},
    {"the order of expected alerts does not matter", true, R"(
    alert_rule_test:
      - eval_time: 6m
        alertname: Down
        exp_alerts:
          - exp_labels: {job: b, severity: page, value: "0"}
            exp_annotations: {summary: "b of eu1 at http://h"}
          - exp_labels: {job: a, severity: page, value: "0"}
            exp_annotations: {summary: "a of eu1 at http://h"}
)"},
    {"annotations are compared", false, R"(
    alert_rule_test:
      - {eval_time: 0, alertname: Slow, exp_alerts: [{exp_labels: {job: a}}]}
)"},
    {"values through functions and queries", true, R"(
    alert_rule_test:
      - eval_time: 0
        alertname: Slow
        exp_alerts:
          - exp_labels: {job: a}
            exp_annotations: {summary: "750ms, 2 up"}
)"},
    {"kept firing", true, R"(
    alert_rule_test:
      - eval_time: 4m
        alertname: Slow
        exp_alerts: [{exp_labels: {job: a}, exp_annotations: {summary: "750ms, 2 up"}}]
      - {eval_time: 5m, alertname: Slow, exp_alerts: []}
)"},
    {"labels of a matcher", true, R"(
    alert_rule_test:
      - {eval_time: 1m, alertname: Absent, exp_alerts: [{exp_labels: {job: none}}]}
)"},
    {"the alert's name may be written", true, R"(
    alert_rule_test:
      - {eval_time: 1m, alertname: Absent, exp_alerts: [
          {exp_labels: {job: none, alertname: Absent}}]}
)"},
    {"an alert nobody knows does not fire", true, R"(
    alert_rule_test:
      - {eval_time: 1m, alertname: Nobody, exp_alerts: []}
)"},
    {"an alert without a name", false, R"(
    alert_rule_test:
      - {eval_time: 1m, exp_alerts: []}
)"},
    {"alerts as series", true, R"(
    promql_expr_test:
      - expr: count(ALERTS{alertname="Down"}) by (alertstate)
        eval_time: 3m
        exp_samples:
          - {labels: '{alertstate="firing"}', value: 1}
          - {labels: '{alertstate="pending"}', value: 1}
      - expr: ALERTS_FOR_STATE{job="a", alertname="Down"}
        eval_time: 3m
        exp_samples:
          - {labels: 'ALERTS_FOR_STATE{job="a", alertname="Down", severity="page", value="0"}',
             value: 60}
)"},
    {"nothing to test", true, ""},
    {"a key nobody knows", false, R"(
    alert_rule_tests: []
)"},
};

class SameVerdict : public testing::TestWithParam<Case> {};

TEST_P(SameVerdict, AsPromtool) {
  const Promtool promtool;
  promtool.write("rules.yml", kRules);
  const std::string file =
      promtool.write("test.yml", std::string(kSeries) + std::string(GetParam().test));
  const UnitTestReport report = run_unit_tests(file);
  EXPECT_EQ(report.passed(), GetParam().passes)
      << GetParam().name << "\n"
      << fmt::format("{}", fmt::join(report.failures, "\n"));
  const Promtool::Result theirs = promtool.run("test rules", file);
  EXPECT_EQ(theirs.code, GetParam().passes ? 0 : 1) << GetParam().name << "\n" << theirs.errors;
}

INSTANTIATE_TEST_SUITE_P(Cases, SameVerdict, testing::ValuesIn(kCases));

TEST(UnitTestRun, FilesThatAreNotThereAreWarnedOf) {
  const Promtool promtool;
  const std::string file =
      promtool.write("test.yml", "rule_files: ['*.yaml']\ntests: [{interval: 1m}]\n");
  const UnitTestReport report = run_unit_tests(file);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(promtool.run("test rules", file).code, 0);
}

TEST(UnitTestRun, RuleFilesWithFaultsFail) {
  const Promtool promtool;
  promtool.write("rules.yml", "groups: [{name: g, rules: [{record: a, expr: 'up +'}]}]\n");
  const std::string file =
      promtool.write("test.yml", "rule_files: [rules.yml]\ntests: [{interval: 1m}]\n");
  EXPECT_FALSE(run_unit_tests(file).passed());
  EXPECT_EQ(promtool.run("test rules", file).code, 1);
}

TEST(UnitTestRun, AnErrorOfARuleEndsATest) {
  const Promtool promtool;
  promtool.write("rules.yml", "groups: [{name: g, rules: [{record: a, expr: x + on() y}]}]\n");
  const std::string file = promtool.write("test.yml", R"(
rule_files: [rules.yml]
tests:
  - interval: 1m
    input_series:
      - {series: 'x{i="1"}', values: '1 1'}
      - {series: 'x{i="2"}', values: '1 1'}
      - {series: 'y', values: '1 1'}
    promql_expr_test: [{expr: vector(1), eval_time: 1m}]
)");
  const UnitTestReport report = run_unit_tests(file);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_THAT(report.failures[0], testing::StartsWith("    rule: a, time: 0s, err: "));
  EXPECT_EQ(promtool.run("test rules", file).code, 1);
}

// What promtool 2.42 does not know yet.
TEST(UnitTestRun, FuzzyComparisonForgivesTheLastDigit) {
  const Promtool promtool;
  const std::string test =
      "tests:\n"
      "  - promql_expr_test:\n"
      "    - {expr: 0.1 + 0.2, eval_time: 0, exp_samples: [{labels: '{}', value: 0.3}]}\n";
  EXPECT_FALSE(run_unit_tests(promtool.write("exact.yml", test)).passed());
  EXPECT_TRUE(run_unit_tests(promtool.write("fuzzy.yml", "fuzzy_compare: true\n" + test)).passed());
}

TEST(UnitTestRun, StartsWhenItIsToldAndSaysWhichTestFailed) {
  const Promtool promtool;
  const std::string file = promtool.write("test.yml", R"(
tests:
  - name: the right one
    start_timestamp: 1767225600
    input_series: [{series: x, values: '1 2 3'}]
    promql_expr_test:
      - {expr: time() + x, eval_time: 1m, exp_samples: [{labels: '{}', value: 1767225662}]}
  - name: the wrong one
    promql_expr_test:
      - {expr: time(), eval_time: 1m, exp_samples: [{labels: '{}', value: 61}]}
)");
  const UnitTestReport report = run_unit_tests(file);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0],
            "    name: the wrong one,\n    expr: \"time()\", time: 1m,\n        exp: {} 6.1E+01\n"
            "        got: {} 6E+01");
}

// Random rules over random series. Nothing is expected, so all that comes is told: both must tell
// the same, to the letter.
std::string random_values(std::mt19937& random) {
  std::string values;
  int gap = 0;
  for (int i = 0; i < 40; ++i) {
    const unsigned kind = random() % 12;
    // Gaps stay shorter than the lookback.
    if (kind == 0 && gap < 3) {
      values += " _";
      ++gap;
      continue;
    }
    values += kind == 1 ? " stale" : fmt::format(" {}", random() % 7);
    gap = 0;
  }
  return values;
}

std::string random_rules(std::mt19937& random) {
  constexpr std::string_view kExprs[] = {"x > 3",
                                         "x == 0 or y > 5",
                                         "sum by (a) (x) > 6",
                                         "r > 4",
                                         "x - ignoring(a) group_left y > 1",
                                         "delta(x[150s]) > 1",
                                         "changes(x[210s]) >= 3",
                                         "absent(x{a=\"1\"})",
                                         "max_over_time(y[90s]) > 4 and on() x > 2",
                                         "ALERTS{alertname=\"A0\", alertstate=\"firing\"} == 1"};
  std::string rules = "groups:\n- name: g\n  rules:\n  - {record: r, expr: sum(x) / count(x)}\n";
  for (int i = 0; i < 5; ++i) {
    rules += fmt::format(
        "  - alert: A{}\n    expr: '{}'\n    for: {}m\n    keep_firing_for: {}m\n"
        "    annotations: {{v: '{{{{ $value }}}} {{{{ $labels.a }}}}'}}\n",
        i, kExprs[random() % std::size(kExprs)], random() % 4, random() % 4);
  }
  return rules;
}

std::string random_test(std::mt19937& random) {
  std::string test =
      "rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n"
      "  input_series:\n";
  for (const char* series : {"x{a=\"1\"}", "x{a=\"2\"}", "y"}) {
    test += fmt::format("  - {{series: '{}', values: '{}'}}\n", series, random_values(random));
  }
  test += "  alert_rule_test:\n";
  for (int minute = 0; minute < 40; ++minute) {
    for (int i = 0; i < 5; ++i) {
      test += fmt::format("  - {{eval_time: {}m, alertname: A{}}}\n", minute, i);
    }
  }
  test += "  promql_expr_test:\n";
  for (int minute = 0; minute < 40; minute += 3) {
    test += fmt::format("  - {{expr: r, eval_time: {}m}}\n", minute);
    test += fmt::format("  - {{expr: sort(ALERTS_FOR_STATE), eval_time: {}m}}\n", minute);
  }
  return test;
}

TEST(UnitTestRun, RandomRulesFireAsInPrometheus) {
  std::mt19937 random(3);
  const Promtool promtool;
  for (int round = 0; round < repetitions(25, 5); ++round) {
    promtool.write("rules.yml", random_rules(random));
    const std::string file = promtool.write("test.yml", random_test(random));
    const UnitTestReport report = run_unit_tests(file);
    const Promtool::Result theirs = promtool.run("test rules", file);
    ASSERT_EQ(theirs.code, report.passed() ? 0 : 1);
    std::string ours = report.passed() ? "" : "  FAILED:\n";
    for (const std::string& failure : report.failures) ours += failure + "\n";
    ASSERT_EQ(ours, theirs.errors) << "round " << round;
    ASSERT_GT(report.failures.size(), 20U) << "something fires";
  }
}

// `check rules`: who else refuses a file.
TEST(CheckRules, RefusesWhatPromtoolRefuses) {
  struct File {
    bool good;
    std::string_view rule;
  };
  constexpr File kFiles[] = {
      {true, "{record: a, expr: up}"},
      {true, "{record: 'a:b', expr: up, labels: {c: d}}"},
      {true, "{alert: 'any name', expr: up, for: 1h30m, keep_firing_for: 5m}"},
      {true, "{alert: A, expr: '1'}"},
      {true, "{alert: A, expr: up, annotations: {a: '{{ $labels.x | title }}', b: }}"},
      {false, "{record: a}"},
      {false, "{expr: up}"},
      {false, "{record: a, alert: b, expr: up}"},
      {false, "{record: a-b, expr: up}"},
      {false, "{record: a, expr: up, for: 1m}"},
      {false, "{record: a, expr: up, annotations: {a: b}}"},
      {false, "{alert: A, expr: up, labels: {__name__: b}}"},
      {false, "{alert: A, expr: up, labels: {b-c: d}}"},
      {false, "{alert: A, expr: up, annotations: {b-c: d}}"},
      {false, "{alert: A, expr: up, annotations: {b: '{{ nosuch }}'}}"},
      {false, "{alert: A, expr: up, annotations: {b: '{{ if }}'}}"},
      {false, "{alert: A, expr: up, for: 1.5m}"},
      {false, "{alert: A, expr: 'sum(up'}"},
      {false, "{alert: A, expr: 'nosuch(up)'}"},
      {false, "{alert: A, expr: 'rate(up)'}"},
      {false, "{alert: A, expr: up, fore: 1m}"},
  };
  const Promtool promtool;
  for (const File& file : kFiles) {
    const std::string text = fmt::format("groups:\n- name: g\n  rules:\n  - {}\n", file.rule);
    EXPECT_EQ(load_rule_text(text, "r.yml").has_value(), file.good) << file.rule;
    const auto theirs = promtool.run("check rules", promtool.write("r.yml", text));
    EXPECT_EQ(theirs.code, file.good ? 0 : 1) << file.rule << "\n" << theirs.errors;
  }
}

}  // namespace
}  // namespace hitwatch::alerting
