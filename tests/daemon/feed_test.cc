// What was collected comes into the window as a Prometheus would store it.
#include "agent/rules/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "agent/metrics/family.h"

namespace hitwatch::rules {
namespace {

using metrics::LabelView;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class FeedTest : public testing::Test {
 protected:
  FeedTest() { window_.want({{{}, 3'600'000}}); }

  using Values = std::vector<std::pair<std::string, double>>;

  // A snapshot of gauges, each with the label db.
  std::shared_ptr<const metrics::Snapshot> snapshot(const Values& values) {
    builder_.begin();
    for (const auto& [db, value] : values) builder_.add(keys_, value, {{"db", db}});
    return builder_.finish();
  }

  void take(const Values& values, std::int64_t time, std::string alias = "cache-1") {
    feed_.take(alias, {.labels = {{"instance", alias}, {"job", "redis"}},
                       .role = "",
                       .snapshots = {snapshot(values)},
                       .time = time});
  }

  // Every series and its samples; stale markers are shown as "end".
  std::map<std::string, std::vector<std::string>> all() {
    std::map<std::string, std::vector<std::string>> all;
    for (const window::Series* series : window_.find({}, -1, 1'000'000)) {
      auto& samples = all[window::to_string(series->labels(), window_.symbols())];
      for (std::int64_t time = 0; time <= 100; ++time) {
        window::Point point{};
        if (!series->last(time - 1, time, point)) continue;
        const std::string value =
            window::is_stale(point.value) ? "end" : std::to_string(static_cast<int>(point.value));
        samples.push_back(std::to_string(time) + ":" + value);
      }
    }
    return all;
  }

  window::Window window_;
  Feed feed_{window_};
  metrics::FamilyRegistry registry_;
  const metrics::Family* keys_ = registry_.get("redis_db_keys", metrics::Type::kGauge, "Keys.");
  metrics::SnapshotBuilder builder_;
};

TEST_F(FeedTest, SeriesHaveTheTargetsLabelsToo) {
  take({{"db0", 7}}, 10);
  take({{"db0", 8}}, 20);
  EXPECT_THAT(all(), ElementsAre(Pair(R"(redis_db_keys{db="db0", instance="cache-1", job="redis"})",
                                      ElementsAre("10:7", "20:8"))));
}

TEST_F(FeedTest, ASeriesThatIsMissingEndsAndMayComeBack) {
  take({{"db0", 1}, {"db1", 2}, {"db2", 3}}, 10);
  take({{"db0", 1}, {"db2", 3}}, 20);
  take({{"db0", 1}, {"db2", 4}}, 30);
  take({{"db1", 5}, {"db0", 1}, {"db2", 4}}, 40);
  const auto series = all();
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db1", instance="cache-1", job="redis"})"),
              ElementsAre("10:2", "20:end", "40:5"));
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db2", instance="cache-1", job="redis"})"),
              ElementsAre("10:3", "20:3", "30:4", "40:4"));
}

TEST_F(FeedTest, ASeriesWithAnotherInItsPlaceEnds) {
  take({{"a", 1}, {"was", 2}, {"c", 3}}, 10);
  take({{"a", 1}, {"is", 2}, {"c", 3}}, 20);
  const auto series = all();
  EXPECT_THAT(series.at(R"(redis_db_keys{db="was", instance="cache-1", job="redis"})"),
              ElementsAre("10:2", "20:end"));
  EXPECT_THAT(series.at(R"(redis_db_keys{db="is", instance="cache-1", job="redis"})"),
              ElementsAre("20:2"));
  EXPECT_THAT(series.at(R"(redis_db_keys{db="c", instance="cache-1", job="redis"})"),
              ElementsAre("10:3", "20:3"));
}

TEST_F(FeedTest, AnotherOrderIsNoMatter) {
  take({{"a", 1}, {"b", 2}, {"c", 3}}, 10);
  take({{"c", 3}, {"a", 1}, {"b", 2}}, 20);
  for (const auto& [name, samples] : all()) EXPECT_EQ(samples.size(), 2U) << name;
}

TEST_F(FeedTest, ATargetThatIsNamedNoMoreEnds) {
  take({{"db0", 1}}, 10, "cache-1");
  feed_.keep_only({"cache-2"}, 20);
  feed_.keep_only({"cache-2"}, 30);
  EXPECT_THAT(all().begin()->second, ElementsAre("10:1", "20:end"));
}

TEST_F(FeedTest, OtherLabelsOfATargetAreOtherSeries) {
  take({{"db0", 1}}, 10);
  feed_.take("cache-1", {.labels = {{"instance", "cache-1"}, {"job", "redis"}, {"env", "prod"}},
                         .role = "",
                         .snapshots = {snapshot({{"db0", 1}})},
                         .time = 20});
  const auto series = all();
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db0", instance="cache-1", job="redis"})"),
              ElementsAre("10:1", "20:end"));
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db0", env="prod", instance="cache-1", job="redis"})"),
              ElementsAre("20:1"));
}

TEST_F(FeedTest, ARoleIsALabelWhereItIsWanted) {
  feed_.take("cache-1", {.labels = {{"instance", "cache-1"}},
                         .role = "master",
                         .snapshots = {snapshot({{"db0", 1}})},
                         .time = 10});
  EXPECT_EQ(all().begin()->first,
            R"(redis_db_keys{db="db0", instance="cache-1", instance_role="master"})");
}

