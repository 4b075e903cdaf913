// A report on the keys of a server as series.
#include "agent/keyspace_metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace hitwatch {
namespace {

using keyspace::Estimate;
using keyspace::Group;
using keyspace::Report;

class KeyspaceMetricsTest : public testing::Test {
 protected:
  std::shared_ptr<const metrics::Snapshot> show(const Report& report) {
    auto snapshot = metrics.snapshot(report);
    samples.clear();
    for (const metrics::Sample& sample : snapshot->samples) {
      const metrics::Series& series = *sample.series;
      const std::string name =
          series.family->name + std::string(metrics::suffix_text(series.suffix));
      EXPECT_TRUE(samples.emplace(name + "{" + series.text + "}", sample.value).second);
    }
    return snapshot;
  }
  double value(const std::string& sample) const {
    const auto found = samples.find(sample);
    if (found != samples.end()) return found->second;
    ADD_FAILURE() << "no sample " << sample;
    return -12345;
  }
  std::size_t count(const std::string& family) const {
    std::size_t found = 0;
    for (const auto& [name, value] : samples) found += name.starts_with(family + "{") ? 1U : 0U;
    return found;
  }

  metrics::FamilyRegistry registry;
  redis::Families families{registry, "redis"};
  KeyspaceMetrics metrics{families};
  std::map<std::string, double> samples;
};

Group group(std::string type, std::string tenant, double keys, int database = 0) {
  Group made;
  made.database = database;
  made.type = std::move(type);
  made.tenant = std::move(tenant);
  made.keys = {keys, keys * 0.9, keys * 1.1};
  return made;
}

const std::string kCatalog = R"(layer="redis",type="catalog",tenant="acme",db="db0"})";

TEST_F(KeyspaceMetricsTest, AGroupIsASetOfSeries) {
  Report report;
  report.groups = {group("catalog", "acme", 1000)};
  report.groups[0].memory_usage_bytes = Estimate{50, 40, 60};
  report.groups[0].size_bytes = Estimate{64'000, 48'000, 80'000};
  report.groups[0].keys_without_ttl = Estimate{10, 5, 25};
  const auto snapshot = show(report);
  EXPECT_EQ(value("cache_keys{" + kCatalog), 1000);
  EXPECT_EQ(value("cache_size_bytes{" + kCatalog), 64'000);
  EXPECT_EQ(value("cache_keys_without_ttl{" + kCatalog), 10);
  EXPECT_NEAR(value("cache_estimate_error_ratio{metric=\"keys\"," + kCatalog), 0.1, 1e-9);
  EXPECT_NEAR(value("cache_estimate_error_ratio{metric=\"size_bytes\"," + kCatalog), 0.25, 1e-9);
  EXPECT_NEAR(value("cache_estimate_error_ratio{metric=\"keys_without_ttl\"," + kCatalog), 1, 1e-9);
  EXPECT_EQ(samples.size(), 6U);
  EXPECT_EQ(snapshot->data_from, std::chrono::steady_clock::time_point{})
      << "no second age beside that of the poll";
}

TEST_F(KeyspaceMetricsTest, WhatIsNotKnownIsAbsent) {
  Report report;
  report.groups = {group("catalog", "acme", 0)};
  show(report);
  EXPECT_EQ(value("cache_keys{" + kCatalog), 0);
  EXPECT_EQ(samples.size(), 1U) << "an estimate of nothing has no error ratio";
}

TEST_F(KeyspaceMetricsTest, ExactFiguresHaveNoError) {
  Report report;
  report.groups = {group("catalog", "acme", 7)};
  report.groups[0].keys = Estimate::exact(7);
  show(report);
  EXPECT_EQ(value("cache_estimate_error_ratio{metric=\"keys\"," + kCatalog), 0);
}

TEST_F(KeyspaceMetricsTest, AnEmptyReportHasNoSeries) {
  show({});
  EXPECT_TRUE(samples.empty());
}

TEST_F(KeyspaceMetricsTest, EveryDatabaseSaysHowManyKeysMatchNoPattern) {
  Report report;
  report.databases.resize(2);
  report.databases[0].keys = 10;
  report.databases[0].method = keyspace::Method::kRandomCursors;
  report.databases[1].method = keyspace::Method::kRandomKey;
  report.databases[1].index = 3;
  report.databases[1].unclassified = {25, 20, 30};
  report.without_tenant = {{3, "order", Estimate{5, 1, 9}}};
  show(report);
  EXPECT_EQ(value(R"(cache_keys_unclassified{db="db0"})"), 0);
  EXPECT_EQ(value(R"(cache_keys_unclassified{db="db3"})"), 25);
  EXPECT_EQ(value(R"(cache_keys_without_tenant{db="db3",type="order"})"), 5);
}

TEST_F(KeyspaceMetricsTest, WhereNoNameCouldBeReadNobodyKnowsWhatMatches) {
  Report report;
  report.databases.resize(1);
  report.databases[0].keys = 10;
  show(report);
  EXPECT_TRUE(samples.empty());
}

TEST_F(KeyspaceMetricsTest, NamesThatAreTheSameAsLabelsAddUp) {
  const std::string start(128, 'a');
  Report report;
  report.groups = {group("t", start + "1", 100), group("t", start + "2", 20),
                   group("t", start + "2", 7, 1)};
  show(report);
  ASSERT_EQ(count("cache_keys"), 2U);
  double keys = 0;
  for (const auto& [name, value] : samples) {
    if (name.starts_with("cache_keys{") && name.ends_with(R"(db="db0"})")) keys = value;
  }
  EXPECT_EQ(keys, 120);
}

TEST_F(KeyspaceMetricsTest, NamesOfAnyBytesBecomeLabels) {
  Report report;
  report.groups = {group("\xFF", std::string("a\0\n\"b", 5), 3)};
  show(report);
  EXPECT_EQ(value(R"(cache_keys{layer="redis",type="\\xff",tenant="a\\x00\\x0a\"b",db="db0"})"), 3);
}

TEST_F(KeyspaceMetricsTest, TtlsAddUpOverRounds) {
  const std::size_t buckets = keyspace::ttl_bounds().size() + 1;
  Report report;
  report.ttls = {{0, "session", std::vector<std::uint64_t>(buckets, 0), 40}};
  report.ttls[0].counts[0] = 2;
  report.ttls[0].counts[2] = 3;
  report.ttls[0].counts.back() = 1;
  show(report);
  const auto bucket = [](const std::string& bound) {
    return R"(cache_ttl_seconds_bucket{layer="redis",type="session",db="db0",le=")" + bound + "\"}";
  };
  EXPECT_EQ(value(bucket("1")), 2);
  EXPECT_EQ(value(bucket("5")), 2);
  EXPECT_EQ(value(bucket("10")), 5);
  EXPECT_EQ(value(bucket("86400")), 5);
  EXPECT_EQ(value(bucket("+Inf")), 6);
  const std::string labels = R"({layer="redis",type="session",db="db0"})";
  EXPECT_EQ(value("cache_ttl_seconds_sum" + labels), 40);
  EXPECT_EQ(value("cache_ttl_seconds_count" + labels), 6);

  show(report);
  EXPECT_EQ(value(bucket("1")), 4);
  EXPECT_EQ(value("cache_ttl_seconds_sum" + labels), 80);
  EXPECT_EQ(value("cache_ttl_seconds_count" + labels), 12);

  show({});
  EXPECT_EQ(value("cache_ttl_seconds_count" + labels), 12) << "a counter does not end with a round";
}

TEST_F(KeyspaceMetricsTest, TypesWithHistogramsAreBounded) {
  double looked_at = 0;
  for (int round = 0; round < 3; ++round) {
    Report report;
    for (int i = 0; i < 600; ++i) {
      const std::string type = "t" + std::to_string(round) + "-" + std::to_string(i);
      report.ttls.push_back(
          {0, type, std::vector<std::uint64_t>(keyspace::ttl_bounds().size() + 1, 1), 1});
      looked_at += static_cast<double>(keyspace::ttl_bounds().size() + 1);
    }
    show(report);
  }
  EXPECT_LE(count("cache_ttl_seconds_count"), 1001U);
  double counted = 0;
  for (const auto& [name, value] : samples) {
    if (name.starts_with("cache_ttl_seconds_count")) counted += value;
  }
  EXPECT_EQ(counted, looked_at);
}

TEST_F(KeyspaceMetricsTest, PastTheBoundOnSeriesErrorsGoFirst) {
  Report report;
  for (int i = 0; i < 50'000; ++i) {
    report.groups.push_back(group("t", std::to_string(i), 10));
    report.groups.back().size_bytes = Estimate{10, 5, 15};
    report.groups.back().keys_without_ttl = Estimate{10, 5, 15};
  }
  report.databases.resize(1);
  report.databases[0].method = keyspace::Method::kFull;
  show(report);
  EXPECT_EQ(count("cache_keys"), 50'000U);
  EXPECT_EQ(count("cache_size_bytes"), 50'000U);
  EXPECT_EQ(count("cache_keys_without_ttl"), 50'000U);
  EXPECT_EQ(count("cache_keys_unclassified"), 1U);
  EXPECT_EQ(metrics.dropped(), 100'001U);
}

TEST_F(KeyspaceMetricsTest, SeriesKeepTheirTextFromRoundToRound) {
  Report report;
  report.groups = {group("b", "x", 1), group("a", "y", 2)};
  const auto first = show(report);
  std::swap(report.groups[0], report.groups[1]);  // the other one is the biggest now
  const auto second = show(report);
  ASSERT_EQ(first->samples.size(), second->samples.size());
  for (std::size_t i = 0; i < first->samples.size(); ++i) {
    EXPECT_EQ(first->samples[i].series, second->samples[i].series);
  }
}

}  // namespace
}  // namespace hitwatch
