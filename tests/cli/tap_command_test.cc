// The arguments of `hitwatch tap`, and what is made of them.
#include "agent/cli/tap_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>

namespace hitwatch::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Nothing, if the arguments are wrong.
std::optional<TapOptions> parse(std::vector<std::string> arguments) {
  CLI::App app;
  TapOptions options;
  add_tap_command(app, options);
  arguments.insert(arguments.begin(), "tap");
  std::ranges::reverse(arguments);
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return options;
}

TapWork plan(const std::vector<std::string>& arguments, bool has_terminal = false) {
  return plan_tap(parse(arguments).value(), has_terminal).value();
}

TEST(TapCommand, UsuallyListensToRedisOnLoopback) {
  const TapWork work = plan({});
  EXPECT_THAT(work.tap.interfaces, ElementsAre("lo"));
  EXPECT_THAT(work.tap.ports, ElementsAre(6379));
  EXPECT_EQ(work.tap.one_of, 1U);
  EXPECT_TRUE(work.tap.enabled);
  EXPECT_EQ(work.plan.subject, "lo, port 6379");
}

TEST(TapCommand, InterfacesPortsAndNamespacesMayBeSeveral) {
  const TapWork work = plan({"--interface", "eth0", "--interface=eth1", "--port", "6379", "--port",
                             "7000", "--netns", "blue", "--sample", "1/10"});
  EXPECT_THAT(work.tap.interfaces, ElementsAre("eth0", "eth1"));
  EXPECT_THAT(work.filter().ports, ElementsAre(6379, 7000));
  EXPECT_THAT(work.tap.network_namespaces, ElementsAre("blue"));
  EXPECT_EQ(work.filter().one_of, 10U);
  EXPECT_EQ(work.plan.subject, "eth0, eth1, port 6379, 7000, 1/10 of the connections");
}

TEST(TapCommand, WhatIsGivenTwiceCountsOnce) {
  const TapWork work = plan({"--interface", "lo", "--interface", "lo", "--port", "6379", "--port",
                             "6379", "--netns", "blue", "--netns", "blue"});
  EXPECT_THAT(work.tap.interfaces, ElementsAre("lo"));
  EXPECT_THAT(work.filter().ports, ElementsAre(6379));
  EXPECT_THAT(work.tap.network_namespaces, ElementsAre("blue"));
}

TEST(TapCommand, WrongSharesPortsAndCombinationsAreRefused) {
  for (const char* share : {"10", "1/0", "1/", "2/10", "1/65537", "0.1", "-1"}) {
    EXPECT_FALSE(parse({"--sample", share})) << share;
  }
  EXPECT_FALSE(parse({"--port", "0"}));
  EXPECT_FALSE(parse({"--port", "65536"}));
  EXPECT_FALSE(parse({"--seconds", "0"}));
  EXPECT_FALSE(parse({"--limit", "0"}));
  EXPECT_FALSE(parse({"--json", "--suggest"}));
  EXPECT_TRUE(parse({"--sample", "1/1"}));
  for (const char* option : {"--interface", "--netns", "--seconds"}) {
    EXPECT_FALSE(parse({"--read", "file", option, "1"})) << option << " is of a live capture";
  }
}

TEST(TapCommand, EndsByItselfWhereNobodyWatches) {
  EXPECT_EQ(plan({}, true).plan.duration, std::nullopt);
  EXPECT_EQ(plan({"--seconds", "5"}, true).plan.duration, std::chrono::seconds(5));
  EXPECT_EQ(plan({}, false).plan.duration, std::chrono::seconds(10));
  EXPECT_EQ(plan({"--json"}, true).plan.duration, std::chrono::seconds(10));
  EXPECT_EQ(plan({"--once"}, true).plan.duration, std::chrono::seconds(10));
}

TEST(TapCommand, PatternsCountBySaidOrderAndSuggestionsIgnoreThem) {
  const std::vector<std::string> arguments = {"--pattern", "catalog:{tenant}:*", "--pattern",
                                              "session:{id}"};
  const TapWork work = plan(arguments);
  ASSERT_EQ(work.rules.size(), 2U);
  EXPECT_EQ(work.rules[0].type, "catalog");
  std::vector<std::string> suggesting = arguments;
  suggesting.emplace_back("--suggest");
  EXPECT_TRUE(plan(suggesting).rules.empty());
}

TEST(TapCommand, TheConfigurationSaysWhatTheCommandLineDoesNot) {
  const std::string file = testing::TempDir() + "/tap_command_test.yaml";
  std::ofstream(file) << "targets: []\n"
                         "keys: {patterns: [{match: 'session:{id}'}]}\n"
                         "tap: {interfaces: [eth0], ports: [7000], sample: 1/4}\n";
  const TapWork work = plan({"--config", file, "--port", "7001"});
  EXPECT_THAT(work.tap.interfaces, ElementsAre("eth0"));
  EXPECT_THAT(work.tap.ports, ElementsAre(7001));
  EXPECT_EQ(work.tap.one_of, 4U);
  ASSERT_EQ(work.rules.size(), 1U);
  EXPECT_EQ(work.rules[0].type, "session");
}

TEST(TapCommand, NamesThatNoInterfaceHasAreRefused) {
  TapOptions unnamed;
  unnamed.interfaces = {""};
  EXPECT_THAT(plan_tap(unnamed, false).error(), HasSubstr("has no name"));
  EXPECT_THAT(plan_tap(*parse({"--interface", "sixteen-letters0"}), false).error(),
              HasSubstr("'sixteen-letters0' is no name of an interface: they have 15 bytes"));
  EXPECT_THAT(plan({"--interface", "fifteen-letters"}).tap.interfaces,
              ElementsAre("fifteen-letters"));
  EXPECT_THAT(plan_tap(*parse({"--interface", "any"}), false).error(), HasSubstr("'any'"));
}

TEST(TapCommand, WhatIsWrongIsSaid) {
  EXPECT_THAT(plan_tap(*parse({"--pattern", "{x"}), false).error(), HasSubstr("{x"));
  EXPECT_THAT(plan_tap(*parse({"--config", "/nonexistent.yaml"}), false).error(),
              HasSubstr("/nonexistent.yaml"));
}

}  // namespace
}  // namespace hitwatch::cli
