// The last 1, 5 and 15 minutes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/slot.h"
#include "tests/lookups/store_driver.h"

namespace hitwatch::lookups::test {
namespace {

using testing::ElementsAre;

std::vector<std::string> tenants_of(const RecentRows& rows) {
  std::vector<std::string> names;
  for (const RecentRow& row : rows.rows) names.push_back(row.tenant);
  return names;
}

TEST(RecentLookups, AreThereAtOnce) {
  StoreDriver driver;
  driver.hit({.tenant = "acme", .type = "a"}, 9);
  driver.miss({.tenant = "acme", .type = "a"});
  driver.time({.tenant = "acme", .type = "a"}, 0.002);
  const RecentRow row = driver.only_row();
  EXPECT_EQ(row.tenant, "acme");
  EXPECT_EQ(row.type, "a");
  EXPECT_EQ(row.layer, "redis");
  for (const WindowTotals& window : row.windows) {
    EXPECT_EQ(window.hits, 9);
    EXPECT_EQ(window.misses, 1);
    EXPECT_EQ(window.timed, 1);
    EXPECT_NEAR(window.p99, 0.002, 0.0002);
  }
}

TEST(RecentLookups, LeaveOneWindowAfterTheOther) {
  StoreDriver driver;
  driver.hit({.type = "a"}, 100);
  const auto hits = [&](std::size_t window) { return driver.only_row().windows[window].hits; };
  driver.pass(55s);
  EXPECT_EQ(hits(0), 100);
  driver.pass(20s);
  EXPECT_EQ(hits(0), 0);
  EXPECT_EQ(hits(1), 100);
  driver.pass(220s);
  EXPECT_EQ(hits(1), 100);
  driver.pass(70s);
  EXPECT_EQ(hits(1), 0);
  EXPECT_EQ(hits(2), 100);
  driver.pass(10min);
  EXPECT_TRUE(driver.recent().rows.empty());
}

TEST(RecentLookups, WindowsSayHowMuchTheyCover) {
  StoreDriver driver;
  driver.pass(30s);
  EXPECT_EQ(driver.recent().covered[0], 30s);
  driver.pass(30min);
  const RecentRows rows = driver.recent();
  for (std::size_t w = 0; w < kWindows.size(); ++w) {
    EXPECT_GE(rows.covered[w], kWindows[w]);
    EXPECT_LE(rows.covered[w], kWindows[w] + 61s);
  }
}

// Against a plain list of everything that happened.
TEST(RecentLookups, AgreeWithAListOfAllLookups) {
  struct Event {
    Clock::time_point at;
    int series;
    bool hit;
    double seconds;
  };
  StoreDriver driver({.tenants = 100, .latency_tenants = 3});
  std::mt19937_64 random(21);
  std::lognormal_distribution<double> latency(std::log(0.001), 0.7);
  std::vector<Event> events;
  for (int second = 0; second < 2000; ++second) {
    for (std::uint64_t i = random() % 4; i > 0; --i) {
      const Event event{driver.now, static_cast<int>(random() % 20), random() % 3 > 0,
                        latency(random)};
      events.push_back(event);
      const std::string tenant = "t" + std::to_string(event.series);
      driver.count({.tenant = tenant, .type = "a"}, event.hit ? Outcome::kHit : Outcome::kMiss);
      driver.time({.tenant = tenant, .type = "a"}, event.seconds);
    }
    driver.pass(1s);
  }
  const RecentRows rows = driver.recent({.limit = 1000});
  ASSERT_EQ(rows.rows.size(), 20U);
  for (const RecentRow& row : rows.rows) {
    const int series = std::stoi(row.tenant.substr(1));
    for (std::size_t w = 0; w < kWindows.size(); ++w) {
      double hits = 0;
      double misses = 0;
      std::array<double, kFineBuckets> counts{};
      for (const Event& event : events) {
        if (event.series != series || driver.now - event.at > rows.covered[w]) continue;
        (event.hit ? hits : misses) += 1;
        counts[fine_bucket(event.seconds)] += 1;
      }
      EXPECT_EQ(row.windows[w].hits, hits) << row.tenant << " " << w;
      EXPECT_EQ(row.windows[w].misses, misses);
      EXPECT_EQ(row.windows[w].timed, hits + misses);
      if (hits + misses > 0) {
        EXPECT_DOUBLE_EQ(row.windows[w].p95, quantile(counts, 0.95));
      }
    }
  }
}

TEST(RecentLookups, SampledReportsWeighWhatTheyStandFor) {
  StoreDriver driver;
  driver.hit({.type = "a"}, 10);
  driver.time({.type = "a"}, 0.001, 1e12);
  EXPECT_EQ(driver.only_row().windows[0].hits, 10);
  EXPECT_GE(driver.only_row().windows[0].timed, 4e9);
}

TEST(RecentLookups, SampleRatesMayDiffer) {
  StoreDriver driver;
  for (int i = 0; i < 300; ++i) driver.time({.type = "a"}, 0.001, 1 / 0.3);
  for (int i = 0; i < 700; ++i) driver.time({.type = "a"}, 0.5, 1 / 0.7);
  EXPECT_EQ(driver.only_row().windows[0].timed, 2000);
  for (int i = 0; i < 1000; ++i) driver.time({.type = "b"}, 0.001 * (1 + i % 50), 1 / 0.7);
  for (const RecentRow& row : driver.recent().rows) {
    if (row.type == "b") {
      EXPECT_NEAR(row.windows[0].timed, 1000 / 0.7, 1);
    }
  }
}

ClosedSlot slot_of(Clock::time_point begin, std::size_t size) {
  SlotWriter writer;
  for (std::uint32_t row = 0; row < size; ++row) writer.add({.row = row, .hits = 1}, {});
  return {.begin = begin,
          .end = begin + kSlot,
          .bytes = std::make_shared<const std::string>(writer.take())};
}

// Hours without memory enough: what is old must go, not grow.
TEST(RecentLookups, OldSlotsDoNotLiveForEver) {
  for (const unsigned most_bytes : {1U, 300U, 2000U, 1'000'000U}) {
    ClosedSlots slots(most_bytes);
    Clock::time_point now{std::chrono::hours(10)};
    for (int i = 0; i < 3 * 360; ++i, now += kSlot) {
      slots.add(slot_of(now, 20));
      slots.settle();
      ASSERT_LE(now + kSlot - slots.slots().front().begin,
                kWindows.back() + kLongestMergedSlot + kSlot);
      ASSERT_TRUE(slots.bytes() <= most_bytes || slots.slots().size() == 1);
    }
  }
}

class RecentOrder : public testing::Test {
 protected:
  RecentOrder() {
    add("quiet", 1, 1, 0.001);
    add("fine", 99, 1, 0.002);
    add("bad", 20, 80, 0.003);
    driver_.hit({.tenant = "other", .type = "session"}, 4);
  }
  void add(const std::string& tenant, double hits, double misses, double seconds) {
    driver_.hit({.tenant = tenant, .type = "a"}, hits);
    driver_.miss({.tenant = tenant, .type = "a"}, misses);
    driver_.time({.tenant = tenant, .type = "a"}, seconds);
  }
  StoreDriver driver_;
};

TEST_F(RecentOrder, ByMissesUnlessAskedOtherwise) {
  EXPECT_THAT(tenants_of(driver_.recent()), ElementsAre("bad", "fine", "quiet", "other"));
}

TEST_F(RecentOrder, ByMissRatio) {
  EXPECT_THAT(tenants_of(driver_.recent({.sort = SortKey::kMissRatio})),
              ElementsAre("bad", "quiet", "fine", "other"));
  EXPECT_THAT(tenants_of(driver_.recent({.sort = SortKey::kMissRatio, .ascending = true})),
              ElementsAre("other", "fine", "quiet", "bad"));
}

TEST_F(RecentOrder, WithoutThoseOfLittleTraffic) {
  const RecentRows rows = driver_.recent({.min_lookups = 50, .sort = SortKey::kMissRatio});
  EXPECT_THAT(tenants_of(rows), ElementsAre("bad", "fine"));
  EXPECT_EQ(rows.total, 2U);
}

TEST_F(RecentOrder, ByLatencyWithTheUntimedLast) {
  for (const bool ascending : {false, true}) {
    const auto names = tenants_of(driver_.recent({.sort = SortKey::kP99, .ascending = ascending}));
    EXPECT_EQ(names.back(), "other");
    EXPECT_EQ(names.front(), ascending ? "quiet" : "bad");
  }
}

TEST_F(RecentOrder, ByName) {
  EXPECT_THAT(tenants_of(driver_.recent({.sort = SortKey::kTenant, .ascending = true})),
              ElementsAre("bad", "fine", "other", "quiet"));
}

TEST_F(RecentOrder, OnlySome) {
  RecentQuery query{.limit = 2};
  EXPECT_THAT(tenants_of(driver_.recent(query)), ElementsAre("bad", "fine"));
  EXPECT_EQ(driver_.recent(query).total, 4U);
  query = {.type = [](std::string_view type) { return type == "session"; }};
  EXPECT_THAT(tenants_of(driver_.recent(query)), ElementsAre("other"));
  query = {.source = Source::kHttp};
  EXPECT_THAT(tenants_of(driver_.recent(query)), ElementsAre());
  query = {.layer = "local"};
  EXPECT_THAT(tenants_of(driver_.recent(query)), ElementsAre());
}

}  // namespace
}  // namespace hitwatch::lookups::test
