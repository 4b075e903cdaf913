// Thresholds of the configuration replace those that are there without it.
#include "agent/rules/thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/bundled/thresholds.h"

namespace hitwatch::rules {
namespace {

double value_of(const std::vector<config::Threshold>& thresholds, const std::string& name,
                const std::string& type) {
  for (const config::Threshold& threshold : thresholds) {
    if (threshold.name == name && threshold.type == type && threshold.tenant.empty()) {
      return threshold.value;
    }
  }
  return -1;
}

TEST(Thresholds, TheTargetsOfHitRatiosAreThereByDefault) {
  const auto thresholds = with_defaults({});
  EXPECT_EQ(thresholds.size(), bundled::thresholds().size());
  EXPECT_EQ(value_of(thresholds, "hit_ratio", ""), 0.8);
  EXPECT_EQ(value_of(thresholds, "hit_ratio", "session"), 0.95);
  EXPECT_EQ(value_of(thresholds, "hit_ratio", "user"), 0.75);
  EXPECT_EQ(value_of(thresholds, "hit_ratio", "llm-response"), 0.6);
  EXPECT_EQ(value_of(thresholds, "get_p99", ""), 0.01);
}

TEST(Thresholds, TheConfigurationReplacesAndAdds) {
  const auto thresholds = with_defaults(
      {{"hit_ratio", "session", "", "", 0.5}, {"hit_ratio", "session", "acme", "", 0.9}});
  EXPECT_EQ(thresholds.size(), bundled::thresholds().size() + 1);
  EXPECT_EQ(value_of(thresholds, "hit_ratio", "session"), 0.5);
  EXPECT_EQ(value_of(thresholds, "hit_ratio", ""), 0.8);
}

TEST(Thresholds, AllLabelsAreWrittenForAScrapeToFillInNone) {
  const auto family = threshold_metrics({{"hit_ratio", "", "acme", "", 0.9}});
  ASSERT_EQ(family.metric.size(), 1U);
  std::vector<std::string> labels;
  for (const auto& label : family.metric[0].label) labels.push_back(label.name + "=" + label.value);
  EXPECT_THAT(labels,
              testing::ElementsAre("threshold=hit_ratio", "type=", "tenant=acme", "instance="));
  EXPECT_EQ(family.metric[0].gauge.value, 0.9);
}

}  // namespace
}  // namespace hitwatch::rules
