// What a rule returned the last time beside what it returns now.
#include "rules/alerting/returned_series.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/alerting/scripted_query.h"

namespace hitwatch::alerting {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

Sample series_with(const std::string& value) { return {{{"a", value}}, 0, 0}; }

std::vector<std::string> texts(const std::vector<metrics::Labels>& all) {
  std::vector<std::string> texts;
  for (const metrics::Labels& labels : all) texts.push_back(describe(labels));
  return texts;
}

TEST(ReturnedSeries, ThoseThatAreNotReturnedAgainHaveEnded) {
  ReturnedSeries series;
  EXPECT_THAT(series.replace({series_with("1"), series_with("2"), series_with("3")}), IsEmpty());
  EXPECT_THAT(texts(series.replace({series_with("1"), series_with("3")})),
              ElementsAre(R"({a="2"})"));
  EXPECT_THAT(texts(series.replace({series_with("4")})), ElementsAre(R"({a="1"})", R"({a="3"})"));
  EXPECT_THAT(texts(series.replace({})), ElementsAre(R"({a="4"})"));
  EXPECT_THAT(series.replace({}), IsEmpty());
}

TEST(ReturnedSeries, AnotherOrderEndsNothing) {
  ReturnedSeries series;
  series.replace({series_with("1"), series_with("2"), series_with("3"), series_with("4")});
  EXPECT_THAT(
      series.replace({series_with("1"), series_with("3"), series_with("2"), series_with("4")}),
      IsEmpty());
  EXPECT_THAT(
      series.replace({series_with("4"), series_with("3"), series_with("2"), series_with("1")}),
      IsEmpty());
}

TEST(ReturnedSeries, AreTakenOnce) {
  ReturnedSeries series;
  series.replace({series_with("1")});
  EXPECT_THAT(texts(series.take()), ElementsAre(R"({a="1"})"));
  EXPECT_THAT(series.take(), IsEmpty());
}

constexpr const char* kRule = R"(
groups:
- name: g
  rules:
  - {record: made, expr: x, labels: {b: over, d: "", z: new}}
)";

// Elements that still differ when b and d are gone.
std::vector<Element> some_elements(std::mt19937& random) {
  std::vector<Element> elements;
  for (const char* name : {"x", ""}) {
    for (const char* value : {"1", "2", "3"}) {
      for (const char* other : {"", "7"}) {
        if (random() % 8 == 0) continue;
        Element element{{{"a", value}}, static_cast<double>(random() % 100)};
        if (random() % 2 == 0) element.labels.push_back({"b", "under"});
        if (random() % 2 == 0) element.labels.push_back({"d", "away"});
        if (*other != '\0') element.labels.push_back({"e", other});
        if (*name != '\0') element.labels.push_back({"f", name});
        elements.push_back(std::move(element));
      }
    }
  }
  if (random() % 4 == 0) std::ranges::shuffle(elements, random);
  return elements;
}

// What is stored, said in the plainest way.
std::vector<std::string> expected(const std::vector<Element>& elements, const Rule& rule,
                                  std::set<std::string>& before, std::int64_t time) {
  std::vector<std::string> stored;
  std::set<std::string> now;
  for (const Element& element : elements) {
    metrics::Labels labels = merge(element.labels, rule.labels);
    labels = merge(labels, {{"__name__", rule.name}});
    now.insert(describe(labels));
    stored.push_back(
        fmt::format("{} = {} @ {}", describe(labels), static_cast<int>(element.value), time));
  }
  for (const std::string& text : before) {
    if (!now.contains(text)) stored.push_back(fmt::format("{} = stale @ {}", text, time));
  }
  before = std::move(now);
  return stored;
}

TEST(ReturnedSeries, OfARecordingRuleAreStoredAndEndedAsByAPlainComparison) {
  std::mt19937 random(1);  // NOLINT: the same in every run
  auto specs = load_rule_text(kRule, "file");
  ASSERT_TRUE(specs);
  Group group(specs->front(), {});
  ScriptedQuery query;
  std::set<std::string> before;
  for (std::int64_t time = 1; time < 500; ++time) {
    // Often the same series as before with other values.
    if (time == 1 || random() % 2 == 0) {
      query.vectors["x"] = some_elements(random);
    } else {
      for (Element& element : query.vectors["x"]) ++element.value;
    }
    group.evaluate(time, query.surroundings());
    EXPECT_THAT(query.take_stored(), UnorderedElementsAreArray(expected(
                                         query.vectors["x"], group.spec().rules[0], before, time)));
    EXPECT_EQ(group.rules()[0].series.size(), before.size());
  }
}

}  // namespace
}  // namespace hitwatch::alerting
