// The report of the tap as JSON.
#include "agent/tap_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/tap_reports.h"

namespace hitwatch {
namespace {

using cli::test::ReportOf;

TEST(TapJson, HasFiguresRatiosAndQuantilesByPattern) {
  const auto json = tap_json(ReportOf({tap::test::rule("catalog:{tenant}:*", "catalog")})
                                 .hits("catalog:acme:1", 3)
                                 .misses("catalog:acme:2", 1)
                                 .get(),
                             {.show_keys = true});
  const auto& row = json["patterns"][0];
  EXPECT_EQ(row["pattern"], "catalog:{tenant}:*");
  EXPECT_EQ(row["type"], "catalog");
  EXPECT_EQ(row["figures"]["hits"], 3);
  EXPECT_EQ(row["figures"]["hit_ratio"], 0.75);
  EXPECT_EQ(row["figures"]["bytes_out"], 300);
  EXPECT_EQ(row["latency"]["count"], 4);
  EXPECT_NEAR(row["latency"]["p50_seconds"].get<double>(), 0.00025, 0.00002);
  EXPECT_EQ(json["operations"][0]["operation"], "GET");
  EXPECT_EQ(json["hot_keys"][0]["key"], "catalog:acme:1");
  EXPECT_EQ(json["hot_tenants"][0]["tenant"], "acme");
  EXPECT_EQ(json["big_values"][0]["bytes"], 100);
  EXPECT_EQ(json["clients"][0]["library"], "ioredis");
  EXPECT_EQ(json["capture"]["servers"][0]["server"], "10.0.0.1:6379");
  EXPECT_EQ(json["proposed"], false);
}

TEST(TapJson, WhatIsNotKnownIsNull) {
  const auto json = tap_json({}, {});
  EXPECT_TRUE(json["total"]["hit_ratio"].is_null());
  EXPECT_TRUE(json["first"].is_null());
}

TEST(TapJson, KeysAreRedactedUnlessTheyShallBeShown) {
  const tap::Report report =
      ReportOf().hits("session:alice42", 1).hits("session:17:profile", 1).get();
  EXPECT_EQ(tap_json(report, {}).dump().find("alice42"), std::string::npos);
  EXPECT_NE(tap_json(report, {}).dump().find("\"session:{id}:profile\""), std::string::npos);
  EXPECT_NE(tap_json(report, {}).dump().find("\"session:xxxxx99\""), std::string::npos);
  EXPECT_NE(tap_json(report, {.show_keys = true}).dump().find("alice42"), std::string::npos);
}

TEST(TapJson, BytesThatAreNoTextDoNotBreakIt) {
  const tap::Report report = ReportOf().hits("a\xFF\x01", 1).get();
  EXPECT_NO_THROW(tap_json(report, {.show_keys = true}).dump());
}

TEST(TapJson, ListsAreBounded) {
  ReportOf traffic;
  for (int i = 0; i < 20; ++i) traffic.hits("k" + std::to_string(i), 1);
  EXPECT_EQ(tap_json(traffic.get(), {.show_keys = true, .most_rows = 5})["hot_keys"].size(), 5U);
}

}  // namespace
}  // namespace hitwatch
