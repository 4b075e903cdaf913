#include "agent/cli/keys_report.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>

#include "agent/cli/terminal_text.h"
#include "tests/cli/keys_reports.h"

namespace hitwatch::cli {
namespace {

using keyspace::Estimate;
using keyspace::Report;

bool says(const std::string& text, const std::string& words) { return text.contains(words); }

TEST(KeysReport, SaysWhatWasLookedAtAndHow) {
  const std::string text = keys_report(sampled_report(), {});
  EXPECT_TRUE(text.starts_with(
      "cache-1:6379 (master): 2,000,000 keys, 1,800,000 with a TTL, used_memory_dataset 1.0 GiB, "
      "at 2023-11-14 22:13:20 UTC\n"
      "10,000 of 2,000,000 keys by random cursors, 95 % intervals; 41 ms of the server's time in "
      "1.2 s, 10,250 commands; 100 TTLs read, each counts as a hit in INFO\n"))
      << text;
}

TEST(KeysReport, TheTableHasEveryFigure) {
  const std::string text = keys_report(sampled_report(), {});
  EXPECT_TRUE(says(text,
                   "\nKeys by type and tenant\n"
                   "TYPE    TENANT      KEYS    ±  MEMORY    ± SHARE   MEAN TTL  NO TTL\n"
                   "catalog acme   1,500,000 ±10% 763 MiB ±10% 74.5% 3 h 20 min 150,000\n"
                   "session -        500,000 ±10% 261 MiB ±10% 25.5% 3 h 20 min  50,000\n"))
      << text;
}

TEST(KeysReport, ExactFiguresHaveNoErrors) {
  Report report = sampled_report();
  report.full = true;
  report.sampled = report.keys;
  report.databases[0].method = keyspace::Method::kFull;
  for (keyspace::Group& each : report.groups) {
    each.keys = Estimate::exact(each.keys.value);
    each.size_bytes = Estimate::exact(each.size_bytes->value);
  }
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(says(text, "All 2,000,000 keys by full scan: keys and memory are exact; ")) << text;
  EXPECT_TRUE(says(text, "TYPE    TENANT      KEYS  MEMORY SHARE")) << text;
}

TEST(KeysReport, SaysWhatSizesSumToAndNoMoreThanThat) {
  Report report = sampled_report();
  report.memory_usage_bytes = Estimate::exact(1e9);
  report.calibration = static_cast<double>(1ULL << 30) / 1e9;
  EXPECT_TRUE(says(keys_report(report, {}),
                   "Sizes are 1.07 times what MEMORY USAGE says, so that together they are the 1.0 "
                   "GiB that INFO says the data takes."));
  report.memory_usage_bytes = Estimate::exact(5e8);
  report.calibration = 1.1;
  EXPECT_TRUE(says(keys_report(report, {}),
                   "Sizes are 1.10 times what MEMORY USAGE says, nearer to the 1.0 GiB that INFO "
                   "says the data takes."));
}

TEST(KeysReport, RowsPastTheLimitAreSummedUp) {
  Report report = sampled_report();
  for (int i = 0; i < 30; ++i) {
    report.groups.push_back(group("catalog", "t" + std::to_string(i), 10, 1024));
  }
  const std::string text = keys_report(report, {.limit = 2});
  EXPECT_TRUE(says(text, "\nand 30 more: 300 keys, 30.0 KiB\n")) << text;
  EXPECT_TRUE(says(text, "\nBy type\nTYPE    TENANTS ")) << text;
  EXPECT_TRUE(says(text, "\ncatalog      31 1,500,300 ")) << text;
}

TEST(KeysReport, SortsAsItIsAsked) {
  Report report = sampled_report();
  report.groups = {group("b", "x", 10, 300), group("a", "y", 30, 200), group("c", "w", 20, 100)};
  const auto order = [&](KeysSort sort) {
    std::string types;
    std::istringstream lines(group_table(report, {.sort = sort, .limit = 9, .columns = {}}));
    for (std::string line; std::getline(lines, line);) types += line.front();
    return types;
  };
  EXPECT_EQ(order(KeysSort::kMemory), "Tbac");
  EXPECT_EQ(order(KeysSort::kKeys), "Tacb");
  EXPECT_EQ(order(KeysSort::kWithoutTtl), "Tacb");
  EXPECT_EQ(order(KeysSort::kTenant), "Tcba");
  EXPECT_EQ(order(KeysSort::kType), "Tabc");
  for (keyspace::Group& each : report.groups) {
    each.size_bytes.reset();
    each.memory_usage_bytes.reset();
  }
  EXPECT_EQ(order(KeysSort::kMemory), "Tacb") << "by keys where no memory is known";
}

TEST(KeysReport, WhatIsNotKnownHasNoColumn) {
  Report report = sampled_report();
  for (keyspace::Group& each : report.groups) {
    each.size_bytes.reset();
    each.memory_usage_bytes.reset();
    each.keys_without_ttl.reset();
    each.mean_ttl_seconds.reset();
  }
  EXPECT_TRUE(says(keys_report(report, {}), "TYPE    TENANT      KEYS    ±\n"));
}

TEST(KeysReport, NamesOfKeysAreRedactedUnlessAskedFor) {
  Report report = sampled_report();
  report.biggest = {key("cart:alice", 5 << 20)};
  report.without_ttl_examples = {key("cart:bob77", 100)};
  report.unclassified_examples = {key("carol", 100)};
  report.databases[0].unclassified = about(400);
  report.tenantless_examples = {key("order:dave", 100)};
  report.without_tenant = {{0, "order", about(20)}};
  const std::string redacted = keys_report(report, {});
  for (const char* name : {"alice", "bob", "carol", "dave"}) {
    EXPECT_FALSE(says(redacted, name)) << redacted;
    EXPECT_TRUE(says(keys_report(report, {.show_keys = true}), name)) << name;
  }
  EXPECT_TRUE(says(redacted, "\nBiggest keys seen\n   SIZE KEY\n5.0 MiB cart:xxxxx\n")) << redacted;
  EXPECT_TRUE(says(redacted, "\nKeys that match no pattern: 400 ±10% (<0.1%)\n")) << redacted;
  EXPECT_TRUE(says(redacted, "\norder: 20 ±10% keys\n")) << redacted;
  EXPECT_TRUE(says(redacted, "Names of keys are redacted; --show-keys")) << redacted;
}

TEST(KeysReport, SaysWhereKeysWithoutTtlAre) {
  const std::string text = keys_report(sampled_report(), {});
  EXPECT_TRUE(says(text,
                   "\nKeys without a TTL: 200,000 (10.0%)\n"
                   "TYPE    TENANT  NO TTL    ± OF ITS KEYS\n"
                   "catalog acme   150,000 ±10%       10.0%\n"))
      << text;
  Report report = sampled_report();
  report.keys_with_ttl = report.keys;
  EXPECT_TRUE(says(keys_report(report, {}), "\nEvery key has a TTL.\n"));
}

TEST(KeysReport, WhatFewTtlsSayIsNotToldAsAFigure) {
  Report report = sampled_report();
  report.groups[0].keys_without_ttl = Estimate{225, 0, 4000};
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(says(text, " <4,000\n")) << text;
  EXPECT_FALSE(says(text, "225")) << text;
}

TEST(KeysReport, SaysThatOneConventionHasSeveralSpellings) {
  Report report = sampled_report();
  report.duplicates = {{0, {{"session:", about(1200)}, {"Sessions:", about(3)}}}};
  EXPECT_TRUE(
      says(keys_report(report, {}), "\n'session:' (1,200 ±10% keys), 'Sessions:' (3 ±10% keys)\n"));
}

TEST(KeysReport, SpellingsThatAreNoWordsAreRedactedUnlessAskedFor) {
  Report report = sampled_report();
  report.duplicates = {{0, {{"4111111111111111:", about(1)}, {"4111-1111-1111-1111:", about(1)}}},
                       {0, {{"alice@example.", about(1)}, {"Alice@Example.", about(1)}}}};
  const std::string redacted = keys_report(report, {});
  for (const char* name : {"4111", "alice", "Alice"}) {
    EXPECT_FALSE(says(redacted, name)) << redacted;
    EXPECT_TRUE(says(keys_report(report, {.show_keys = true}), name)) << name;
  }
  EXPECT_TRUE(says(redacted, "'9999-9999-9999-9999:' (1 ±10% keys)")) << redacted;
  EXPECT_TRUE(says(redacted, "Names of keys are redacted; --show-keys")) << redacted;
}

TEST(KeysReport, WithoutPatternsItSaysHowToGiveSome) {
  const std::string text = keys_report(sampled_report(), {.by_first_segment = true});
  EXPECT_TRUE(says(text, "--pattern 'catalog:{tenant}:*'")) << text;
  EXPECT_FALSE(says(keys_report(sampled_report(), {}), "--pattern"));
}

TEST(KeysReport, APartialReportSaysSoAndWhy) {
  Report report = sampled_report();
  report.complete = false;
  report.notes = {"the server was flushed meanwhile"};
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(says(text, "\nPARTIAL: ")) << text;
  EXPECT_TRUE(says(text, "\nNote: the server was flushed meanwhile\n")) << text;
  EXPECT_TRUE(says(keys_report(report, {.interrupted = true}), "\nPARTIAL: ended by hand"));
}

TEST(KeysReport, AnEmptyServerHasNoTable) {
  Report report;
  report.server = "cache-1:6379";
  report.role = "master";
  report.complete = true;
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(text.ends_with("\nThere are no keys.\n")) << text;
  EXPECT_FALSE(says(text, "TYPE")) << text;
}

TEST(KeysReport, ADatabaseThatWasAskedForAndHasNoKeysIsNamed) {
  Report report;
  report.server = "cache-1:6379";
  report.role = "master";
  report.complete = true;
  const std::string one = keys_report(report, {.databases = {99}});
  EXPECT_TRUE(one.ends_with("\nDatabase 99 is empty or does not exist.\n")) << one;
  const std::string text = keys_report(sampled_report(), {.databases = {0, 98, 99}});
  EXPECT_TRUE(says(text, "\nDatabases 98, 99 are empty or do not exist.\n")) << text;
  EXPECT_FALSE(says(keys_report(sampled_report(), {.databases = {0}}), "does not exist"));
}

TEST(KeysReport, ADatabaseThatCouldNotBeLookedAtIsNotCalledEmpty) {
  Report report = sampled_report();
  report.keys += 7;
  EXPECT_FALSE(says(keys_report(report, {.databases = {0, 3}}), "empty"));
}

TEST(KeysReport, SizesOfAPartOfTheKeysSaySo) {
  Report report = sampled_report();
  report.full = true;
  report.unreadable = 2'500;
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(
      says(text,
           "\nMEMORY and SHARE go by the keys that may be read: 2,500 of the 10,000 seen may "
           "not.\n"))
      << text;
  EXPECT_TRUE(says(text, ": keys are exact; ")) << text;
  report.unreadable = 0;
  EXPECT_FALSE(says(keys_report(report, {}), "may be read"));
}

TEST(KeysReport, SeveralDatabasesAreToldApart) {
  Report report = sampled_report();
  report.databases.push_back(report.databases[0]);
  report.databases[1].index = 3;
  report.databases[1].method = keyspace::Method::kRandomKey;
  report.groups[1].database = 3;
  const std::string text = keys_report(report, {});
  EXPECT_TRUE(says(text, "Databases: 0 (2,000,000 keys), 3 (2,000,000 keys)\n")) << text;
  EXPECT_TRUE(says(text, " by random cursors and random keys, ")) << text;
  EXPECT_TRUE(says(text, "\n3  session - ")) << text;
}

TEST(KeysReport, WhateverTheServerSaysTheTerminalIsSafe) {
  Report report = sampled_report();
  const std::string evil = "evil\x1b[2J\n\xff";
  report.server = report.role = evil;
  report.notes = {evil};
  report.groups[0].type = report.groups[0].tenant = evil;
  report.biggest = {key(evil, 7), key("", 7), key(std::string(1 << 20, 'x'), 9)};
  report.duplicates = {{0, {{evil, about(1)}}}};
  report.without_tenant = {{0, evil, about(1)}};
  const std::string text = keys_report(report, {.show_keys = true});
  EXPECT_FALSE(says(text, "\x1b"));
  EXPECT_FALSE(says(text, "\xff"));
  EXPECT_TRUE(says(text, "(the empty name)"));
  EXPECT_LT(text.size(), 10'000U);
}

TEST(KeysReport, TablesFitIntoEightyColumns) {
  Report report = sampled_report();
  report.groups[0].tenant = std::string(100, 't');
  report.biggest = {key("a:" + std::string(300, 'b'), 1)};
  std::istringstream lines(keys_report(report, {.show_keys = true, .columns = 80}));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 80U) << line;
}

}  // namespace
}  // namespace hitwatch::cli
