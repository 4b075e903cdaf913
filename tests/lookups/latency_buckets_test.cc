#include "collectors/lookups/latency_buckets.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

namespace hitwatch::lookups {
namespace {

using testing::ElementsAre;

// The obvious way: the first bound that is not exceeded.
std::size_t bucket_by_search(double seconds) {
  std::size_t bucket = 0;
  while (bucket < fine_bounds().size() && seconds > fine_bounds()[bucket] + 0.4e-9) ++bucket;
  return bucket;
}

TEST(LatencyBuckets, BoundsAscendAndAreFine) {
  ASSERT_EQ(fine_bounds().size(), kFineBuckets - 1);
  for (std::size_t i = 1; i < fine_bounds().size(); ++i) {
    const double ratio = fine_bounds()[i] / fine_bounds()[i - 1];
    EXPECT_GT(ratio, 1.0) << i;
    EXPECT_LT(ratio, 1.26) << i;
    const bool everyday = fine_bounds()[i] > 0.0001001 && fine_bounds()[i] < 1.0001;
    if (everyday) {
      EXPECT_LT(ratio, 1.13) << i;
    }
  }
}

TEST(LatencyBuckets, BoundBelongsToTheBucketItCloses) {
  for (std::size_t i = 0; i < fine_bounds().size(); ++i) {
    EXPECT_EQ(fine_bucket(fine_bounds()[i]), i);
    EXPECT_EQ(fine_bucket(fine_bounds()[i] + 2e-9), i + 1);
  }
  EXPECT_EQ(fine_bucket(0), 0U);
  EXPECT_EQ(fine_bucket(1e6), kFineBuckets - 1);
}

TEST(LatencyBuckets, AgreesWithASearch) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-8, 3);
  for (int i = 0; i < 100'000; ++i) {
    const double seconds = std::pow(10.0, exponent(random));
    ASSERT_EQ(fine_bucket(seconds), bucket_by_search(seconds)) << seconds;
  }
}

TEST(LatencyBuckets, ExportedBoundsAreThoseOfTheDesignAndExact) {
  std::vector<std::string> les;
  for (const ExportedBucket& bucket : classic_buckets()) {
    les.emplace_back(bucket.le);
    if (bucket.le == "+Inf") continue;
    EXPECT_DOUBLE_EQ(fine_bounds()[bucket.fine_end - 1], std::stod(les.back()));
  }
  EXPECT_THAT(les, ElementsAre("0.0001", "0.00015", "0.00025", "0.0004", "0.0006", "0.001",
                               "0.0015", "0.0025", "0.004", "0.006", "0.01", "0.015", "0.025",
                               "0.05", "0.1", "0.25", "0.5", "1", "+Inf"));
}

TEST(LatencyBuckets, FineBoundsAreWrittenWithoutExponents) {
  ASSERT_EQ(fine_buckets().size(), kFineBuckets);
  EXPECT_EQ(fine_buckets().front().le, "0.00001");
  EXPECT_EQ(fine_buckets()[kFineBuckets - 2].le, "10");
  EXPECT_EQ(fine_buckets().back().le, "+Inf");
  for (const ExportedBucket& bucket : fine_buckets()) {
    EXPECT_EQ(bucket.le.find('e'), std::string_view::npos) << bucket.le;
  }
}

TEST(LatencyBuckets, QuantileOfNothingIsNoNumber) {
  const std::array<double, kFineBuckets> none{};
  EXPECT_TRUE(std::isnan(quantile(none, 0.5)));
}

TEST(LatencyBuckets, QuantileBeyondTheLastBoundIsThatBound) {
  std::array<double, kFineBuckets> counts{};
  counts.back() = 3;
  EXPECT_DOUBLE_EQ(quantile(counts, 0.5), fine_bounds().back());
}

// What people have: fast and slow, narrow and wide, with one hump and with two.
template <typename Draw>
void expect_p99_within_a_percent(Draw draw) {
  std::mt19937_64 random(7);
  constexpr std::size_t kCount = 400'000;
  std::vector<double> values(kCount);
  std::array<double, kFineBuckets> counts{};
  for (double& value : values) {
    value = draw(random);
    counts[fine_bucket(value)] += 1;
  }
  const auto truth = values.begin() + static_cast<std::ptrdiff_t>(0.99 * kCount);
  std::ranges::nth_element(values, truth);
  EXPECT_NEAR(quantile(counts, 0.99) / *truth, 1, 0.01);
}

TEST(LatencyBuckets, P99IsWithinOnePercentOfTheTrueOne) {
  expect_p99_within_a_percent(std::lognormal_distribution<double>(std::log(0.0005), 0.6));
  expect_p99_within_a_percent(std::lognormal_distribution<double>(std::log(0.002), 1.0));
  expect_p99_within_a_percent(std::exponential_distribution<double>(1 / 0.003));
  expect_p99_within_a_percent(std::uniform_real_distribution<double>(0, 0.02));
  expect_p99_within_a_percent(std::gamma_distribution<double>(4, 0.0003));
  expect_p99_within_a_percent([](auto& random) {
    const bool slow = std::bernoulli_distribution(0.05)(random);
    return std::lognormal_distribution<double>(std::log(slow ? 0.02 : 0.0004), 0.4)(random);
  });
}

}  // namespace
}  // namespace hitwatch::lookups
