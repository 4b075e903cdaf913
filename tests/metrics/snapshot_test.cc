#include "agent/metrics/snapshot.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace hitwatch::metrics {
namespace {

class SnapshotTest : public testing::Test {
 protected:
  const Family* family(std::string_view name, Type type = Type::kGauge) {
    return registry_.get(name, type, "help");
  }
  FamilyRegistry registry_;
  SnapshotBuilder builder_;
};

std::string text_of(const Snapshot& snapshot) {
  std::string text;
  for (const Sample& sample : snapshot.samples) {
    text += sample.series->family->name + "{" + sample.series->text + "} " +
            std::to_string(static_cast<int>(sample.value)) + "\n";
  }
  return text;
}

TEST_F(SnapshotTest, GroupsSamplesByFamilyInOrderOfRegistration) {
  const Family* a = family("a");
  const Family* b = family("b");
  builder_.begin();
  builder_.add(b, 1, {{"k", "x"}});
  builder_.add(a, 2);
  builder_.add(b, 3, {{"k", "y"}});
  EXPECT_EQ(text_of(*builder_.finish()), "a{} 2\nb{k=\"x\"} 1\nb{k=\"y\"} 3\n");
}

TEST_F(SnapshotTest, PointsToTheSameSeriesPollAfterPoll) {
  const Family* a = family("a");
  std::vector<const Series*> first;
  for (int poll = 0; poll < 3; ++poll) {
    builder_.begin();
    for (const char* key : {"x", "y", "z"}) builder_.add(a, poll, {{"k", key}});
    const auto snapshot = builder_.finish();
    std::vector<const Series*> series;
    for (const Sample& sample : snapshot->samples) series.push_back(sample.series);
    if (poll == 0) first = series;
    EXPECT_EQ(series, first);
  }
}

TEST_F(SnapshotTest, FollowsSeriesThatComeGoAndChangePlaces) {
  const Family* a = family("a");
  const auto poll = [&](const std::string& keys) {
    builder_.begin();
    for (const char key : keys) builder_.add(a, key, {{"k", std::string_view(&key, 1)}});
    std::string seen;
    const auto snapshot = builder_.finish();
    for (const Sample& sample : snapshot->samples) {
      EXPECT_EQ(sample.series->labels[0].value, std::string(1, static_cast<char>(sample.value)));
      seen += static_cast<char>(sample.value);
    }
    return seen;
  };
  for (const char* keys : {"abcdef", "abcXdef", "bdf", "fdb", "", "abcdefghijklmnopqrstuvwxyz",
                           "zyxwvutsrqponmlkjihgfedcba", "az"}) {
    EXPECT_EQ(poll(keys), keys);
  }
}

TEST_F(SnapshotTest, KeepsTheFirstOfTwoEqualSeries) {
  const Family* a = family("a");
  for (int poll = 0; poll < 2; ++poll) {
    builder_.begin();
    builder_.add(a, 1, {{"k", "x"}});
    builder_.add(a, 2, {{"k", "x"}});
    EXPECT_EQ(text_of(*builder_.finish()), "a{k=\"x\"} 1\n");
  }
}

TEST_F(SnapshotTest, TellsSuffixesAndLabelBordersApart) {
  const Family* a = family("a", Type::kHistogram);
  builder_.begin();
  builder_.add(a, 1, {{"k", "x"}}, Suffix::kSum);
  builder_.add(a, 2, {{"k", "x"}}, Suffix::kCount);
  builder_.add(a, 3, {{"k", "1:l=x"}, {"l", ""}});
  builder_.add(a, 4, {{"k", "1"}, {"l", "x"}});
  EXPECT_EQ(builder_.finish()->samples.size(), 4U);
}

TEST_F(SnapshotTest, CountsSamplesOfFamiliesThatTheRegistryRefused) {
  builder_.begin();
  builder_.add(family("not a name"), 1);
  EXPECT_EQ(builder_.dropped(), 1U);
  EXPECT_TRUE(builder_.finish()->samples.empty());
}

TEST_F(SnapshotTest, SeriesOutliveTheirBuilderInASnapshot) {
  std::shared_ptr<const Snapshot> snapshot;
  {
    SnapshotBuilder builder;
    builder.begin();
    builder.add(family("a"), 1, {{"k", "x"}});
    snapshot = builder.finish();
  }
  EXPECT_EQ(text_of(*snapshot), "a{k=\"x\"} 1\n");
}

TEST_F(SnapshotTest, ForgetsSeriesThatDoNotComeBack) {
  const Family* a = family("a");
  std::weak_ptr<const void> table;
  for (int poll = 0; poll < 400; ++poll) {
    builder_.begin();
    for (int i = 0; i < 10; ++i) {
      builder_.add(a, i, {{"id", std::to_string(poll * 10 + i)}});
    }
    const auto snapshot = builder_.finish();
    if (poll == 0) table = snapshot->series_owner;
  }
  EXPECT_TRUE(table.expired());
}

TEST_F(SnapshotTest, CarriesOverFamiliesThatAreMissing) {
  const Family* a = family("a");
  const Family* b = family("b");
  builder_.begin();
  builder_.add(a, 1, {{"k", "x"}});
  builder_.add(b, 2, {{"k", "y"}});
  const auto older = builder_.finish();
  builder_.begin();
  builder_.add(a, 9);
  builder_.carry_over(*older);
  EXPECT_EQ(text_of(*builder_.finish()), "a{} 9\nb{k=\"y\"} 2\n");
}

TEST_F(SnapshotTest, StopsAtTheMostSeriesAndCountsTheRest) {
  const Family* a = family("a");
  builder_.begin();
  for (std::size_t i = 0; i < SnapshotBuilder::kMaxSeries + 5; ++i) {
    builder_.add(a, 0, {{"id", std::to_string(i)}});
  }
  EXPECT_EQ(builder_.finish()->samples.size(), SnapshotBuilder::kMaxSeries);
  EXPECT_EQ(builder_.dropped(), 5U);
}

TEST_F(SnapshotTest, MayBeReadWhileTheNextIsMade) {
  const Family* a = family("a");
  builder_.begin();
  for (int i = 0; i < 1000; ++i) builder_.add(a, i, {{"id", std::to_string(i)}});
  const std::shared_ptr<const Snapshot> snapshot = builder_.finish();
  std::thread reader([snapshot] {
    double sum = 0;
    for (const Sample& sample : snapshot->samples) {
      sum += sample.value + static_cast<double>(sample.series->text.size());
    }
    EXPECT_GT(sum, 0);
  });
  for (int poll = 0; poll < 5; ++poll) {
    builder_.begin();
    for (int i = 0; i < 1000; ++i) builder_.add(a, i, {{"id", std::to_string(poll * 700 + i)}});
    builder_.finish();
  }
  reader.join();
}

TEST(FamilyRegistry, AnswersOneFamilyPerName) {
  FamilyRegistry registry;
  const Family* first = registry.get("a", Type::kGauge, "one");
  EXPECT_EQ(registry.get("a", Type::kCounter, "two"), first);
  EXPECT_EQ(first->type, Type::kGauge);
  EXPECT_EQ(registry.get("1a", Type::kGauge, ""), nullptr);
}

TEST(FamilyRegistry, IsBounded) {
  FamilyRegistry registry;
  for (std::size_t i = 0; i < FamilyRegistry::kMaxFamilies; ++i) {
    ASSERT_NE(registry.get("m" + std::to_string(i), Type::kGauge, ""), nullptr);
  }
  EXPECT_EQ(registry.get("one_more", Type::kGauge, ""), nullptr);
  EXPECT_NE(registry.get("m7", Type::kGauge, ""), nullptr);
}

}  // namespace
}  // namespace hitwatch::metrics
