#include "agent/cli/top_figures.h"

#include <gtest/gtest.h>

#include <cmath>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

TEST(TopFigures, CountsAreExactWhereThereIsRoom) {
  EXPECT_EQ(count_text(0, 6), "0");
  EXPECT_EQ(count_text(999'999, 6), "999999");
  EXPECT_EQ(count_text(1'000'000, 6), "1.00M");
  EXPECT_EQ(count_text(123'456, 5), "123k");
  EXPECT_EQ(count_text(1e20, 6), ">999T");
}

TEST(TopFigures, FewLookupsInASecondAreNotNone) {
  EXPECT_EQ(rate_text(0), "0.00");
  EXPECT_EQ(rate_text(0.001), "<0.01");
  EXPECT_EQ(rate_text(12.34), "12.3");
  EXPECT_EQ(rate_text(1234.5), "1234");
}

TEST(TopFigures, OnlyARatioWithoutMissesIsAHundredPercent) {
  EXPECT_EQ(percent_text(1), "100.0");
  EXPECT_EQ(percent_text(0.99999), "99.9");
  EXPECT_EQ(percent_text(0.928), "92.8");
  EXPECT_EQ(percent_text(std::nullopt), "");
}

TEST(TopFigures, TheMarginIsHalfOfTheInterval) {
  EXPECT_EQ(margin_text(0.82, 0.94), "±6.0");
  EXPECT_EQ(margin_text(0, 1), "±50.0");
  EXPECT_EQ(margin_text(std::nullopt, 0.9), "");
}

TEST(TopFigures, LatenciesHaveTheUnitThatSuitsThem) {
  EXPECT_EQ(latency_text(0.0004), "400µs");
  EXPECT_EQ(latency_text(0.0021), "2.1ms");
  EXPECT_EQ(latency_text(0.25), "250ms");
  EXPECT_EQ(latency_text(1.5), "1.5s");
  EXPECT_EQ(latency_text(100'000), ">2h");
  EXPECT_EQ(latency_text(std::nullopt), "");
}

TEST(TopFigures, NoFigureIsWiderThanItsColumn) {
  for (double value = 1e-9; value < 1e25; value *= 1.07) {
    EXPECT_LE(columns_of(count_text(value, 5)), 5U) << value;
    EXPECT_LE(columns_of(rate_text(value)), 9U) << value;
    EXPECT_LE(columns_of(latency_text(value)), 5U) << value;
  }
}

}  // namespace
}  // namespace hitwatch::cli
