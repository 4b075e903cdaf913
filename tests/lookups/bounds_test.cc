// Whatever is sent, the store stays bounded and says what it left together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/lookups/store_driver.h"

namespace hitwatch::lookups::test {
namespace {

using testing::HasSubstr;

std::size_t lines_of(const std::string& text, std::string_view start) {
  std::size_t count = 0;
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1)) ++count;
  return count;
}

double sum_of(const std::string& text, std::string_view family) {
  double sum = 0;
  const std::string start = "\n" + std::string(family) + "{";
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1)) {
    sum += std::strtod(text.c_str() + text.find("} ", at) + 2, nullptr);
  }
  return sum;
}

TEST(Bounds, TenantsBeyondTheLimitCountTogether) {
  StoreDriver driver({.tenants = 100, .latency_tenants = 10});
  for (int i = 0; i < 1000; ++i) {
    const std::string tenant = "t" + std::to_string(i);
    driver.hit({.tenant = tenant, .type = "a"}, 2);
  }
  const std::string text = driver.text();
  EXPECT_EQ(lines_of(text, "\ncache_hits_total{"), 101U);
  EXPECT_EQ(sum_of(text, "cache_hits_total"), 2000);
  EXPECT_EQ(
      driver.sample(
          "cache_hits_total{layer=\"redis\",type=\"a\",tenant=\"overflow\",source=\"statsd\"}"),
      1800);
  EXPECT_EQ(driver.store.counters().overflowed, 1800);
  EXPECT_EQ(driver.store.counters().tenants, 100U);
}

TEST(Bounds, TypesOperationsAndLayersHaveBoundsOfTheirOwn) {
  StoreDriver driver;
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "n" + std::to_string(i);
    driver.hit({.type = name});
    driver.hit({.layer = name});
    driver.time({.type = "a", .operation = name}, 0.001);
    driver.count({.type = "a", .operation = name}, Outcome::kError);
  }
  const std::string text = driver.text();
  EXPECT_LT(lines_of(text, "\ncache_hits_total{"), 1100U);
  EXPECT_LT(lines_of(text, "\ncache_latency_seconds_count{"), 101U);
  EXPECT_LT(lines_of(text, "\ncache_errors_total{"), 101U);
  EXPECT_EQ(sum_of(text, "cache_hits_total"), 6000);
  EXPECT_EQ(sum_of(text, "cache_errors_total"), 3000);
  EXPECT_EQ(sum_of(text, "cache_latency_seconds_count"), 3000);
}

TEST(Bounds, SeriesOfAllTenantsTogetherAreBounded) {
  StoreDriver driver({.tenants = 1000, .latency_tenants = 10});
  for (int tenant = 0; tenant < 1000; ++tenant) {
    const std::string name = "t" + std::to_string(tenant);
    for (int type = 0; type < 20; ++type) {
      driver.hit({.tenant = name, .type = "type" + std::to_string(type)});
    }
  }
  const std::string text = driver.text();
  EXPECT_LT(lines_of(text, "\ncache_hits_total{"), 10'100U);
  EXPECT_EQ(sum_of(text, "cache_hits_total"), 20'000);
}

TEST(Bounds, OnlyTheFirstTenantsHaveLatenciesOfTheirOwn) {
  StoreDriver driver({.tenants = 100, .latency_tenants = 3});
  for (int i = 0; i < 10; ++i) driver.time({.tenant = "t" + std::to_string(i)}, 0.001);
  const std::string text = driver.text();
  EXPECT_EQ(lines_of(text, "\ncache_latency_seconds_count{"), 4U);
  EXPECT_THAT(text, HasSubstr("cache_latency_seconds_count{layer=\"redis\",source=\"statsd\"} 7"));
  EXPECT_EQ(sum_of(text, "cache_latency_seconds_count"), 10);
}

}  // namespace
}  // namespace hitwatch::lookups::test
