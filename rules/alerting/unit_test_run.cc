#include "rules/alerting/unit_test_run.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "agent/net/duration.h"
#include "rules/alerting/group.h"
#include "rules/alerting/rule_file.h"
#include "rules/alerting/templating.h"
#include "rules/promql/engine.h"
#include "rules/promql/parser.h"
#include "rules/window/window.h"

namespace hitwatch::alerting {
namespace {

constexpr std::int64_t kMostEvaluations = 1'000'000;
// Longer than any test; far from where sums would overflow.
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max() / 8;

// `3E+00`: the shortest digits that are this number, as Go's 'E' writes them.
std::string value_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  std::string text(buffer.data(), end.ptr);
  std::ranges::replace(text, 'e', 'E');
  return text;
}

// With the name among the others.
std::string labels_text(const metrics::Labels& labels) {
  std::string text;
  for (const metrics::Label& label : labels) {
    if (!text.empty()) text += ", ";
    metrics::append_label_text(text, metrics::Labels{label});
  }
  return "{" + text + "}";
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

using AlertTexts = std::vector<std::pair<metrics::Labels, metrics::Labels>>;

// Sets of labels are listed in the order of their first difference.
std::vector<std::pair<std::string, std::string>> order_of(const metrics::Labels& labels) {
  std::vector<std::pair<std::string, std::string>> order;
  for (const metrics::Label& label : labels) order.emplace_back(label.name, label.value);
  return order;
}

auto order_of_alert(const std::pair<metrics::Labels, metrics::Labels>& alert) {
  return std::pair(order_of(alert.first), order_of(alert.second));
}

std::string list_text(const AlertTexts& alerts) {
  if (alerts.empty()) return "[]";
  std::string text = "[";
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    fmt::format_to(std::back_inserter(text),
                   "{}\n            {}:\n              Labels:{}\n              Annotations:{}",
                   i == 0 ? "" : ",", i, labels_text(alerts[i].first),
                   labels_text(alerts[i].second));
  }
  return text + "\n            ]";
}

bool same_value(double left, double right, bool fuzzy) {
  if (left == right) return true;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return fuzzy &&
         (std::nextafter(left, kInfinity) == right || std::nextafter(left, -kInfinity) == right);
}

class TestRun {
 public:
  TestRun(const UnitTestFile& file, const TestGroup& test, const std::vector<GroupSpec>& specs)
      : file_(file), test_(test), next_(test.series.size(), 0) {
    window_.want({{{}, kForever}});
    options_.subquery_step = file.evaluation_interval;
    for (const GroupSpec& spec : specs) {
      groups_.push_back(std::make_unique<Group>(
          spec,
          Group::Options{.interval = test.interval, .subquery_step = file.evaluation_interval}));
    }
    surroundings_.query = [this](const promql::Expr& expr, std::string_view text,
                                 std::int64_t time) {
      return promql::evaluate_instant(expr, text, window_, time, options_);
    };
    surroundings_.append = [this](std::span<const Sample> samples) { return append(samples); };
    surroundings_.expand = template_expander({.external_labels = test.external_labels,
                                              .external_url = test.external_url,
                                              .query = surroundings_.query});
  }

  std::vector<std::string> run() {
    std::int64_t last = 0;
    for (const AlertTest& test : test_.alert_tests) last = std::max(last, test.eval_time);
    for (const ExprTest& test : test_.expr_tests) last = std::max(last, test.eval_time);
    if (last / file_.evaluation_interval >= kMostEvaluations) {
      fail(
          fmt::format("    more than {} evaluations: raise evaluation_interval", kMostEvaluations));
      return std::move(failures_);
    }
    for (std::int64_t time = 0; time <= last; time += file_.evaluation_interval) {
      load(test_.start + time);
      if (!evaluate(time)) return std::move(failures_);
      compare_alerts(time);
    }
    for (const ExprTest& test : test_.expr_tests) compare_samples(test);
    return std::move(failures_);
  }

