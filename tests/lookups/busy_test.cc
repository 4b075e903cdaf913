// Which tenants keep series of their own.
#include <gtest/gtest.h>

#include "tests/lookups/store_driver.h"

namespace hitwatch::lookups::test {
namespace {

std::string hits_of(std::string_view tenant) {
  return "cache_hits_total{layer=\"redis\",tenant=\"" + std::string(tenant) +
         "\",source=\"statsd\"}";
}

TEST(BusyTenants, ABusyLatecomerTakesThePlaceOfAQuietOne) {
  StoreDriver driver({.tenants = 10, .latency_tenants = 2});
  for (int i = 0; i < 10; ++i) driver.hit({.tenant = "early" + std::to_string(i)}, i);
  driver.hit({.tenant = "late"}, 1000);
  EXPECT_EQ(driver.sample(hits_of("late")), std::nullopt);
  EXPECT_EQ(driver.sample(hits_of("overflow")), 1000);
  driver.pass(60s);
  driver.hit({.tenant = "late"}, 5);
  EXPECT_EQ(driver.sample(hits_of("late")), 5);
  EXPECT_EQ(driver.sample(hits_of("overflow")), 1000);  // a counter does not fall
  EXPECT_EQ(driver.sample(hits_of("early0")), std::nullopt);
  EXPECT_EQ(driver.sample(hits_of("early9")), 9);
  EXPECT_EQ(driver.store.counters().evictions, 1U);
}

TEST(BusyTenants, AFloodOfNamesThatComeOnceMovesNobody) {
  StoreDriver driver({.tenants = 50, .latency_tenants = 5});
  for (int minute = 0; minute < 3; ++minute) {
    for (int i = 0; i < 50; ++i) driver.hit({.tenant = "real" + std::to_string(i)}, 20);
    for (int i = 0; i < 20'000; ++i) {
      driver.hit({.tenant = "bomb" + std::to_string(minute) + "-" + std::to_string(i)});
    }
    driver.pass(60s);
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(driver.sample(hits_of("real" + std::to_string(i))), 60);
  EXPECT_EQ(driver.store.counters().evictions, 0U);
}

TEST(BusyTenants, TwoOfAKindDoNotChangePlacesForEver) {
  StoreDriver driver({.tenants = 1, .latency_tenants = 1});
  for (int minute = 0; minute < 20; ++minute) {
    driver.hit({.tenant = "a"}, 100);
    driver.hit({.tenant = "b"}, 110);
    driver.pass(60s);
  }
  EXPECT_LE(driver.store.counters().evictions, 1U);
}

TEST(BusyTenants, ALowerLimitTakesEffectAtTheNextMinute) {
  StoreDriver driver({.tenants = 10, .latency_tenants = 2});
  for (int i = 0; i < 10; ++i) driver.hit({.tenant = "t" + std::to_string(i)}, 1 + i);
  driver.store.configure({}, {.tenants = 3, .latency_tenants = 2});
  driver.pass(61s);
  EXPECT_EQ(driver.store.counters().tenants, 3U);
  EXPECT_EQ(driver.sample(hits_of("t9")), 10);
  EXPECT_EQ(driver.sample(hits_of("t0")), std::nullopt);
}

TEST(BusyTenants, ARaisedLimitLetsTheHeaviestIn) {
  StoreDriver driver({.tenants = 1, .latency_tenants = 1});
  driver.hit({.tenant = "first"}, 100);
  driver.hit({.tenant = "second"}, 50);
  driver.store.configure({}, {.tenants = 5, .latency_tenants = 2});
  driver.pass(60s);
  driver.hit({.tenant = "second"});
  EXPECT_EQ(driver.sample(hits_of("second")), 1);
  EXPECT_EQ(driver.sample(hits_of("first")), 100);
}

TEST(BusyTenants, LatenciesGoToTheBusiest) {
  StoreDriver driver({.tenants = 100, .latency_tenants = 1});
  driver.time({.tenant = "quiet"}, 0.001);
  for (int minute = 0; minute < 2; ++minute) {
    for (int i = 0; i < 10; ++i) driver.time({.tenant = "x" + std::to_string(i)}, 0.001, 50);
    driver.time({.tenant = "busy"}, 0.001, 100);
    driver.pass(60s);
  }
  driver.time({.tenant = "busy"}, 0.001);
  EXPECT_EQ(driver.sample(
                "cache_latency_seconds_count{layer=\"redis\",tenant=\"busy\",source=\"statsd\"}"),
            101);  // from the second minute on
  EXPECT_EQ(driver.sample(
                "cache_latency_seconds_count{layer=\"redis\",tenant=\"quiet\",source=\"statsd\"}"),
            std::nullopt);
}

TEST(BusyTenants, TenantsThatCameInBetweenStayAsTheyAre) {
  StoreDriver driver({.tenants = 5, .latency_tenants = 2});
  const auto all_hit = [&] {
    for (int i = 0; i < 12; ++i) driver.hit({.tenant = "t" + std::to_string(i)}, 3 + i);
  };
  all_hit();
  driver.store.configure({}, {.tenants = 12, .latency_tenants = 2});
  all_hit();  // seven come in now, which the sketch has counted
  driver.pass(60s);
  EXPECT_EQ(driver.store.counters().tenants, 12U);
  EXPECT_EQ(driver.store.counters().evictions, 0U);
  for (int i = 5; i < 12; ++i) {
    EXPECT_EQ(driver.sample(hits_of("t" + std::to_string(i))), 3 + i) << i;
  }
}

TEST(BusyTenants, ThePastOfAnApplicationIsNoReasonToStay) {
  StoreDriver driver({.tenants = 1, .latency_tenants = 1});
  driver.store.record().count_past({.tenant = "old"}, Source::kStatsEndpoint, 1e9, 1);
  driver.hit({.tenant = "new"}, 100);
  driver.pass(60s);
  driver.hit({.tenant = "new"});
  EXPECT_EQ(driver.sample(hits_of("new")), 1);
}

// A row that is given to a new tenant must not bring the last minutes of the former one along.
TEST(BusyTenants, ThePastOfAnEvictedTenantIsNobodyElses) {
  StoreDriver driver({.tenants = 1, .latency_tenants = 1});
  driver.hit({.tenant = "former"}, 5);
  driver.pass(30s);
  driver.hit({.tenant = "next"}, 1000);
  driver.pass(60s);
  driver.hit({.tenant = "next"}, 7);
  for (const RecentRow& row : driver.recent().rows) {
    EXPECT_NE(row.tenant, "former");
    if (row.tenant == "next") {
      EXPECT_EQ(row.windows[2].hits, 7);
    }
  }
  for (int i = 0; i < 40; ++i) {  // rows are used again
    const std::string name = "later" + std::to_string(i);
    driver.hit({.tenant = name}, 1e6 * (i + 1));
    driver.pass(60s);
  }
  for (const RecentRow& row : driver.recent().rows) {
    if (row.tenant != "overflow") {
      EXPECT_EQ(row.windows[2].hits, 0) << row.tenant;
    }
  }
}

}  // namespace
}  // namespace hitwatch::lookups::test
