// The statistics of samples against tables, and against slow ways to the same figures.
#include "collectors/keyspace/estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace hitwatch::keyspace {
namespace {

// Wilson's interval by bisection: the shares at which `part` of `total` is just 1.96 standard
// errors away.
double wilson_bound(double part, double total, bool upper) {
  double inside = part / total;
  double outside = upper ? 1 : 0;
  for (int i = 0; i < 200; ++i) {
    const double share = (inside + outside) / 2;
    const double away = std::abs(part / total - share);
    const bool within = away <= 1.959963984540054 * std::sqrt(share * (1 - share) / total);
    (within ? inside : outside) = share;
  }
  return inside;
}

TEST(Wilson, AgreesWithTables) {
  const auto expect = [](double part, double total, double low, double high) {
    const Interval interval = wilson_interval(part, total);
    EXPECT_NEAR(interval.low, low, 5e-5) << part << "/" << total;
    EXPECT_NEAR(interval.high, high, 5e-5) << part << "/" << total;
  };
  expect(1, 10, 0.0179, 0.4042);
  expect(0, 10, 0, 0.2775);
  expect(10, 10, 0.7225, 1);
  expect(0, 20, 0, 0.1611);
  // R. G. Newcombe, 1998, table I, method 3.
  expect(81, 263, 0.2553, 0.3662);
  expect(15, 148, 0.0624, 0.1605);
  expect(1, 29, 0.0061, 0.1718);
}

TEST(Wilson, IsWhereTheShareIsJustUnlikely) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 1000; ++i) {
    const auto total = static_cast<double>(1 + random() % 10'000);
    const double part = std::floor(total * std::uniform_real_distribution<double>(0, 1)(random));
    const Interval interval = wilson_interval(part, total);
    EXPECT_NEAR(interval.low, wilson_bound(part, total, false), 1e-9);
    EXPECT_NEAR(interval.high, wilson_bound(part, total, true), 1e-9);
  }
}

TEST(EstimateCount, HoldsItsValue) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const auto total = static_cast<double>(1 + random() % 1000);
    const auto part = static_cast<double>(random() % static_cast<std::uint64_t>(total + 1));
    const double population = total * static_cast<double>(1 + random() % 100);
    const double effect = std::exp(std::uniform_real_distribution<double>(-10, 4)(random));
    const Estimate count = estimate_count(part, total, population, effect);
    EXPECT_DOUBLE_EQ(count.value, population * part / total);
    EXPECT_LE(count.low, count.value);
    EXPECT_GE(count.high, count.value * (1 - 1e-12));
    EXPECT_GE(count.low, 0);
    EXPECT_LE(count.high, population * (1 + 1e-12));
    EXPECT_TRUE(std::isfinite(count.low) && std::isfinite(count.high));
  }
}

TEST(EstimateCount, IsWiderTheLargerTheDesignEffect) {
  for (const double part : {1.0, 5.0, 50.0, 500.0, 999.0}) {
    double width = 0;
    for (const double effect : {1e-9, 0.1, 1.0, 2.0, 10.0}) {
      const Estimate count = estimate_count(part, 1000, 1e6, effect);
      EXPECT_GT(count.high - count.low, width) << part << ", " << effect;
      width = count.high - count.low;
    }
  }
}

TEST(EstimateCount, AGroupThatWasSeenHasAKey) {
  EXPECT_EQ(estimate_count(1, 1000, 1000, 1).low, 1);
  EXPECT_EQ(estimate_count(1, 1000, 100, 1).low, 0.1);
}

