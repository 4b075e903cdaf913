// What unit tests of rules may say.
#include "rules/alerting/unit_test_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> test_file_faults(std::string_view text) {
  const auto file = load_unit_test_text(text, "/tests/t.yml");
  std::vector<std::string> lines;
  if (file) return lines;
  for (const yaml::Fault& fault : file.error()) lines.push_back(yaml::to_string(fault));
  return lines;
}

TEST(UnitTestFile, IsReadWithAllItsFields) {
  const auto file = load_unit_test_text(R"(
rule_files: [rules/*.yml, /etc/r.yml]
evaluation_interval: 30s
group_eval_order: [b, a]
fuzzy_compare: true
tests:
  - name: first
    interval: 1m
    start_timestamp: 2026-01-01T00:00:00Z
    input_series:
      - {series: 'up{job="x"}', values: '1 0+1x2 _ stale'}
    external_labels: {dc: eu1}
    external_url: http://h
    alert_rule_test:
      - eval_time: 5m
        alertname: A
        exp_alerts:
          - exp_labels: {job: x}
            exp_annotations: {summary: down}
    promql_expr_test:
      - expr: up
        eval_time: 1m30s
        exp_samples:
          - {labels: 'up{job="x"}', value: 1.5e3}
          - {value: 2}
  - {}
)",
                                        "/tests/t.yml");
  ASSERT_TRUE(file) << yaml::to_string(file.error());
  EXPECT_THAT(file->rule_files, ElementsAre("/tests/rules/*.yml", "/etc/r.yml"));
  EXPECT_EQ(file->evaluation_interval, 30'000);
  EXPECT_THAT(file->group_eval_order, ElementsAre("b", "a"));
  EXPECT_TRUE(file->fuzzy_compare);
  ASSERT_THAT(file->tests, SizeIs(2));
  const TestGroup& test = file->tests[0];
  EXPECT_EQ(test.name, "first");
  EXPECT_EQ(test.interval, 60'000);
  EXPECT_EQ(test.start, 1'767'225'600'000);
  ASSERT_THAT(test.series, SizeIs(1));
  EXPECT_EQ(test.series[0].labels, (metrics::Labels{{"__name__", "up"}, {"job", "x"}}));
  EXPECT_THAT(test.series[0].values, SizeIs(6));
  EXPECT_EQ(test.external_labels, (metrics::Labels{{"dc", "eu1"}}));
  EXPECT_EQ(test.external_url, "http://h");
  ASSERT_THAT(test.alert_tests, SizeIs(1));
  EXPECT_EQ(test.alert_tests[0].eval_time, 300'000);
  EXPECT_EQ(test.alert_tests[0].alerts[0].labels,
            (metrics::Labels{{"alertname", "A"}, {"job", "x"}}));
  EXPECT_EQ(test.alert_tests[0].alerts[0].annotations, (metrics::Labels{{"summary", "down"}}));
  ASSERT_THAT(test.expr_tests, SizeIs(1));
  EXPECT_EQ(test.expr_tests[0].eval_time, 90'000);
  EXPECT_EQ(test.expr_tests[0].samples[0].value, 1500);
  EXPECT_THAT(test.expr_tests[0].samples[1].labels, IsEmpty());
  EXPECT_EQ(file->tests[1].interval, 30'000) << "the evaluation interval";
}

TEST(UnitTestFile, SaysWhatIsWrong) {
  EXPECT_THAT(test_file_faults("rule_file: []\n"),
              ElementsAre(HasSubstr("did you mean 'rule_files'?")));
  EXPECT_THAT(test_file_faults("tests: [{alert_rule_test: [{eval_time: 1m}]}]\n"),
              ElementsAre("/tests/t.yml:1:28: tests[0].alert_rule_test[0]: needs an alertname"));
  EXPECT_THAT(test_file_faults("tests: [{input_series: [{series: 'up{', values: '1'}]}]\n"),
              SizeIs(1));
  EXPECT_THAT(test_file_faults("tests: [{input_series: [{series: up, values: '1 x'}]}]\n"),
              SizeIs(1));
  EXPECT_THAT(test_file_faults("tests: [{input_series: [{series: up, values: '{{count:1}}'}]}]\n"),
              ElementsAre(HasSubstr("native histograms")));
  EXPECT_THAT(
      test_file_faults("tests: [{promql_expr_test: [{expr: up, exp_samples: [{value: many}]}]}]\n"),
      ElementsAre(HasSubstr("exp_samples[0].value: 'many' is not a number")));
  EXPECT_THAT(test_file_faults("tests: [{start_timestamp: noon}]\n"),
              ElementsAre(HasSubstr("neither seconds nor a date")));
}

TEST(UnitTestFile, NumbersAreThoseOfYaml) {
  EXPECT_EQ(yaml_number("1_000.5"), 1000.5);
  EXPECT_EQ(yaml_number("-0x1F"), -31);
  EXPECT_EQ(yaml_number("+1e-3"), 0.001);
  EXPECT_EQ(yaml_number("-.Inf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(yaml_number(".NaN").value_or(0)));
  for (const char* text : {"", "-", "--1", "1.2.3", "0x", "0xg", "one"}) {
    EXPECT_EQ(yaml_number(text), std::nullopt) << text;
  }
}

TEST(UnitTestFile, TimesAreSecondsOrDates) {
  EXPECT_EQ(timestamp("1767225600"), 1'767'225'600'000);
  EXPECT_EQ(timestamp("1.5"), 1500);
  EXPECT_EQ(timestamp("-1"), -1000);
  EXPECT_EQ(timestamp("2026-01-01T01:30:00.25+01:30"), 1'767'225'600'250);
  EXPECT_EQ(timestamp("1969-12-31T23:59:59Z"), -1000);
  for (const char* text : {"2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
                           "2026-01-01T24:00:00Z", "2026-01-01T00:00:00Zz", "inf", "nan"}) {
    EXPECT_EQ(timestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hitwatch::alerting
