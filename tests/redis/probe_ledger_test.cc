#include "collectors/redis/probe_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::redis {
namespace {

std::uint64_t of_instance(const ProbeLedger& ledger, std::string_view name) {
  for (const ProbeLedger::Entry& entry : ledger.entries()) {
    if (entry.instance == name) return entry.lookups;
  }
  return 0;
}

TEST(ProbeLedger, TakesLookupsForHitsUntilTheRepliesAreThere) {
  ProbeLedger ledger;
  ledger.sent("run", "a", 100);
  EXPECT_EQ(ledger.of_run("run").hits, 100U);
  EXPECT_EQ(ledger.of_run("run").misses, 0U);
  ledger.missed("run", 3);
  EXPECT_EQ(ledger.of_run("run").hits, 97U);
  EXPECT_EQ(ledger.of_run("run").misses, 3U);
  EXPECT_EQ(of_instance(ledger, "a"), 100U) << "a miss is a lookup too";
}

TEST(ProbeLedger, WhatWasNeverExecutedIsNotCounted) {
  ProbeLedger ledger;
  ledger.sent("run", "a", 100);
  ledger.withdrawn("run", "a", 40);
  EXPECT_EQ(ledger.of_run("run").hits, 60U);
  EXPECT_EQ(of_instance(ledger, "a"), 60U);
}

TEST(ProbeLedger, ARestartedServerStartsOver) {
  ProbeLedger ledger;
  ledger.sent("first", "a", 10);
  ledger.sent("second", "a", 5);
  EXPECT_EQ(ledger.of_run("second").hits, 5U);
  EXPECT_EQ(of_instance(ledger, "a"), 15U) << "what we sent never falls";
  EXPECT_EQ(ledger.of_run("never seen").hits, 0U);
}

TEST(ProbeLedger, WhatWasNeverSentIsNotTakenOff) {
  ProbeLedger ledger;
  ledger.missed("run", 4);
  ledger.withdrawn("run", "a", 2);
  EXPECT_EQ(ledger.of_run("run").hits, 0U) << "never less than none";
  EXPECT_EQ(ledger.of_run("run").misses, 0U);
  EXPECT_EQ(of_instance(ledger, "a"), 0U);
}

TEST(ProbeLedger, InstancesAreSorted) {
  ProbeLedger ledger;
  for (const char* name : {"c", "a", "b"}) ledger.sent("run", name, 1);
  std::vector<std::string> names;
  for (const auto& entry : ledger.entries()) names.push_back(entry.instance);
  EXPECT_THAT(names, testing::ElementsAre("a", "b", "c"));
}

TEST(ProbeLedger, ForgetsTheRunThatWasNotUsedForLongest) {
  ProbeLedger ledger;
  for (int i = 0; i < 4096; ++i) ledger.sent("run" + std::to_string(i), "a", 1);
  ledger.sent("run0", "a", 1);
  ledger.sent("one more", "a", 1);
  EXPECT_EQ(ledger.of_run("run0").hits, 2U);
  EXPECT_EQ(ledger.of_run("run1").hits, 0U);
  EXPECT_EQ(ledger.of_run("run2").hits, 1U);
}

TEST(ProbeLedger, InstancesPastTheBoundAreCountedTogether) {
  ProbeLedger ledger;
  for (std::size_t i = 0; i < ProbeLedger::kMostInstances + 5; ++i) {
    ledger.sent("run", std::to_string(i), 1);
  }
  EXPECT_EQ(ledger.entries().size(), ProbeLedger::kMostInstances + 1);
  EXPECT_EQ(of_instance(ledger, ProbeLedger::kOverflow), 5U);
}

}  // namespace
}  // namespace hitwatch::redis
