#include "rules/alerting/unit_test_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "agent/yaml/section.h"
#include "agent/yaml/suggest.h"
#include "rules/alerting/rule.h"
#include "rules/scripts/series_line.h"

namespace hitwatch::alerting {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

void read_duration(Mapping& mapping, std::string_view key, std::int64_t& out) {
  std::chrono::milliseconds duration(out);
  mapping.read(key, duration);
  out = duration.count();
}

metrics::Labels read_labels(Mapping& mapping, std::string_view key) {
  const auto value = mapping.take(key);
  if (!value) return {};
  Mapping texts(mapping.reader(), *value->node, value->path);
  metrics::Labels labels;
  for (const yaml::Entry& entry : texts.read_entries()) {
    std::string text;
    if (entry.value.node->kind != Node::Kind::kNull) {
      text = mapping.reader().text(*entry.value.node, entry.value.path).value_or("");
    }
    labels.push_back(metrics::Label{entry.key->text, std::move(text)});
  }
  std::ranges::sort(labels, {}, &metrics::Label::name);
  return labels;
}

// A text that `parse` must understand; nothing, and a fault, if it does not.
template <typename Parse>
auto read_parsed(Mapping& mapping, std::string_view key, Parse parse)
    -> std::optional<typename decltype(parse(std::string()))::value_type> {
  const auto value = mapping.take(key);
  if (!value || value->node->kind == Node::Kind::kNull) return std::nullopt;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text) return std::nullopt;
  auto parsed = parse(*text);
  if (parsed) return *std::move(parsed);
  mapping.reader().fault(*value->node, value->path, parsed.error());
  return std::nullopt;
}

std::expected<double, std::string> number_of(const std::string& text) {
  if (const auto number = yaml_number(text)) return *number;
  return std::unexpected(fmt::format("{} is not a number", yaml::shown(text)));
}

std::expected<std::int64_t, std::string> time_of(const std::string& text) {
  if (const auto time = timestamp(text)) return *time;
  return std::unexpected(
      fmt::format("{} is neither seconds nor a date like 2026-01-31T12:00:00Z", yaml::shown(text)));
}

InputSeries read_series(Reader& reader, const Value& value) {
  Mapping mapping(reader, *value.node, value.path);
  InputSeries series;
  const auto metric = read_parsed(
      mapping, "series", [](const std::string& text) { return scripts::parse_metric(text); });
  if (metric) series.labels = *metric;
  auto values = read_parsed(mapping, "values", [](const std::string& text) {
    return scripts::parse_series_values(text);
  });
  if (values) series.values = *std::move(values);
  const auto is_histogram = [](const scripts::SequenceValue& one) {
    return one.kind == scripts::SequenceValue::Kind::kHistogram;
  };
  if (std::ranges::any_of(series.values, is_histogram)) {
    reader.fault(*value.node, value.path, "native histograms cannot be evaluated");
  }
  mapping.finish();
  return series;
}

AlertTest read_alert_test(Reader& reader, const Value& value) {
  Mapping mapping(reader, *value.node, value.path);
  AlertTest test;
  read_duration(mapping, "eval_time", test.eval_time);
  mapping.read("alertname", test.alertname);
  if (test.alertname.empty()) reader.fault(*value.node, value.path, "needs an alertname");
  for (const Value& item : mapping.read_items("exp_alerts")) {
    Mapping alert(reader, *item.node, item.path);
    ExpectedAlert expected;
    expected.labels = merge(read_labels(alert, "exp_labels"), {{"alertname", test.alertname}});
    expected.annotations = read_labels(alert, "exp_annotations");
    alert.finish();
    test.alerts.push_back(std::move(expected));
  }
  mapping.finish();
  return test;
}

ExpectedSample read_sample(Reader& reader, const Value& value) {
  Mapping mapping(reader, *value.node, value.path);
  ExpectedSample sample;
  const auto labels = read_parsed(mapping, "labels", [](const std::string& text) {
    using Labels = std::expected<metrics::Labels, std::string>;
    return text.empty() ? Labels(metrics::Labels()) : scripts::parse_metric(text);
  });
  if (labels) sample.labels = *labels;
  sample.value = read_parsed(mapping, "value", number_of).value_or(0);
  mapping.refuse("histogram", "native histograms cannot be evaluated");
  mapping.finish();
  return sample;
}

ExprTest read_expr_test(Reader& reader, const Value& value) {
  Mapping mapping(reader, *value.node, value.path);
  ExprTest test;
  mapping.read("expr", test.expr);
  read_duration(mapping, "eval_time", test.eval_time);
  for (const Value& item : mapping.read_items("exp_samples")) {
    test.samples.push_back(read_sample(reader, item));
  }
  mapping.finish();
  return test;
}