 private:
  void fail(std::string text) {
    if (!test_.name.empty()) text = fmt::format("    name: {},\n{}", test_.name, text);
    failures_.push_back(std::move(text));
  }

  std::expected<void, std::string> append(std::span<const Sample> samples) {
    for (const Sample& sample : samples) store(sample.labels, sample.time, sample.value);
    return {};
  }

  // A sample for a time that the series has one for already is left out.
  void store(const metrics::Labels& labels, std::int64_t time, double value) {
    std::vector<metrics::LabelView> views;
    for (const metrics::Label& label : labels) views.push_back({label.name, label.value});
    if (window::Series* series = window_.find_or_make(views)) {
      window_.append(*series, time, value);
    }
  }

  // The samples of input series up to this time that are not there yet.
  void load(std::int64_t time) {
    for (std::size_t i = 0; i < test_.series.size(); ++i) {
      const InputSeries& series = test_.series[i];
      for (; next_[i] < series.values.size(); ++next_[i]) {
        const std::int64_t at = test_.start + static_cast<std::int64_t>(next_[i]) * test_.interval;
        if (at > time) break;
        const scripts::SequenceValue& value = series.values[next_[i]];
        if (value.kind != scripts::SequenceValue::Kind::kNumber) continue;
        store(series.labels, at, value.value);
      }
    }
  }

  // False if a rule had an error: nothing after it can be trusted.
  bool evaluate(std::int64_t time) {
    bool good = true;
    for (const std::unique_ptr<Group>& group : groups_) {
      group->evaluate(test_.start + time, surroundings_);
      for (std::size_t i = 0; i < group->rules().size(); ++i) {
        const RuleStatus& status = group->rules()[i];
        if (status.last_error.empty()) continue;
        good = false;
        fail(fmt::format("    rule: {}, time: {}, err: {}", group->spec().rules[i].name,
                         net::format_milliseconds(time), status.last_error));
      }
    }
    return good;
  }

  AlertTexts firing(const std::string& name) const {
    AlertTexts alerts;
    for (const std::unique_ptr<Group>& group : groups_) {
      for (std::size_t i = 0; i < group->rules().size(); ++i) {
        const Rule& rule = group->spec().rules[i];
        if (rule.kind != Rule::Kind::kAlerting || rule.name != name) continue;
        for (const auto& [key, alert] : group->rules()[i].alerts) {
          if (alert.state != AlertState::kFiring) continue;
          alerts.emplace_back(alert.labels, alert.annotations);
        }
      }
    }
    return alerts;
  }

  // What tests expect between this evaluation and the next.
  void compare_alerts(std::int64_t time) {
    std::vector<const AlertTest*> due;
    for (const AlertTest& test : test_.alert_tests) {
      const std::int64_t since = test.eval_time - time;
      if (since >= 0 && since < file_.evaluation_interval) due.push_back(&test);
    }
    std::ranges::stable_sort(due, {}, [](const AlertTest* test) { return test->eval_time; });
    for (const AlertTest* test : due) {
      AlertTexts got = firing(test->alertname);
      AlertTexts expected;
      for (const ExpectedAlert& alert : test->alerts) {
        expected.emplace_back(alert.labels, alert.annotations);
      }
      std::ranges::sort(got, {}, order_of_alert);
      std::ranges::sort(expected, {}, order_of_alert);
      if (got == expected) continue;
      fail(fmt::format("    alertname: {}, time: {}, \n        exp:{}, \n        got:{}",
                       test->alertname, net::format_milliseconds(test->eval_time),
                       list_text(expected), list_text(got)));
    }
  }

