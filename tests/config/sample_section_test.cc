// `keys.sample` and `targets[].databases`: how the keys of servers are sampled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

keyspace::SampleOptions sample_of(const std::string& entries) {
  auto config = load_text("keys: {sample: {" + entries + "}}", "h.yaml");
  if (config) return config->keys.sample;
  ADD_FAILURE() << to_string(config.error().front());
  return {};
}

std::vector<std::string> sample_faults(const std::string& entries) {
  return faults_of("keys: {sample: {" + entries + "}}");
}

TEST(SampleSection, WithoutItSamplingIsOnWithItsDefaults) {
  for (const char* text : {"", "keys: {}", "keys: {sample: }", "keys: {sample: {}}"}) {
    const auto config = load_text(text, "h.yaml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->keys.sample, keyspace::SampleOptions{});
  }
  EXPECT_TRUE(keyspace::SampleOptions().enabled);
}

TEST(SampleSection, EveryKeyReachesItsPlace) {
  keyspace::SampleOptions expected;
  expected.enabled = false;
  expected.interval = std::chrono::minutes(5);
  expected.size = 500;
  expected.budget = 0.005;
  expected.prefer_replica = false;
  EXPECT_EQ(
      sample_of("enabled: false, interval: 5m, size: 500, budget: 0.5%, prefer_replica: false"),
      expected);
}

TEST(SampleSection, TheBudgetIsAPercentage) {
  EXPECT_DOUBLE_EQ(sample_of("budget: 100%").budget, 1);
  EXPECT_DOUBLE_EQ(sample_of("budget: '2.5%'").budget, 0.025);
  for (const char* bad :
       {"0%", "-1%", "100.1%", "1", "0.01", "'%'", "''", "1 %", "nan%", "inf%", "1e1%", "0x1%"}) {
    EXPECT_THAT(sample_faults("budget: " + std::string(bad)),
                ElementsAre(HasSubstr("is not a percentage over 0% and up to 100%")))
        << bad;
  }
  EXPECT_THAT(sample_faults("budget: 7"),
              ElementsAre("h.yaml:1:25: keys.sample.budget: '7' is not a percentage over 0% and up "
                          "to 100%: write it like 1% or 0.5%"));
}

TEST(SampleSection, FiguresHaveBounds) {
  EXPECT_THAT(sample_faults("size: 99"),
              ElementsAre("h.yaml:1:23: keys.sample.size: '99' is not a number "
                          "from 100 to 1000000"));
  EXPECT_THAT(sample_faults("size: 1000001"), ElementsAre(HasSubstr("from 100 to 1000000")));
  EXPECT_THAT(sample_faults("interval: 999ms"),
              ElementsAre("h.yaml:1:27: keys.sample.interval: must be from 1s to 1d"));
  EXPECT_THAT(sample_faults("interval: 25h"), ElementsAre(HasSubstr("must be from 1s to 1d")));
  EXPECT_THAT(sample_faults("size: 100, interval: 1d"), IsEmpty());
}

TEST(SampleSection, UnknownKeysAreNamed) {
  EXPECT_THAT(sample_faults("budgte: 1%"), ElementsAre(HasSubstr("did you mean 'budget'?")));
  EXPECT_THAT(faults_of("keys: {sample: true}"), ElementsAre(HasSubstr("must be a mapping")));
}

std::vector<int> databases_of(const std::string& value) {
  auto config = load_text("targets: [{url: 'redis://h', databases: " + value + "}]", "h.yaml");
  if (config) return config->targets.at(0).databases;
  ADD_FAILURE() << to_string(config.error().front());
  return {};
}

std::vector<std::string> database_faults(const std::string& value) {
  return faults_of("targets: [{url: 'redis://h', databases: " + value + "}]");
}

TEST(Databases, AreAllOrThoseOfAList) {
  EXPECT_THAT(databases_of("all"), IsEmpty());
  EXPECT_THAT(databases_of("[3, 0, 16383]"), ElementsAre(0, 3, 16383));
}

TEST(Databases, AreNumbersGivenOnce) {
  EXPECT_THAT(database_faults("some"),
              ElementsAre("h.yaml:1:41: targets[0].databases: 'some' is neither 'all' nor a list "
                          "like [0, 1]"));
  EXPECT_THAT(database_faults("0"), ElementsAre(HasSubstr("neither 'all' nor a list")));
  EXPECT_THAT(database_faults("[]"), ElementsAre(HasSubstr("needs a database; write 'all'")));
  EXPECT_THAT(
      database_faults("[0, 16384, -1, x]"),
      ElementsAre(HasSubstr("targets[0].databases[1]: '16384' is not a number from 0 to"),
                  HasSubstr("targets[0].databases[2]"), HasSubstr("targets[0].databases[3]")));
  EXPECT_THAT(database_faults("[1, 1]"),
              ElementsAre("h.yaml:1:45: targets[0].databases[1]: stands already in the list"));
}

}  // namespace
}  // namespace hitwatch::config
