// Functions of range vectors, by samples and what comes of them.
#include "rules/promql/range_math.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "tests/promql/special_values.h"

namespace hitwatch::promql {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::IsNan;
using ::testing::Optional;

// A sample every `step` seconds, the first at `first` seconds.
std::vector<window::Point> series(std::initializer_list<double> values, double first = 0,
                                  double step = 60) {
  std::vector<window::Point> points;
  double time = first;
  for (const double value : values) {
    points.push_back({static_cast<std::int64_t>(time * 1000), value});
    time += step;
  }
  return points;
}

Range seconds(std::int64_t begin, std::int64_t end) { return {begin * 1000, end * 1000}; }

TEST(Rate, IsExactWhereSamplesReachBothEndsOfTheRange) {
  EXPECT_THAT(increase(series({0, 10, 20}), seconds(0, 120)), Optional(20.0));
  EXPECT_THAT(rate(series({0, 10, 20}), seconds(0, 120)), Optional(DoubleEq(20.0 / 120)));
}

TEST(Rate, NeedsTwoSamples) {
  EXPECT_EQ(rate(series({7}), seconds(-60, 60)), std::nullopt);
  EXPECT_EQ(increase(series({}), seconds(-60, 60)), std::nullopt);
  EXPECT_EQ(delta(series({7}), seconds(-60, 60)), std::nullopt);
  EXPECT_EQ(irate(series({7})), std::nullopt);
  EXPECT_EQ(idelta(series({7})), std::nullopt);
  EXPECT_EQ(deriv(series({7})), std::nullopt);
  EXPECT_EQ(predict_linear(series({7}), 0, 60), std::nullopt);
  EXPECT_EQ(double_exponential_smoothing(series({7}), 0.5, 0.5), std::nullopt);
}

TEST(Rate, ExtrapolatesToAnEndThatIsNear) {
  // 30 s to each end, intervals of 60 s: twice half a step is added.
  EXPECT_THAT(increase(series({1000, 1010, 1020}), seconds(-30, 150)), Optional(DoubleEq(30)));
}

TEST(Rate, ExtrapolatesHalfAnIntervalToAnEndThatIsFar) {
  EXPECT_THAT(increase(series({1000, 1010, 1020}), seconds(-600, 720)), Optional(DoubleEq(30)));
  // From 1.1 intervals on an end is far.
  EXPECT_THAT(delta(series({0, 10}), seconds(-65, 60)), Optional(DoubleEq(10 * 125.0 / 60)));
  EXPECT_THAT(delta(series({0, 10}), seconds(-66, 60)), Optional(DoubleEq(10 * 90.0 / 60)));
}

TEST(Rate, DoesNotExtrapolateACounterBelowZero) {
  // It was zero 6 s before the first sample.
  EXPECT_THAT(increase(series({1, 11, 21}), seconds(-30, 120)), Optional(DoubleEq(21)));
  EXPECT_THAT(delta(series({1, 11, 21}), seconds(-30, 120)), Optional(DoubleEq(25)));
}

TEST(Rate, LimitsAFarBeginToHalfAnIntervalBeforeItLooksForZero) {
  // Zero lies 42 s back, half an interval 30 s.
  EXPECT_THAT(increase(series({7, 17, 27}), seconds(-300, 120)), Optional(DoubleEq(25)));
  // Zero lies 12 s back.
  EXPECT_THAT(increase(series({2, 12, 22}), seconds(-300, 120)), Optional(DoubleEq(22)));
}

TEST(Rate, AddsWhatACounterHadBeforeItsReset) {
  EXPECT_THAT(increase(series({0, 1, 2, 3, 2, 3, 4}), seconds(0, 360)), Optional(DoubleEq(7)));
  EXPECT_THAT(delta(series({0, 1, 2, 3, 2, 3, 4}), seconds(0, 360)), Optional(DoubleEq(4)));
}

TEST(Rate, OfTheLastTwoSamplesTakesADropForAReset) {
  EXPECT_THAT(irate(series({0, 100, 30})), Optional(DoubleEq(0.5)));
  EXPECT_THAT(irate(series({0, 100, 160})), Optional(DoubleEq(1)));
  EXPECT_THAT(idelta(series({0, 100, 30})), Optional(-70.0));
  EXPECT_THAT(irate(series({1, kNan, 5})), Optional(IsNan()));
}

TEST(Changes, CountsFallsAndDifferences) {
  EXPECT_THAT(resets(series({1, 2, 3, 0, 1, 0, 0})), Optional(2.0));
  EXPECT_THAT(changes(series({1, 2, 3, 0, 1, 0, 0})), Optional(5.0));
  EXPECT_THAT(changes(series({kNan, kNan, kNan})), Optional(0.0));
  EXPECT_THAT(changes(series({0, kNan, 0})), Optional(2.0));
  EXPECT_THAT(resets(series({5})), Optional(0.0));
  EXPECT_THAT(changes(series({5})), Optional(0.0));
  EXPECT_EQ(resets(series({})), std::nullopt);
}

TEST(Regression, FollowsAStraightLine) {
  EXPECT_THAT(deriv(series({10, 40, 70})), Optional(DoubleEq(0.5)));
  EXPECT_THAT(predict_linear(series({10, 40, 70}), 120'000, 60), Optional(DoubleEq(100)));
  // Also from a moment that is not the last sample's.
  EXPECT_THAT(predict_linear(series({10, 40, 70}), 0, 60), Optional(DoubleEq(40)));
}

TEST(Regression, OfAConstantSeriesIsExact) {
  EXPECT_THAT(deriv(series({0.1, 0.1, 0.1})), Optional(0.0));
  EXPECT_THAT(predict_linear(series({0.1, 0.1, 0.1}), 7'000, 3600), Optional(0.1));
  EXPECT_THAT(deriv(series({kInf, kInf})), Optional(IsNan()));
  EXPECT_THAT(deriv(series({-kInf, 0, 1})), Optional(IsNan()));
}

TEST(OverTime, SumKeepsWhatLargeValuesWouldSwallow) {
  EXPECT_THAT(sum_over_time(series({1, 1e100, 1, -1e100})), Optional(2.0));
  EXPECT_THAT(avg_over_time(series({1, 1e100, 1, -1e100})), Optional(0.5));
  EXPECT_THAT(sum_over_time(series({1, kInf})), Optional(kInf));
  EXPECT_THAT(sum_over_time(series({kInf, -kInf})), Optional(IsNan()));
}

TEST(OverTime, AverageDoesNotOverflow) {
  const double large = std::numeric_limits<double>::max() / 2;
  EXPECT_THAT(avg_over_time(series({large, large, large, large})), Optional(DoubleEq(large)));
  EXPECT_THAT(avg_over_time(series({-large, -large, -large})), Optional(DoubleEq(-large)));
  EXPECT_THAT(avg_over_time(series({kInf, 0, kInf})), Optional(kInf));
  EXPECT_THAT(avg_over_time(series({kInf, -kInf})), Optional(IsNan()));
  EXPECT_THAT(avg_over_time(series({52, 52, 52, 52, 52, 52, 52})), Optional(52.0));
}

TEST(OverTime, ExtremesAreNumbersIfThereAreAny) {
  EXPECT_THAT(min_over_time(series({kNan, 2, 1, kNan})), Optional(1.0));
  EXPECT_THAT(max_over_time(series({kNan, 2, 1, kNan})), Optional(2.0));
  EXPECT_THAT(max_over_time(series({kNan, kNan})), Optional(IsNan()));
}

TEST(OverTime, CountsAndEnds) {
  const auto points = series({4, 5, 6});
  EXPECT_THAT(count_over_time(points), Optional(3.0));
  EXPECT_THAT(present_over_time(points), Optional(1.0));
  EXPECT_THAT(first_over_time(points), Optional(4.0));
  EXPECT_THAT(last_over_time(points), Optional(6.0));
}

TEST(OverTime, NothingComesOfNoSamples) {
  for (const auto function :
       {avg_over_time, sum_over_time, min_over_time, max_over_time, count_over_time,
        present_over_time, first_over_time, last_over_time, stddev_over_time, stdvar_over_time,
        mad_over_time, ts_of_min_over_time, ts_of_max_over_time, ts_of_first_over_time,
        ts_of_last_over_time, changes, resets}) {
    EXPECT_EQ(function({}), std::nullopt);
  }
  EXPECT_EQ(quantile_over_time({}, 0.5), std::nullopt);
}

TEST(OverTime, DeviationIsThePopulations) {
  EXPECT_THAT(stdvar_over_time(series({0, 8, 8, 2, 3})), Optional(DoubleNear(10.56, 1e-12)));
  EXPECT_THAT(stddev_over_time(series({0, 8, 8, 2, 3})),
              Optional(DoubleNear(std::sqrt(10.56), 1e-12)));
  EXPECT_THAT(stdvar_over_time(series({1.7, 1.7, 1.7})), Optional(0.0));
}

TEST(OverTime, MedianAbsoluteDeviation) {
  EXPECT_THAT(mad_over_time(series({4, 6, 2, 1, 999, 1, 2})), Optional(1.0));
  EXPECT_THAT(mad_over_time(series({1, 2, kNan, 4})), Optional(IsNan()));
}

TEST(OverTime, TimesAreThoseOfTheLastExtreme) {
  const auto points = series({3, 1, 5, 1, 5, 2}, 0.5, 10);
  EXPECT_THAT(ts_of_min_over_time(points), Optional(30.5));
  EXPECT_THAT(ts_of_max_over_time(points), Optional(40.5));
  EXPECT_THAT(ts_of_first_over_time(points), Optional(0.5));
  EXPECT_THAT(ts_of_last_over_time(points), Optional(50.5));
  EXPECT_THAT(ts_of_max_over_time(series({kNan, 1, kNan}, 0, 10)), Optional(10.0));
}

TEST(Smoothing, FollowsATrend) {
  EXPECT_THAT(double_exponential_smoothing(series({0, 10, 20, 30}), 0.01, 0.1),
              Optional(DoubleNear(30, 1e-9)));
  // Level after the second sample 0.5*4 + 0.5*(0 + 4) = 4, slope still 4; then the slope becomes
  // 0.5*4 + 0.5*4 = 4 and the level 0.5*2 + 0.5*(4 + 4) = 5.
  EXPECT_THAT(double_exponential_smoothing(series({0, 4, 2}), 0.5, 0.5), Optional(5.0));
}

}  // namespace
}  // namespace hitwatch::promql
