#include "agent/keyspace_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

namespace hitwatch {
namespace {

using keyspace::Estimate;
using nlohmann::json;

keyspace::Report sampled_report() {
  keyspace::Report report;
  report.began =
      std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'250));
  report.took = std::chrono::milliseconds(1500);
  report.server = "cache:6379";
  report.run_id = "abc";
  report.role = "master";
  report.complete = true;
  report.notes = {"no TTLs: refused"};
  report.keys = 2'000'000;
  report.sampled = 10'000;
  report.used_memory_dataset = 1'000'000'000;
  report.memory_usage_bytes = Estimate{9e8, 8e8, 1e9};
  report.calibration = 1.25;
  report.databases = {{.index = 2,
                       .keys = 2'000'000,
                       .expires = 5,
                       .sampled = 10'000,
                       .method = keyspace::Method::kRandomCursors,
                       .unclassified = {40, 30, 50}}};
  report.groups = {{.database = 2,
                    .type = "catalog",
                    .tenant = "acme",
                    .sampled = 500,
                    .keys = {100'000, 90'000, 110'000},
                    .memory_usage_bytes = Estimate{8, 7, 9},
                    .size_bytes = Estimate{10, 9, 11},
                    .keys_without_ttl = {},
                    .mean_ttl_seconds = {}},
                   {2, "session", "", 1, {1, 0, 3}, {}, {}, {}, {}}};
  return report;
}

TEST(KeyspaceJson, AGroupHasItsFiguresAsIntervals) {
  const json all = keyspace_json(sampled_report(), {});
  const json expected = json::parse(R"({
      "database": 2, "type": "catalog", "tenant": "acme", "sampled": 500,
      "keys": {"value": 100000.0, "low": 90000.0, "high": 110000.0},
      "memory_usage_bytes": {"value": 8.0, "low": 7.0, "high": 9.0},
      "size_bytes": {"value": 10.0, "low": 9.0, "high": 11.0},
      "keys_without_ttl": null, "mean_ttl_seconds": null})");
  EXPECT_EQ(all["groups"][0], expected);
}

TEST(KeyspaceJson, SaysHowTheReportCameAbout) {
  const json all = keyspace_json(sampled_report(), {});
  EXPECT_EQ(all["began"], "2023-11-14T22:13:20.250Z");
  EXPECT_EQ(all["took_seconds"], 1.5);
  EXPECT_EQ(all["server"], "cache:6379");
  EXPECT_EQ(all["role"], "master");
  EXPECT_EQ(all["full"], false);
  EXPECT_EQ(all["complete"], true);
  EXPECT_EQ(all["notes"], json({"no TTLs: refused"}));
  EXPECT_EQ(all["calibration"], 1.25);
  EXPECT_EQ(all["totals"]["keys"], 2'000'000);
  EXPECT_EQ(all["totals"]["used_memory_dataset"], 1'000'000'000);
  EXPECT_EQ(all["databases"][0]["method"], "random cursors");
  EXPECT_EQ(all["databases"][0]["unclassified"]["high"], 50);
  EXPECT_EQ(all["unclassified"]["low"], 30);
}

TEST(KeyspaceJson, NamesOfKeysAreRedactedUnlessAskedFor) {
  keyspace::Report report = sampled_report();
  const keyspace::KeyExample example{2, "user:alice", "user", "", 7};
  report.biggest = report.without_ttl_examples = {example};
  report.unclassified_examples = report.tenantless_examples = {example};
  const std::string redacted = keyspace_json(report, {}).dump();
  EXPECT_FALSE(redacted.contains("alice")) << redacted;
  const json shown = keyspace_json(report, {.show_keys = true});
  for (const char* list :
       {"biggest", "without_ttl_examples", "unclassified_examples", "tenantless_examples"}) {
    EXPECT_EQ(keyspace_json(report, {})[list][0]["name"], "user:xxxxx") << list;
    EXPECT_EQ(shown[list][0]["name"], "user:alice") << list;
    EXPECT_EQ(shown[list][0]["bytes"], 7) << list;
  }
}

TEST(KeyspaceJson, SpellingsThatAreNoWordsAreRedactedUnlessAskedFor) {
  keyspace::Report report = sampled_report();
  report.duplicates = {
      {.database = 2, .spellings = {{"alice@example.", {2, 2, 2}}, {"Alices@example.", {1, 1, 1}}}},
      {.database = 2, .spellings = {{"session:", {2, 2, 2}}, {"sessions:", {1, 1, 1}}}}};
  const json redacted = keyspace_json(report, {})["duplicates"];
  EXPECT_EQ(redacted[0]["spellings"][0]["text"], "xxxxx@xxxxxxx.");
  EXPECT_EQ(redacted[1]["spellings"][1]["text"], "sessions:");
  const json shown = keyspace_json(report, {.show_keys = true})["duplicates"];
  EXPECT_EQ(shown[0]["spellings"][1]["text"], "Alices@example.");
}

TEST(KeyspaceJson, MoreGroupsThanAskedForAreCounted) {
  const json all = keyspace_json(sampled_report(), {.most_groups = 1});
  EXPECT_EQ(all["groups"].size(), 1U);
  EXPECT_EQ(all["total_groups"], 2);
}

TEST(KeyspaceJson, AnyBytesAndAnyFiguresMakeJson) {
  keyspace::Report report = sampled_report();
  report.groups[0].tenant = "\xff\"\n\xc3";
  report.groups[0].keys = Estimate::exact(std::numeric_limits<double>::quiet_NaN());
  report.biggest = {{0, std::string("\0\xfe", 2), "", "", 0}};
  report.duplicates = {{.database = 2, .spellings = {{"\xfe:", {1, 1, 1}}}}};
  const json parsed = json::parse(keyspace_json(report, {.show_keys = true}).dump());
  EXPECT_EQ(parsed["groups"][0]["tenant"], "\uFFFD\"\n\uFFFD");
  EXPECT_TRUE(parsed["groups"][0]["keys"]["value"].is_null());
  EXPECT_EQ(parsed["biggest"][0]["name"], std::string("\0\uFFFD", 4));
  EXPECT_EQ(parsed["duplicates"][0]["spellings"][0]["text"], "\uFFFD:");
}

TEST(KeyspaceJson, AnEmptyReportHasEmptyListsAndNulls) {
  const json all = keyspace_json(keyspace::Report{}, {});
  for (const char* list :
       {"notes", "databases", "groups", "without_tenant", "duplicates", "biggest", "ttls"}) {
    EXPECT_EQ(all[list], json::array()) << list;
  }
  EXPECT_TRUE(all["totals"]["memory_usage_bytes"].is_null());
  EXPECT_TRUE(all["totals"]["used_memory_dataset"].is_null());
}

TEST(KeyspaceJson, CountsOfTtlsGoWithTheirBounds) {
  keyspace::Report report = sampled_report();
  report.ttls = {{.database = 2, .type = "session", .counts = {}, .sum_seconds = 90}};
  report.ttls[0].counts.assign(keyspace::ttl_bounds().size() + 1, 3);
  const json all = keyspace_json(report, {});
  EXPECT_EQ(all["ttls"][0]["counts"].size(), all["ttl_bounds_seconds"].size() + 1);
  EXPECT_EQ(all["ttls"][0]["sum_seconds"], 90);
}

}  // namespace
}  // namespace hitwatch
