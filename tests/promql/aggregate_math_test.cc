#include "rules/promql/aggregate_math.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rules/promql/almost_equal.h"
#include "rules/promql/kahan.h"
#include "tests/promql/special_values.h"

namespace hitwatch::promql {
namespace {

using ::testing::DoubleEq;
using ::testing::IsNan;

TEST(Quantile, LiesBetweenTheTwoNearestRanks) {
  EXPECT_EQ(quantile(0, {4, 0, 1}), 0);
  EXPECT_EQ(quantile(0.5, {4, 0, 1}), 1);
  EXPECT_EQ(quantile(0.75, {4, 0, 1}), 2.5);
  EXPECT_THAT(quantile(0.8, {4, 0, 1}), DoubleEq(2.8));
  EXPECT_EQ(quantile(1, {4, 0, 1}), 4);
  EXPECT_EQ(quantile(0.3, {7}), 7);
}

TEST(Quantile, OutsideOfZeroToOneIsInfinite) {
  EXPECT_EQ(quantile(-0.1, {1, 2}), -kInf);
  EXPECT_EQ(quantile(1.1, {1, 2}), kInf);
  EXPECT_THAT(quantile(kNan, {1, 2}), IsNan());
  EXPECT_THAT(quantile(0.5, {}), IsNan());
}

TEST(Quantile, TakesNanForTheLeastValue) {
  EXPECT_THAT(quantile(0, {1, kNan, 2}), IsNan());
  EXPECT_EQ(quantile(0.5, {2, kNan, 1, kNan, 3}), 1);
  EXPECT_EQ(quantile(1, {2, kNan, 1}), 2);
}

Variance variance_of(std::initializer_list<double> values) {
  Variance variance;
  for (const double value : values) variance.add(value);
  return variance;
}

TEST(VarianceOf, IsThePopulations) {
  EXPECT_THAT(variance_of({2, 4, 4, 4, 5, 5, 7, 9}).variance(), DoubleEq(4));
  EXPECT_THAT(variance_of({2, 4, 4, 4, 5, 5, 7, 9}).deviation(), DoubleEq(2));
  EXPECT_EQ(variance_of({3}).variance(), 0);
}

TEST(VarianceOf, IsNanWithAnInfiniteValue) {
  EXPECT_THAT(variance_of({kInf}).variance(), IsNan());
  EXPECT_THAT(variance_of({1, kInf}).deviation(), IsNan());
  EXPECT_THAT(variance_of({-kInf, 1}).variance(), IsNan());
  EXPECT_THAT(variance_of({kNan}).variance(), IsNan());
}

TEST(Extremes, PreferNumbersToNan) {
  EXPECT_EQ(larger(kNan, 1), 1);
  EXPECT_EQ(larger(1, kNan), 1);
  EXPECT_EQ(smaller(kNan, kInf), kInf);
  EXPECT_THAT(smaller(kNan, kNan), IsNan());
}

TEST(KahanSum, ForgetsItsCompensationOnceItIsInfinite) {
  Kahan sum;
  for (const double value : {1e308, 1.0, 1e308, -5.0}) sum.add(value);
  EXPECT_EQ(sum.total(), kInf);
}

TEST(KahanMeanOf, GoesOnAfterAnOverflow) {
  KahanMean mean;
  for (const double value : {1.5e308, 1.5e308, -1.5e308, -1.5e308}) mean.add(value);
  EXPECT_NEAR(mean.mean() / 1e308, 0, 1e-12);
}

TEST(AlmostEqual, MeasuresByTheSumOfMagnitudes) {
  EXPECT_TRUE(almost_equal(100, 100.0001, 1e-6));
  EXPECT_FALSE(almost_equal(100, 100.001, 1e-6));
  EXPECT_TRUE(almost_equal(kInf, kInf, 1e-6));
  EXPECT_FALSE(almost_equal(kInf, -kInf, 1e-6));
  EXPECT_FALSE(almost_equal(0, 1e-17, 1e-6));
  EXPECT_TRUE(almost_equal(0, -0.0, 1e-6));
}

TEST(AlmostEqual, TellsAStalenessMarkerFromNan) {
  EXPECT_TRUE(almost_equal(kNan, -kNan, 1e-6));
  EXPECT_TRUE(almost_equal(window::stale_marker(), window::stale_marker(), 1e-6));
  EXPECT_FALSE(almost_equal(window::stale_marker(), kNan, 1e-6));
  EXPECT_FALSE(almost_equal(kNan, 0, 1e-6));
}

}  // namespace
}  // namespace hitwatch::promql
