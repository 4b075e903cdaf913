// `rules`: which rules are evaluated, how often, and over how much history.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Rules rules_of(const std::string& entries, const std::string& name = "h.yaml") {
  auto config = load_text("rules: {" + entries + "}", name);
  if (config) return config->rules;
  ADD_FAILURE() << to_string(config.error().front());
  return {};
}

std::vector<std::string> rules_faults(const std::string& entries) {
  return faults_of("rules: {" + entries + "}");
}

TEST(RulesSection, WithoutItTheBundledRulesAreEvaluated) {
  for (const char* text : {"", "rules:", "rules: {}"}) {
    const auto config = load_text(text, "h.yaml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->rules, Rules{});
  }
  const Rules defaults;
  EXPECT_TRUE(defaults.bundled);
  EXPECT_TRUE(defaults.react);
  EXPECT_EQ(defaults.evaluation_interval, std::chrono::seconds(15));
  EXPECT_EQ(defaults.window, std::chrono::hours(1));
  EXPECT_EQ(defaults.no_data, NoData::kKeep);
}

TEST(RulesSection, EveryKeyReachesItsPlace) {
  Rules expected;
  expected.bundled = false;
  expected.evaluation_interval = std::chrono::seconds(30);
  expected.window = std::chrono::hours(2);
  expected.external_labels = {{"env", "prod"}, {"dc", "eu1"}};
  expected.external_url = "http://watch.example:9121/cache";
  expected.no_data = NoData::kAlert;
  expected.react = false;
  EXPECT_EQ(rules_of("bundled: false, evaluation_interval: 30s, window: 2h, "
                     "external_labels: {env: prod, dc: eu1}, "
                     "external_url: 'http://watch.example:9121/cache/', no_data: alert, "
                     "react: false"),
            expected);
}

class RuleFiles : public TestFolder {};

TEST_F(RuleFiles, AreFoundBesideTheConfiguration) {
  write("mine.yaml", "groups: []");
  EXPECT_THAT(
      rules_of("files: [mine.yaml, 'rules.d/*.yaml', '/etc/more/*.yml']", path("hitwatch.yaml"))
          .files,
      ElementsAre(path("mine.yaml"), path("rules.d/*.yaml"), "/etc/more/*.yml"));
}

TEST(RulesSection, AFileThatIsNotThereIsAFault) {
  EXPECT_THAT(rules_faults("files: [nowhere.yaml]"),
              ElementsAre("h.yaml:1:17: rules.files[0]: 'nowhere.yaml' is no file"));
  EXPECT_THAT(rules_faults("files: ['']"), ElementsAre(HasSubstr("'' is no file")));
}

TEST(RulesSection, WhatDoesNotFitIsAFaultWithItsPlace) {
  EXPECT_THAT(rules_faults("window: 4m"),
              ElementsAre("h.yaml:1:17: rules.window: must be from 5m to 1w"));
  EXPECT_THAT(rules_faults("window: 8d"), ElementsAre(HasSubstr("must be from 5m to 1w")));
  EXPECT_THAT(rules_faults("evaluation_interval: 500ms"),
              ElementsAre(HasSubstr("must be from 1s to 1d")));
  EXPECT_THAT(rules_faults("external_labels: {'a-b': c}"),
              ElementsAre(HasSubstr("is not the name of a label")));
  EXPECT_THAT(rules_faults("external_url: 'ftp://x'"),
              ElementsAre(HasSubstr("rules.external_url: the URL")));
  EXPECT_THAT(rules_faults("no_data: ignore"),
              ElementsAre(HasSubstr("'ignore' is none of keep, resolve, alert")));
  EXPECT_THAT(rules_faults("reacts: true"), ElementsAre(HasSubstr("did you mean 'react'?")));
}

}  // namespace
}  // namespace hitwatch::config
