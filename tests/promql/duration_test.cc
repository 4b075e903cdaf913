// Lengths of time, their texts and their expressions.
#include "rules/promql/duration.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "rules/promql/parser.h"

namespace hitwatch::promql {
namespace {

TEST(Duration, UnitsComeInOrderAndEachOnce) {
  EXPECT_EQ(parse_duration("1y2w3d4h5m6s7ms"),
            ((((365LL + 14 + 3) * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7);
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("0s"), 0);
  for (const std::string_view text :
       {"1", "s", "1s1m", "1s2s", "-1s", "1 s", "1.5s", "1S", "1sm"}) {
    EXPECT_EQ(parse_duration(text).error(),
              "not a valid duration string: \"" + std::string(text) + "\"");
  }
  EXPECT_EQ(parse_duration("").error(), "empty duration string");
}

TEST(Duration, WhatDoesNotFitIsRefused) {
  EXPECT_TRUE(parse_duration("292y"));
  EXPECT_EQ(parse_duration("293y").error(), "duration out of range");
  EXPECT_EQ(parse_duration("292y9999999999999h").error(), "duration out of range");
  EXPECT_EQ(parse_duration("99999999999999999999s").error(), "duration out of range");
}

TEST(Duration, PrintsTheLargestUnitsThatFit) {
  EXPECT_EQ(print_duration(0), "0s");
  EXPECT_EQ(print_duration(-90'000), "-1m30s");
  EXPECT_EQ(print_duration(7LL * 24 * 3'600'000), "1w");
  EXPECT_EQ(print_duration(7LL * 24 * 3'600'000 + 1), "168h1ms");
}

std::string range_of(std::string_view text, QueryTimes times = {.step = 30'000, .range = 600'000}) {
  const auto expr = parse(text);
  if (!expr) return expr.error().text;
  const auto value = resolve(std::get<MatrixSelector>((*expr)->node).range, times, true);
  return value ? std::to_string(*value) : describe(value.error(), text);
}

TEST(Duration, ExpressionsAreSeconds) {
  EXPECT_EQ(range_of("a[5m]"), "300000");
  EXPECT_EQ(range_of("a[5m + 30]"), "330000");
  EXPECT_EQ(range_of("a[2 ^ 3 ^ 2]"), "512000");
  EXPECT_EQ(range_of("a[-2 ^ 2 + 10]"), "6000");
  EXPECT_EQ(range_of("a[10 - 3 - 2]"), "5000");
  EXPECT_EQ(range_of("a[17 % 10 * 0.5]"), "3500");
  EXPECT_EQ(range_of("a[(1m + 1m) * 2]"), "240000");
  EXPECT_EQ(range_of("a[2 * step()]"), "60000");
  EXPECT_EQ(range_of("a[range() / 2]"), "300000");
  EXPECT_EQ(range_of("a[min_of(step(), 1m)]"), "30000");
  EXPECT_EQ(range_of("a[max(step(), 1m)]"), "60000");
}

TEST(Duration, WhatAQueryMakesWrongIsSaidWithItsPlace) {
  EXPECT_EQ(range_of("a[1m - 1h]"), "1:3: duration must be greater than 0");
  EXPECT_EQ(range_of("a[step()]", {}), "1:3: duration must be greater than 0");
  EXPECT_EQ(range_of("a[1m + 1m / step()]", {}), "1:8: division by zero");
  EXPECT_EQ(range_of("a[1m + 1m % range()]", {}), "1:8: modulo by zero");
  EXPECT_EQ(range_of("a[10 ^ 300 + 1]"), "1:3: duration is out of range");
  EXPECT_EQ(range_of("a[(-8) ^ 0.5]"), "1:3: duration is out of range");
}

TEST(Duration, AnOffsetMayBeNegative) {
  const auto expr = parse("a offset -(1m + step())");
  ASSERT_TRUE(expr);
  const auto& offset = std::get<VectorSelector>((*expr)->node).modifiers.offset;
  EXPECT_EQ(resolve(*offset, {.step = 1000, .range = 0}, false), -61'000);
}

}  // namespace
}  // namespace hitwatch::promql
