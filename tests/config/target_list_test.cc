// Lists of targets in Prometheus' file_sd format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/config/config.h"
#include "tests/config/test_folder.h"

namespace hitwatch::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class TargetList : public TestFolder {
 protected:
  std::vector<std::string> faults_of(const std::string& text) const {
    const auto targets = load_target_list(write("list.yaml", text));
    std::vector<std::string> faults;
    if (targets) return faults;
    for (const Fault& fault : targets.error()) {
      faults.push_back(to_string(fault).substr(path("").size()));
    }
    return faults;
  }
};

TEST_F(TargetList, YamlWithHostsAndUrls) {
  const std::string file = write("list.yaml",
                                 "- targets: ['a:6379', 'rediss://u:p@b:6380']\n"
                                 "  labels: {env: prod, __meta_x: dropped}\n"
                                 "- targets: [/run/redis.sock]\n"
                                 "  labels: {instance: local}\n");
  const auto targets = load_target_list(file);
  ASSERT_TRUE(targets) << to_string(targets.error().front());
  ASSERT_EQ(targets->targets.size(), 3U);
  EXPECT_EQ(targets->targets.at(0).name(), "a:6379");
  EXPECT_EQ(targets->targets.at(0).labels, (metrics::Labels{{"env", "prod"}}));
  EXPECT_EQ(targets->targets.at(0).origin, file + ":1:13");
  EXPECT_TRUE(targets->targets.at(1).url.tls);
  EXPECT_EQ(targets->targets.at(1).username, "u");
  EXPECT_EQ(targets->targets.at(1).password.literal, "p");
  EXPECT_EQ(targets->targets.at(2).name(), "local");
  EXPECT_TRUE(targets->targets.at(2).labels.empty());
}

TEST_F(TargetList, NothingIsTakenFromTheEnvironment) {
  const auto targets =
      load_target_list(write("list.yaml", "- targets: [a]\n  labels: {x: '${HOME}$$'}\n"));
  ASSERT_TRUE(targets) << to_string(targets.error().front());
  EXPECT_EQ(targets->targets.at(0).labels, (metrics::Labels{{"x", "${HOME}$$"}}));
}

TEST_F(TargetList, JsonEvenWithTabs) {
  const auto targets = load_target_list(write("list.json",
                                              "[\n\t{\n\t\t\"targets\": [\n\t\t\t\"a\"\n\t\t],\n"
                                              "\t\t\"labels\": {\"env\": \"p\\u00e9\"}\n\t}\n]\n"));
  ASSERT_TRUE(targets) << to_string(targets.error().front());
  ASSERT_EQ(targets->targets.size(), 1U);
  EXPECT_EQ(targets->targets.at(0).labels, (metrics::Labels{{"env", "pé"}}));
}

TEST_F(TargetList, AnEmptyListHasNoTargets) {
  for (const std::string text : {"# none\n", "[]", "- targets: []\n"}) {
    const auto targets = load_target_list(write("list.yaml", text));
    ASSERT_TRUE(targets) << text;
    EXPECT_TRUE(targets->targets.empty()) << text;
  }
}

TEST_F(TargetList, AFileOfNoBytesIsNoList) {
  EXPECT_THAT(faults_of(""),
              ElementsAre(HasSubstr("list.yaml: is empty; write [] for no targets")));
}

TEST_F(TargetList, ABadEntryIsNamed) {
  EXPECT_THAT(faults_of("- targets: ['a', 'http://u:hunter2@h']\n  labels: {db: x}\n"),
              ElementsAre(AllOf(HasSubstr("list.yaml:1:18: [0].targets[1]: 'http' is not a scheme"),
                                Not(HasSubstr("hunter2"))),
                          HasSubstr("list.yaml:2:12: [0].labels.db: our metrics use")));
  EXPECT_THAT(faults_of("- target: [a]\n"),
              ElementsAre(HasSubstr("[0].target: unknown key, did you mean 'targets'?")));
  EXPECT_THAT(faults_of("targets: [a]\n"), ElementsAre(HasSubstr("must be a list")));
  EXPECT_THAT(faults_of("- a\n"), ElementsAre(HasSubstr("[0]: must be a mapping")));
  EXPECT_THAT(faults_of("- targets: [a\n"), ElementsAre(HasSubstr("list.yaml:")));
}

TEST_F(TargetList, OfDuplicatesTheFirstCounts) {
  const std::string file = write("list.yaml",
                                 "- targets: [a, 'redis://a:6379', b]\n"
                                 "- targets: [c, d]\n  labels: {instance: x}\n");
  const auto list = load_target_list(file);
  ASSERT_TRUE(list) << to_string(list.error().front());
  ASSERT_EQ(list->targets.size(), 3U);
  EXPECT_EQ(list->targets.at(0).name(), "a:6379");
  EXPECT_EQ(list->targets.at(1).name(), "b:6379");
  EXPECT_EQ(list->targets.at(2).name(), "x");
  EXPECT_EQ(list->targets.at(2).url.host, "c");
  ASSERT_EQ(list->duplicates.size(), 2U);
  EXPECT_EQ(to_string(list->duplicates.at(0)),
            file + ":1:16: [0].targets[1]: the same server and database as [0].targets[0]");
  EXPECT_EQ(to_string(list->duplicates.at(1)),
            file + ":2:16: [1].targets[1]: the same name as [1].targets[0]");
}

TEST_F(TargetList, AMissingFileIsAFault) {
  const auto targets = load_target_list(path("gone.yaml"));
  ASSERT_FALSE(targets);
  EXPECT_THAT(to_string(targets.error().at(0)), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace hitwatch::config