  std::expected<std::vector<ExpectedSample>, std::string> query(const ExprTest& test) const {
    const auto expr = promql::parse(test.expr);
    if (!expr) return std::unexpected(promql::describe(expr.error(), test.expr));
    const auto result = promql::evaluate_instant(**expr, test.expr, window_,
                                                 test_.start + test.eval_time, options_);
    if (!result) return std::unexpected(result.error().text);
    std::vector<ExpectedSample> samples;
    switch (result->type) {
      case promql::ValueType::kScalar:
        return std::vector{ExpectedSample{{}, result->scalar}};
      case promql::ValueType::kVector:
        break;
      default:
        return std::unexpected("rule result is not a vector or scalar");
    }
    for (const promql::ResultSeries& series : result->series) {
      ExpectedSample sample{{}, series.points.back().value};
      for (const window::LabelPair& pair : series.labels->pairs()) {
        sample.labels.push_back(metrics::Label{*pair.name, *pair.value});
      }
      samples.push_back(std::move(sample));
    }
    return samples;
  }

  static std::string samples_text(const std::vector<ExpectedSample>& samples) {
    if (samples.empty()) return "nil";
    std::string text;
    for (const ExpectedSample& sample : samples) {
      if (!text.empty()) text += ", ";
      text += labels_text(sample.labels) + " " + value_text(sample.value);
    }
    return text;
  }

  void compare_samples(const ExprTest& test) {
    const std::string place = fmt::format("    expr: {}, time: {},", in_quotes(test.expr),
                                          net::format_milliseconds(test.eval_time));
    auto got = query(test);
    if (!got) {
      fail(fmt::format("{} err: {}", place, got.error()));
      return;
    }
    std::vector<ExpectedSample> expected = test.samples;
    const auto by_labels = [](const ExpectedSample& sample) { return order_of(sample.labels); };
    std::ranges::stable_sort(*got, {}, by_labels);
    std::ranges::stable_sort(expected, {}, by_labels);
    const auto same = [this](const ExpectedSample& left, const ExpectedSample& right) {
      return left.labels == right.labels &&
             same_value(left.value, right.value, file_.fuzzy_compare);
    };
    if (std::ranges::equal(expected, *got, same)) return;
    fail(fmt::format("{}\n        exp: {}\n        got: {}", place, samples_text(expected),
                     samples_text(*got)));
  }

  const UnitTestFile& file_;
  const TestGroup& test_;
  window::Window window_;
  promql::QueryOptions options_;
  Surroundings surroundings_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<std::size_t> next_;  // of each input series, the value to load next
  std::vector<std::string> failures_;
};

std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return files;
}

// The groups of all rule files, in the order in which they are to be evaluated.
std::vector<GroupSpec> load_groups(const UnitTestFile& file, UnitTestReport& report) {
  std::vector<GroupSpec> groups;
  std::set<std::string> seen;
  for (const std::string& pattern : file.rule_files) {
    const auto files = matching_files(pattern);
    if (files.empty()) report.warnings.push_back("no file match pattern " + pattern);
    for (const std::string& path : files) {
      if (!seen.insert(path).second) continue;
      auto loaded = load_rule_file(path);
      if (!loaded) {
        for (const yaml::Fault& fault : loaded.error()) {
          report.failures.push_back(yaml::to_string(fault));
        }
        continue;
      }
      std::ranges::move(*loaded, std::back_inserter(groups));
    }
  }
  std::map<std::string, std::size_t> order;
  for (const std::string& name : file.group_eval_order) {
    if (order.emplace(name, order.size()).second) continue;
    report.failures.push_back("group name repeated in evaluation order: " + name);
  }
  std::ranges::stable_sort(groups, {}, [&](const GroupSpec& group) {
    const auto found = order.find(group.name);
    return found == order.end() ? 0 : found->second;
  });
  return groups;
}

}  // namespace

UnitTestReport run_unit_tests(const std::string& path) {
  UnitTestReport report;
  const auto file = load_unit_test_file(path);
  if (!file) {
    for (const yaml::Fault& fault : file.error()) {
      report.failures.push_back(yaml::to_string(fault));
    }
    return report;
  }
  const std::vector<GroupSpec> groups = load_groups(*file, report);
  if (!report.failures.empty()) return report;
  for (const TestGroup& test : file->tests) {
    std::ranges::move(TestRun(*file, test, groups).run(), std::back_inserter(report.failures));
  }
  return report;
}

}  // namespace hitwatch::alerting
