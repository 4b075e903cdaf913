// What the exposition says of what was recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lookups/store_driver.h"

namespace hitwatch::lookups::test {
namespace {

using testing::HasSubstr;
using testing::Not;

keys::Rule rule(std::string_view match, std::string type = "", bool required = false) {
  return {*keys::Pattern::parse(match), std::move(type), required};
}

TEST(Totals, NothingIsWrittenBeforeTheFirstLookup) {
  const StoreDriver driver;
  EXPECT_EQ(driver.text(), "");
}

TEST(Totals, HitsAndMissesPerTenantTypeAndSource) {
  StoreDriver driver;
  driver.hit({.tenant = "acme", .type = "catalog"}, 3);
  driver.miss({.tenant = "acme", .type = "catalog"});
  driver.hit({.tenant = "acme", .type = "catalog", .layer = "local"});
  driver.store.record().count({.tenant = "acme", .type = "catalog"}, Source::kHttp, Outcome::kHit);
  EXPECT_EQ(
      driver.text(),
      "# HELP cache_hits_total Lookups that found what they asked for.\n"
      "# TYPE cache_hits_total counter\n"
      "cache_hits_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\",source=\"statsd\"} 3\n"
      "cache_hits_total{layer=\"local\",type=\"catalog\",tenant=\"acme\",source=\"statsd\"} 1\n"
      "cache_hits_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\",source=\"http\"} 1\n"
      "# HELP cache_misses_total Lookups that did not.\n"
      "# TYPE cache_misses_total counter\n"
      "cache_misses_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\",source=\"statsd\"} 1\n"
      "cache_misses_total{layer=\"local\",type=\"catalog\",tenant=\"acme\",source=\"statsd\"} 0\n"
      "cache_misses_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\",source=\"http\"} 0\n");
}

TEST(Totals, WhatIsNotKnownIsNoLabel) {
  StoreDriver driver;
  driver.hit({});
  EXPECT_EQ(driver.sample("cache_hits_total{layer=\"redis\",source=\"statsd\"}"), 1);
}

TEST(Totals, KeysAreClassifiedByThePatterns) {
  StoreDriver driver({}, {rule("catalog:{tenant}:*", "catalog"), rule("session:{id}", "session")});
  driver.hit({.key = "catalog:acme:package:7"});
  driver.hit({.key = "session:9f"});
  driver.hit({.key = "nonsense"});
  driver.hit({.tenant = "globex", .key = "catalog:acme:package:7"});  // what is said counts
  EXPECT_EQ(driver.sample("cache_hits_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
                          "source=\"statsd\"}"),
            1);
  EXPECT_EQ(driver.sample("cache_hits_total{layer=\"redis\",type=\"session\",source=\"statsd\"}"),
            1);
  EXPECT_EQ(
      driver.sample("cache_hits_total{layer=\"redis\",type=\"unclassified\",source=\"statsd\"}"),
      1);
  EXPECT_EQ(driver.sample("cache_hits_total{layer=\"redis\",type=\"catalog\",tenant=\"globex\","
                          "source=\"statsd\"}"),
            1);
  EXPECT_EQ(driver.store.counters().unclassified, 1);
}

TEST(Totals, KeysWithoutTheirTenantAreCounted) {
  StoreDriver driver({}, {rule("{type}:{tenant}:{id}", "", true)});
  driver.miss({.key = "booking::42"}, 2);
  driver.miss({.tenant = "acme", .key = "booking::42"});
  EXPECT_EQ(driver.store.counters().without_tenant, 2);
}

// What a tap sees of a command goes into all its series at once, as if told one by one.
TEST(Totals, AnObservationCountsInAllItsSeries) {
  StoreDriver one_by_one;
  StoreDriver at_once;
  const Subject subject{.tenant = "acme", .type = "a", .operation = "mget"};
  one_by_one.hit(subject, 3);
  one_by_one.miss(subject, 2);
  one_by_one.count(subject, Outcome::kError);
  one_by_one.time(subject, 0.002);
  at_once.store.record().take(
      subject, Source::kStatsd,
      {.hits = 3, .misses = 2, .errors = 1, .seconds = 0.002, .bytes_in = 0, .bytes_out = 0});
  EXPECT_EQ(at_once.text(), one_by_one.text());
  one_by_one.pass(2s);
  at_once.pass(2s);
  EXPECT_EQ(at_once.only_row().windows.back().hits, one_by_one.only_row().windows.back().hits);
}

TEST(Totals, BytesHaveADirectionAndOnlySeriesThatHadAny) {
  StoreDriver driver;
  const auto take = [&](const Subject& subject, const Observation& observation) {
    driver.store.record().take(subject, Source::kTap, observation);
  };
  take({.tenant = "acme", .type = "a"}, {.hits = 1, .bytes_out = 300});
  take({.tenant = "acme", .type = "a"}, {.bytes_in = 20});
  take({.tenant = "globex", .type = "a"}, {.misses = 1});
  EXPECT_THAT(
      driver.text(),
      HasSubstr("# TYPE cache_bytes_total counter\n"
                "cache_bytes_total{layer=\"redis\",type=\"a\",tenant=\"acme\",source=\"tap\","
                "direction=\"in\"} 20\n"
                "cache_bytes_total{layer=\"redis\",type=\"a\",tenant=\"acme\",source=\"tap\","
                "direction=\"out\"} 300\n"));
  EXPECT_THAT(driver.text(), Not(HasSubstr("cache_bytes_total{layer=\"redis\",type=\"a\","
                                           "tenant=\"globex\"")));
}

TEST(Totals, WithoutBytesThereIsNoSuchMetric) {
  StoreDriver driver;
  driver.hit({.type = "a"});
  EXPECT_THAT(driver.text(), Not(HasSubstr("cache_bytes_total")));
}

TEST(Totals, ErrorsSayWhatWasAsked) {
  StoreDriver driver;
  driver.count({.tenant = "acme", .type = "a", .operation = "get"}, Outcome::kError, 2);
  EXPECT_EQ(driver.sample("cache_errors_total{layer=\"redis\",type=\"a\",tenant=\"acme\","
                          "operation=\"get\",source=\"statsd\"}"),
            2);
}

TEST(Totals, LatenciesInTheExportedBuckets) {
  StoreDriver driver;
  const Subject subject{.type = "a", .operation = "get"};
  driver.time(subject, 0.0001);
  driver.time(subject, 0.010);
  driver.time(subject, 0.0100001, 10);
  driver.time(subject, 3);
  const std::string series = "layer=\"redis\",type=\"a\",operation=\"get\",source=\"statsd\"";
  const auto bucket = [&](const std::string& le) {
    return driver.sample("cache_latency_seconds_bucket{" + series + ",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("0.0001"), 1);
  EXPECT_EQ(bucket("0.006"), 1);
  EXPECT_EQ(bucket("0.01"), 2);
  EXPECT_EQ(bucket("0.015"), 12);
  EXPECT_EQ(bucket("1"), 12);
  EXPECT_EQ(bucket("+Inf"), 13);
  EXPECT_EQ(driver.sample("cache_latency_seconds_count{" + series + "}"), 13);
  EXPECT_NEAR(*driver.sample("cache_latency_seconds_sum{" + series + "}"), 3.110101, 1e-9);
}

TEST(Totals, FineBucketsWhenAskedFor) {
  StoreDriver driver;
  driver.time({}, 0.0071);
  const std::string text = driver.text(Buckets::kFine);
  EXPECT_THAT(text, HasSubstr("{layer=\"redis\",source=\"statsd\",le=\"0.007\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("{layer=\"redis\",source=\"statsd\",le=\"0.0075\"} 1\n"));
  EXPECT_THAT(driver.text(), Not(HasSubstr("le=\"0.0075\"")));
}

TEST(Totals, OpenMetricsWritesBoundsWithAPoint) {
  StoreDriver driver;
  driver.time({}, 0.5);
  std::string out;
  driver.store.write(out, metrics::Format::kOpenMetrics, Buckets::kClassic);
  EXPECT_THAT(out, HasSubstr("le=\"1.0\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("# TYPE cache_hits counter\n"));
}

TEST(Totals, LabelsOfStrangersStayValid) {
  StoreDriver driver;
  driver.hit({.tenant = "a\"b\\c\n\x01\xFF", .type = "t"});
  EXPECT_THAT(driver.text(), HasSubstr("tenant=\"a\\\"b\\\\c\\\\x0a\\\\x01\\\\xff\""));
}

TEST(Totals, StayWhenTheConfigurationChanges) {
  StoreDriver driver;
  driver.hit({.tenant = "acme", .type = "a"}, 5);
  driver.store.configure({rule("b:{tenant}", "b")}, {.tenants = 50, .latency_tenants = 5});
  driver.hit({.tenant = "acme", .type = "a"});
  driver.hit({.key = "b:acme"});
  EXPECT_EQ(driver.sample(
                "cache_hits_total{layer=\"redis\",type=\"a\",tenant=\"acme\",source=\"statsd\"}"),
            6);
  EXPECT_EQ(driver.sample(
                "cache_hits_total{layer=\"redis\",type=\"b\",tenant=\"acme\",source=\"statsd\"}"),
            1);
}

TEST(Totals, ThePastIsInTheTotalsOnly) {
  StoreDriver driver;
  driver.store.record().count_past({.type = "a"}, Source::kStatsEndpoint, 2456, 189);
  EXPECT_EQ(driver.sample("cache_hits_total{layer=\"redis\",type=\"a\",source=\"stats_endpoint\"}"),
            2456);
  EXPECT_TRUE(driver.recent().rows.empty());
}

}  // namespace
}  // namespace hitwatch::lookups::test