TestGroup read_test(Reader& reader, const Value& value, std::int64_t evaluation_interval) {
  Mapping mapping(reader, *value.node, value.path);
  TestGroup test;
  mapping.read("name", test.name);
  read_duration(mapping, "interval", test.interval);
  if (test.interval <= 0) test.interval = evaluation_interval;
  test.start = read_parsed(mapping, "start_timestamp", time_of).value_or(0);
  for (const Value& item : mapping.read_items("input_series")) {
    test.series.push_back(read_series(reader, item));
  }
  for (const Value& item : mapping.read_items("alert_rule_test")) {
    test.alert_tests.push_back(read_alert_test(reader, item));
  }
  for (const Value& item : mapping.read_items("promql_expr_test")) {
    test.expr_tests.push_back(read_expr_test(reader, item));
  }
  test.external_labels = read_labels(mapping, "external_labels");
  mapping.read("external_url", test.external_url);
  mapping.finish();
  return test;
}

void read_texts(Mapping& mapping, std::string_view key, std::vector<std::string>& out) {
  for (const Value& item : mapping.read_items(key)) {
    if (auto text = mapping.reader().text(*item.node, item.path)) out.push_back(*std::move(text));
  }
}

// One to so many digits, which `text` loses.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc() || end != text.data() + count || text.front() == '-') {
    return std::nullopt;
  }
  text.remove_prefix(count);
  return number;
}

bool take_char(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// `+01:30` or `Z`, as milliseconds.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (take_char(text, 'Z')) return 0;
  const bool behind = text.starts_with('-');
  if (!take_char(text, '+') && !take_char(text, '-')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || !take_char(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (*hours * 60 + *minutes) * (behind ? -60'000LL : 60'000LL);
}

std::optional<std::int64_t> date_and_time(std::string_view text) {
  using std::chrono::milliseconds;
  const auto year = take_digits(text, 4);
  if (!year || !take_char(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take_char(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !take_char(text, 'T')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take_char(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take_char(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (take_char(text, '.')) {
    std::int64_t unit = 100;
    while (const auto digit = take_digits(text, 1)) {
      fraction += *digit * unit;
      unit /= 10;
    }
  }
  const auto zone = take_zone(text);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!zone || !text.empty() || !date.ok()) return std::nullopt;
  const auto midnight =
      std::chrono::duration_cast<milliseconds>(std::chrono::sys_days(date).time_since_epoch());
  return midnight.count() + ((*hour * 60LL + *minute) * 60 + *second) * 1000 + fraction - *zone;
}

}  // namespace

std::optional<double> yaml_number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  bool minus = false;
  if (plain.starts_with('-') || plain.starts_with('+')) {
    minus = plain.front() == '-';
    plain.erase(0, 1);
  }
  if (plain.starts_with('-') || plain.starts_with('+')) return std::nullopt;
  std::string lower = plain;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  double value = 0;
  const char* end = lower.data() + lower.size();
  if (lower == ".inf" || lower == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else if (lower == ".nan" || lower == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (lower.starts_with("0x")) {
    std::uint64_t whole = 0;
    const auto [stop, error] = std::from_chars(lower.data() + 2, end, whole, 16);
    if (error != std::errc() || stop != end) return std::nullopt;
    value = static_cast<double>(whole);
  } else {
    const auto [stop, error] = std::from_chars(lower.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  return minus ? -value : value;
}

std::optional<std::int64_t> timestamp(std::string_view text) {
  if (const auto date = date_and_time(text)) return date;
  const auto seconds = yaml_number(text);
  constexpr double kMost = 1e13;  // far beyond any date
  if (!seconds || !(std::abs(*seconds) < kMost)) return std::nullopt;
  return std::llround(*seconds * 1000);
}

std::expected<UnitTestFile, std::vector<yaml::Fault>> load_unit_test_text(std::string_view text,
                                                                          const std::string& file) {
  const auto root = yaml::parse_document(text, file);
  if (!root) return std::unexpected(std::vector{root.error()});
  Reader reader(file, {});
  UnitTestFile tests;
  Mapping mapping(reader, *root, "");
  read_texts(mapping, "rule_files", tests.rule_files);
  for (std::string& pattern : tests.rule_files) pattern = reader.resolve(pattern);
  read_duration(mapping, "evaluation_interval", tests.evaluation_interval);
  if (tests.evaluation_interval <= 0) tests.evaluation_interval = 60'000;
  read_texts(mapping, "group_eval_order", tests.group_eval_order);
  mapping.read("fuzzy_compare", tests.fuzzy_compare);
  for (const Value& item : mapping.read_items("tests")) {
    tests.tests.push_back(read_test(reader, item, tests.evaluation_interval));
  }
  mapping.finish();
  if (reader.has_faults()) return std::unexpected(reader.take_faults());
  return tests;
}

std::expected<UnitTestFile, std::vector<yaml::Fault>> load_unit_test_file(const std::string& path) {
  const auto text = yaml::read_document(path);
  if (!text) return std::unexpected(std::vector{text.error()});
  return load_unit_test_text(*text, path);
}

}  // namespace hitwatch::alerting
