// Reads unit tests of rules: promtool's format, features up to Prometheus 3.x, strictly.
// https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "agent/yaml/fault.h"
#include "rules/scripts/series_values.h"

namespace hitwatch::alerting {

// Lengths of time are milliseconds; those named `eval_time` count from the start of the test.

struct InputSeries {
  metrics::Labels labels;
  std::vector<scripts::SequenceValue> values;  // one `interval` apart, from the start
};

struct ExpectedAlert {
  metrics::Labels labels;  // with alertname
  metrics::Labels annotations;
};

struct AlertTest {
  std::int64_t eval_time = 0;
  std::string alertname;
  std::vector<ExpectedAlert> alerts;
};

struct ExpectedSample {
  metrics::Labels labels;
  double value = 0;
};

struct ExprTest {
  std::string expr;
  std::int64_t eval_time = 0;
  std::vector<ExpectedSample> samples;
};

struct TestGroup {
  std::string name;  // "" if it has none
  std::int64_t interval = 0;
  std::int64_t start = 0;  // ms since the epoch: start_timestamp
  std::vector<InputSeries> series;
  std::vector<AlertTest> alert_tests;
  std::vector<ExprTest> expr_tests;
  metrics::Labels external_labels;
  std::string external_url;
};

struct UnitTestFile {
  std::vector<std::string> rule_files;  // patterns, absolute
  std::int64_t evaluation_interval = 60'000;
  std::vector<std::string> group_eval_order;
  bool fuzzy_compare = false;
  std::vector<TestGroup> tests;
};

// `file` is where the text comes from: rule files are relative to its folder.
std::expected<UnitTestFile, std::vector<yaml::Fault>> load_unit_test_text(std::string_view text,
                                                                          const std::string& file);
std::expected<UnitTestFile, std::vector<yaml::Fault>> load_unit_test_file(const std::string& path);

// A number as YAML writes it: decimal, hexadecimal, with underscores, `.inf` and `.nan`; also
// without these dots.
std::optional<double> yaml_number(std::string_view text);
// Seconds since the epoch, or a date and time of RFC 3339, as milliseconds since the epoch.
std::optional<std::int64_t> timestamp(std::string_view text);

}  // namespace hitwatch::alerting