TEST_F(FeedTest, AServersNewPlaceEndsTheSeriesOfTheFormerOne) {
  for (const auto& [role, time] : {std::pair{"master", 10}, std::pair{"replica", 20}}) {
    feed_.take("cache-1", {.labels = {{"instance", "cache-1"}},
                           .role = "",
                           .place = role,
                           .snapshots = {snapshot({{"db0", 1}})},
                           .time = time});
  }
  const auto series = all();
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db0", instance="cache-1", role="master"})"),
              ElementsAre("10:1", "20:end"));
  EXPECT_THAT(series.at(R"(redis_db_keys{db="db0", instance="cache-1", role="replica"})"),
              ElementsAre("20:1"));
}

TEST_F(FeedTest, ASeriesWithARoleOfItsOwnGoesOnInAnotherPlace) {
  const metrics::Family* info =
      registry_.get("redis_instance_info", metrics::Type::kGauge, "What it is.");
  for (const auto& [place, time] : {std::pair{"master", 10}, std::pair{"replica", 20}}) {
    builder_.begin();
    builder_.add(info, 1, {{"role", "slave"}});
    feed_.take("cache-1", {.labels = {{"instance", "cache-1"}},
                           .role = "",
                           .place = place,
                           .snapshots = {builder_.finish()},
                           .time = time});
  }
  EXPECT_THAT(all(), ElementsAre(Pair(R"(redis_instance_info{instance="cache-1", role="slave"})",
                                      ElementsAre("10:1", "20:1"))));
  EXPECT_EQ(feed_.samples_refused(), 0U);
}

TEST_F(FeedTest, WhatNobodyWantsIsNotKeptUntilSomebodyDoes) {
  window_.want({{{*window::Matcher::make(window::Matcher::Kind::kEqual, "db", "db1")}, 300'000}});
  take({{"db0", 1}, {"db1", 2}}, 10);
  EXPECT_EQ(all().size(), 1U);
  window_.want({{{}, 300'000}});
  take({{"db0", 1}, {"db1", 2}}, 20);
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(feed_.samples(), 3U);
}

TEST_F(FeedTest, SeveralSnapshotsOfATargetEachByItself) {
  metrics::SnapshotBuilder other;
  other.begin();
  other.add(keys_, 9, {{"db", "sampled"}});
  const auto sampled = other.finish();
  const auto both = [&](std::vector<std::shared_ptr<const metrics::Snapshot>> snapshots,
                        std::int64_t time) {
    feed_.take("cache-1",
               {.labels = {}, .role = "", .snapshots = std::move(snapshots), .time = time});
  };
  both({snapshot({{"db0", 1}}), sampled}, 10);
  both({snapshot({{"db0", 1}}), nullptr}, 20);
  both({snapshot({{"db0", 1}})}, 30);
  EXPECT_THAT(all().at(R"(redis_db_keys{db="sampled"})"), ElementsAre("10:9", "20:end"));
  EXPECT_THAT(all().at(R"(redis_db_keys{db="db0"})"), ElementsAre("10:1", "20:1", "30:1"));
}

TEST_F(FeedTest, ExpositionsGetLabelsThatTheyLack) {
  const metrics::Labels labels = {{"instance", "localhost:9121"}, {"job", "redis"}};
  feed_.take_exposition("own", "a{instance=\"x\"} 1\nb 2\nno sample\n", labels, 10);
  feed_.take_exposition("own", "b 3\n", labels, 20);
  EXPECT_THAT(all(),
              ElementsAre(Pair(R"(a{instance="x", job="redis"})", ElementsAre("10:1", "20:end")),
                          Pair(R"(b{instance="localhost:9121", job="redis"})",
                               ElementsAre("10:2", "20:3"))));
  EXPECT_EQ(feed_.lines_refused(), 1U);
}

TEST_F(FeedTest, BoundsOfBucketsAreCanonical) {
  const metrics::Family* sizes = registry_.get("sizes", metrics::Type::kHistogram, "Sizes.");
  builder_.begin();
  for (const char* bound : {"0.5", "8", "+Inf"}) {
    builder_.add(sizes, 1, {{"le", bound}}, metrics::Suffix::kBucket);
  }
  builder_.add(keys_, 1, {{"le", "8"}});
  feed_.take("x", {.labels = {}, .role = "", .snapshots = {builder_.finish()}, .time = 10});
  feed_.take_exposition("own", "a_bucket{le=\"2\"} 1\na_bucket{le=\"2.5\"} 1\na{le=\"2\"} 1\n", {},
                        10);
  EXPECT_THAT(all(), ElementsAre(Pair(R"(a_bucket{le="2.0"})", testing::_),
                                 Pair(R"(a_bucket{le="2.5"})", testing::_),
                                 Pair(R"(a{le="2"})", testing::_),
                                 Pair(R"(redis_db_keys{le="8"})", testing::_),
                                 Pair(R"(sizes_bucket{le="+Inf"})", testing::_),
                                 Pair(R"(sizes_bucket{le="0.5"})", testing::_),
                                 Pair(R"(sizes_bucket{le="8.0"})", testing::_)));
}

TEST_F(FeedTest, SamplesThatAreNotNewerAreCounted) {
  take({{"db0", 1}}, 20);
  take({{"db0", 2}}, 20);
  EXPECT_EQ(feed_.samples(), 1U);
  EXPECT_EQ(feed_.samples_refused(), 1U);
}

}  // namespace
}  // namespace hitwatch::rules