TEST(EstimateCount, AGroupThatWasNotSeenHasAtMostThreeInTheSample) {
  const Estimate count = estimate_count(0, 1000, 1e6, 1);
  EXPECT_EQ(count.value, 0);
  EXPECT_EQ(count.low, 0);
  EXPECT_EQ(count.high, 3000);
  EXPECT_EQ(estimate_count(0, 1000, 1e6, 4).high, 12'000);
  EXPECT_EQ(estimate_count(0, 2, 1000, 1).high, 1000);
}

TEST(EstimateCount, CorrectionForContinuityAgreesWithTables) {
  // R. G. Newcombe, 1998, table I, method 4.
  EXPECT_NEAR(estimate_count(81, 263, 1e4, 1).low, 2535, 1);
  EXPECT_NEAR(estimate_count(15, 148, 1e4, 1).low, 598, 1);
  EXPECT_NEAR(estimate_count(1, 29, 1e4, 1).low, 18, 1);
}

TEST(Around, ReachesAsStudentsTSays) {
  // Two-sided 95 % points.
  const std::pair<double, double> table[] = {{5, 2.5706},  {6, 2.4469},   {10, 2.2281},
                                             {15, 2.1314}, {20, 2.0860},  {30, 2.0423},
                                             {60, 2.0003}, {120, 1.9799}, {HUGE_VAL, 1.9600}};
  for (const auto& [degrees, t] : table) {
    const Estimate estimate = around(100, 0.1, degrees);
    EXPECT_NEAR(std::log(estimate.high / 100) / 0.1, t, t / 100) << degrees;
    EXPECT_NEAR(estimate.low * estimate.high, 1e4, 1e-6);
  }
  EXPECT_EQ(around(100, 0, 20).low, 100);
}

TEST(Moments, AreThoseOfTheTextbook) {
  Moments moments;
  EXPECT_EQ(moments.mean(), 0);
  EXPECT_EQ(moments.squared_variation(), 0);
  moments.add(2);
  EXPECT_EQ(moments.squared_variation(), 0);
  for (const double x : {4, 4, 4, 5, 5, 7, 9}) moments.add(x);
  EXPECT_EQ(moments.mean(), 5);
  EXPECT_NEAR(moments.squared_variation(), 32.0 / 7 / 25, 1e-12);
}

TEST(PooledVariation, LiesBetweenTheFewAndTheMany) {
  Moments few;
  Moments many;
  for (int i = 0; i < 100; ++i) many.add(1 + i % 10);
  EXPECT_EQ(pooled_variation(few, many), many.squared_variation());
  few.add(5);
  EXPECT_EQ(pooled_variation(few, many), many.squared_variation());
  for (int i = 0; i < 15; ++i) few.add(5);
  EXPECT_NEAR(pooled_variation(few, many), many.squared_variation() / 2, 1e-12);
}

TEST(ShareOf, StaysBetweenNothingAndAll) {
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> any(0, 1);
  for (int i = 0; i < 1000; ++i) {
    const double share = any(random);
    const Estimate part = share_of(1000, share, any(random) * 0.1, 20);
    EXPECT_NEAR(part.value, 1000 * share, 1e-9);
    EXPECT_GE(part.low, 0);
    EXPECT_LE(part.low, part.value);
    EXPECT_GE(part.high, part.value);
    EXPECT_LE(part.high, 1000);
  }
  EXPECT_EQ(share_of(1000, 0, 1, 20).high, 0);
  EXPECT_EQ(share_of(1000, 1, 1, 20).low, 1000);
  EXPECT_EQ(share_of(1000, 0.5, 0, 20).low, 500);
}

TEST(ShareOf, AndWhatIsLeftMirrorEachOther) {
  const Estimate part = share_of(1, 0.2, 0.001, 20);
  const Estimate rest = share_of(1, 0.8, 0.001, 20);
  EXPECT_NEAR(part.low, 1 - rest.high, 1e-12);
  EXPECT_NEAR(part.high, 1 - rest.low, 1e-12);
}

TEST(Product, OfAnExactFigureIsScaled) {
  const Estimate a = around(10, 0.2, 20);
  const Estimate scaled = product(a, Estimate::exact(3));
  EXPECT_NEAR(scaled.low, 3 * a.low, 1e-12);
  EXPECT_NEAR(scaled.high, 3 * a.high, 1e-12);
}

TEST(Product, AddsVariancesOfLogarithms) {
  const Estimate both = product(around(10, 0.3, HUGE_VAL), around(5, 0.4, HUGE_VAL));
  const Estimate expected = around(50, 0.5, HUGE_VAL);
  EXPECT_NEAR(both.value, 50, 1e-12);
  EXPECT_NEAR(both.low, expected.low, 1e-9);
  EXPECT_NEAR(both.high, expected.high, 1e-9);
}

TEST(Product, MayReachDownToNothing) {
  const Estimate some{10, 0, 30};
  EXPECT_EQ(product(some, Estimate::exact(2)).low, 0);
  EXPECT_NEAR(product(some, Estimate::exact(2)).high, 60, 1e-9);
  EXPECT_EQ(product({0, 0, 3}, {0.5, 0.2, 0.8}).value, 0);
  EXPECT_NEAR(product({0, 0, 3}, {0.5, 0.2, 0.8}).high, 2.4, 1e-12);
}

// Scales rows and columns of a table of two columns in turn until both agree with their margins.
std::vector<double> fitted_shares(const std::vector<Raked>& cells, double total) {
  std::vector<double> yes;
  std::vector<double> no;
  double all = 0;
  for (const Raked& cell : cells) {
    yes.push_back(cell.weight * cell.share);
    no.push_back(cell.weight * (1 - cell.share));
    all += cell.weight;
  }
  for (int round = 0; round < 20'000; ++round) {
    double sum = 0;
    for (const double part : yes) sum += part;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      yes[i] *= total / sum;
      no[i] *= (all - total) / (all - sum);
      const double scale = cells[i].weight / (yes[i] + no[i]);
      yes[i] *= scale;
      no[i] *= scale;
    }
  }
  for (std::size_t i = 0; i < cells.size(); ++i) yes[i] /= cells[i].weight;
  return yes;
}

TEST(Raking, AgreesWithIterativeProportionalFitting) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> any(0.05, 0.95);
  for (int table = 0; table < 20; ++table) {
    std::vector<Raked> cells;
    double all = 0;
    for (std::size_t i = 0; i < 2 + random() % 8; ++i) {
      cells.push_back({any(random) * 1000, any(random)});
      all += cells.back().weight;
    }
    const double total = all * any(random);
    const double factor = raking_factor(cells, total);
    const std::vector<double> expected = fitted_shares(cells, total);
    double sum = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const double share = with_odds(cells[i].share, factor);
      EXPECT_NEAR(share, expected[i], 1e-6);
      sum += cells[i].weight * share;
    }
    EXPECT_NEAR(sum, total, all * 1e-9);
  }
}

TEST(Raking, LeavesWhatIsCertain) {
  const std::vector<Raked> cells = {{100, 0}, {100, 1}, {100, 0.5}};
  const double factor = raking_factor(cells, 120);
  EXPECT_NEAR(with_odds(0.5, factor), 0.2, 1e-9);
  EXPECT_EQ(with_odds(0, factor), 0);
  EXPECT_EQ(with_odds(1, factor), 1);
}

TEST(Raking, GivesUpOnWhatCannotBe) {
  const std::vector<Raked> cells = {{100, 0}, {100, 1}, {100, 0.5}};
  EXPECT_EQ(raking_factor(cells, 50), 1);
  EXPECT_EQ(raking_factor(cells, 250), 1);
  EXPECT_EQ(raking_factor({}, 5), 1);
  EXPECT_EQ(raking_factor({}, -5), 1);
}

}  // namespace
}  // namespace hitwatch::keyspace
