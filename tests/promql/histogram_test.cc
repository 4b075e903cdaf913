// Quantiles and shares of classic histograms.
#include "rules/promql/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/promql/special_values.h"

namespace hitwatch::promql {
namespace {

using ::testing::DoubleEq;
using ::testing::IsNan;
using ::testing::Optional;

const std::vector<Bucket> kLatencies{{0.1, 10}, {0.2, 30}, {0.4, 40}, {kInf, 50}};

TEST(BucketQuantile, IsLinearWithinABucket) {
  EXPECT_THAT(bucket_quantile(0.1, kLatencies).value, DoubleEq(0.05));
  EXPECT_THAT(bucket_quantile(0.4, kLatencies).value, DoubleEq(0.15));
  EXPECT_THAT(bucket_quantile(0.7, kLatencies).value, DoubleEq(0.3));
}

TEST(BucketQuantile, InTheLastBucketIsTheBoundBefore) {
  EXPECT_EQ(bucket_quantile(0.9, kLatencies).value, 0.4);
  EXPECT_EQ(bucket_quantile(1, kLatencies).value, 0.4);
}

TEST(BucketQuantile, InAFirstBucketBelowZeroIsItsBound) {
  EXPECT_EQ(bucket_quantile(0.1, {{-5, 10}, {5, 20}, {kInf, 20}}).value, -5);
}

TEST(BucketQuantile, TakesBucketsInAnyOrderAndAddsThoseOfOneBound) {
  EXPECT_THAT(bucket_quantile(0.4, {{kInf, 50}, {0.2, 12}, {0.4, 40}, {0.1, 10}, {0.2, 18}}).value,
              DoubleEq(0.15));
}

TEST(BucketQuantile, OutsideOfZeroToOneIsInfinite) {
  EXPECT_EQ(bucket_quantile(-1, kLatencies).value, -kInf);
  EXPECT_EQ(bucket_quantile(2, kLatencies).value, kInf);
  EXPECT_THAT(bucket_quantile(kNan, kLatencies).value, IsNan());
}

TEST(BucketQuantile, IsNanWithoutWhatItNeeds) {
  EXPECT_THAT(bucket_quantile(0.5, {}).value, IsNan());
  EXPECT_THAT(bucket_quantile(0.5, {{0.1, 10}, {0.2, 30}}).value, IsNan()) << "no +Inf";
  EXPECT_THAT(bucket_quantile(0.5, {{kInf, 30}}).value, IsNan()) << "+Inf alone";
  EXPECT_THAT(bucket_quantile(0.5, {{0.1, 0}, {kInf, 0}}).value, IsNan()) << "no observations";
}

TEST(BucketQuantile, RaisesCountsThatFallAndSaysSo) {
  const auto repaired =
      bucket_quantile(0.5, {{0.1, 10}, {0.2, 8}, {0.3, 30}, {0.4, 25}, {kInf, 40}});
  EXPECT_TRUE(repaired.forced);
  EXPECT_EQ(repaired.lowest_bucket, 0.2);
  EXPECT_EQ(repaired.highest_bucket, 0.4);
  EXPECT_EQ(repaired.most_raised, 5);
  EXPECT_THAT(repaired.value, DoubleEq(0.25));
}

TEST(BucketQuantile, TakesBackRoundingErrorsSilently) {
  const auto repaired = bucket_quantile(0.5, {{0.1, 10}, {0.2, 9.9999999999999}, {kInf, 10}});
  EXPECT_FALSE(repaired.forced);
  EXPECT_THAT(repaired.value, DoubleEq(0.05));
}

TEST(BucketFraction, IsTheShareBetweenTwoValues) {
  EXPECT_THAT(bucket_fraction(0, 0.2, kLatencies), DoubleEq(0.6));
  EXPECT_THAT(bucket_fraction(0.15, 0.3, kLatencies), DoubleEq(0.3));
  EXPECT_THAT(bucket_fraction(-kInf, kInf, kLatencies), DoubleEq(1));
  EXPECT_THAT(bucket_fraction(0.4, kInf, kLatencies), DoubleEq(0.2));
}

TEST(BucketFraction, OfAFirstBucketBelowZeroKnowsNoLowerBound) {
  const std::vector<Bucket> buckets{{-1, 10}, {1, 20}, {kInf, 20}};
  EXPECT_THAT(bucket_fraction(-kInf, -1, buckets), DoubleEq(0.5));
  EXPECT_THAT(bucket_fraction(-1, 0, buckets), DoubleEq(0.25));
}

TEST(BucketFraction, IsZeroOfNothingAndNanWithoutObservations) {
  EXPECT_EQ(bucket_fraction(0.3, 0.3, kLatencies), 0);
  EXPECT_THAT(bucket_fraction(kNan, 0.3, kLatencies), IsNan());
  EXPECT_THAT(bucket_fraction(0, 1, {{0.1, 0}, {kInf, 0}}), IsNan());
  EXPECT_THAT(bucket_fraction(0, 1, {{0.1, 3}}), IsNan());
  EXPECT_THAT(bucket_fraction(0, 1, {}), IsNan());
}

TEST(Bound, IsReadAsGoReadsNumbers) {
  EXPECT_THAT(parse_bound("0.25"), Optional(0.25));
  EXPECT_THAT(parse_bound("+Inf"), Optional(kInf));
  EXPECT_EQ(parse_bound(""), std::nullopt);
  EXPECT_EQ(parse_bound("0.25s"), std::nullopt);
}

}  // namespace
}  // namespace hitwatch::promql
