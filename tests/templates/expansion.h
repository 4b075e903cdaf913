// The alert that most of these tests expand templates for, and tables of templates with their
// texts. The texts in tables are those that `promtool test rules` of Prometheus 2.42 gave for such
// an alert.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "rules/templates/alert_template.h"

namespace hitwatch::templates {

inline constexpr std::string_view kFailure =
    "<error expanding template: error executing template __alert_A: template: __alert_A:";

inline Query sample_query() {
  return [](std::string_view expression) -> std::expected<std::vector<QuerySample>, std::string> {
    if (expression == "up") {
      return std::vector<QuerySample>{
          {{{"__name__", "up"}, {"instance", "h1:6379"}, {"job", "r"}}, 1},
          {{{"__name__", "up"}, {"instance", "h2:6379"}, {"job", "r"}}, 0}};
    }
    if (expression == "nope") return std::vector<QuerySample>{};
    if (expression == "named") {
      return std::vector<QuerySample>{{{{"__name__", "named"}, {"__value__", "x"}}, 5}};
    }
    return std::unexpected("1:5: parse error: unclosed left parenthesis");
  };
}

// The text, or `PARSE line:column: message`.
inline std::string expand(std::string_view text, double value = 2097152.5) {
  const auto parsed = AlertTemplate::parse("A", text);
  if (!parsed) {
    const auto& error = parsed.error();
    return "PARSE " + std::to_string(error.line) + ':' + std::to_string(error.column) + ": " +
           error.text;
  }
  const Labels labels = {{"__name__", "m"}, {"inst", "a:1"}, {"zz", "q"}};
  const Labels external = {{"dc", "eu1"}, {"x", "y"}};
  const auto query = sample_query();
  return parsed->expand({.labels = labels,
                         .value = value,
                         .external_labels = external,
                         .external_url = "http://prom.example/p",
                         .now = 1700000000.5,
                         .query = &query});
}

struct Row {
  std::string_view text;
  std::string_view expected;
};

inline void expect_expansions(std::span<const Row> rows) {
  for (const auto& row : rows) EXPECT_EQ(expand(row.text), row.expected) << row.text;
}

// The expected texts lack what all failures have in common.
inline void expect_failures(std::span<const Row> rows) {
  for (const auto& row : rows) {
    EXPECT_EQ(expand(row.text), std::string(kFailure) + std::string(row.expected) + '>')
        << row.text;
  }
}

}  // namespace hitwatch::templates
