// Numbers as text, and comparisons in which Go and C++ differ.
#include "rules/promql/go_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/promql/special_values.h"

namespace hitwatch::promql {
namespace {

using ::testing::IsNan;
using ::testing::Optional;

TEST(Format, PlainNeverHasAnExponent) {
  EXPECT_EQ(format_plain(0), "0");
  EXPECT_EQ(format_plain(-0.0), "-0");
  EXPECT_EQ(format_plain(12.5), "12.5");
  EXPECT_EQ(format_plain(100), "100");
  EXPECT_EQ(format_plain(-0.001), "-0.001");
  EXPECT_EQ(format_plain(1e23), "100000000000000000000000");
  EXPECT_EQ(format_plain(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(format_plain(5e-324), "0." + std::string(323, '0') + "5");
  EXPECT_EQ(format_plain(kNan), "NaN");
  EXPECT_EQ(format_plain(kInf), "+Inf");
  EXPECT_EQ(format_plain(-kInf), "-Inf");
}

TEST(Format, JsonHasAnExponentFarFromOne) {
  EXPECT_EQ(format_json(1e20), "100000000000000000000");
  EXPECT_EQ(format_json(1e21), "1e+21");
  EXPECT_EQ(format_json(0.000001), "0.000001");
  EXPECT_EQ(format_json(-1.5e-7), "-1.5e-07");
  EXPECT_EQ(format_json(1e-300), "1e-300");
  EXPECT_EQ(format_json(0), "0");
}

TEST(Format, GeneralHasAnExponentFromAMillion) {
  EXPECT_EQ(format_general(999999), "999999");
  EXPECT_EQ(format_general(1234567), "1.234567e+06");
  EXPECT_EQ(format_general(0.0001), "0.0001");
  EXPECT_EQ(format_general(0.00001), "1e-05");
  EXPECT_EQ(format_general(1.1), "1.1");
  EXPECT_EQ(format_general(0.12345, 2), "0.12");
  EXPECT_EQ(format_general(10, 2), "10");
  EXPECT_EQ(format_general(123, 2), "1.2e+02");
}

TEST(Parse, TakesWhatGoTakes) {
  EXPECT_THAT(parse_go_float("1"), Optional(1.0));
  EXPECT_THAT(parse_go_float("-.5"), Optional(-0.5));
  EXPECT_THAT(parse_go_float("+5."), Optional(5.0));
  EXPECT_THAT(parse_go_float("1e3"), Optional(1000.0));
  EXPECT_THAT(parse_go_float("0x1p-2"), Optional(0.25));
  EXPECT_THAT(parse_go_float("INF"), Optional(kInf));
  EXPECT_THAT(parse_go_float("-infinity"), Optional(-kInf));
  EXPECT_THAT(parse_go_float("nan"), Optional(IsNan()));
  EXPECT_THAT(parse_go_float("1e-999"), Optional(0.0));
}

TEST(Parse, RefusesTheRest) {
  for (const char* text : {"", "+", "-", "--1", "+-1", "1 ", " 1", "1x", "e5", ".", "0x10", "1_000",
                           "1e", "1e999", "infinit", "nan(1)", "0x", "0xp1", "1,5"}) {
    EXPECT_EQ(parse_go_float(text), std::nullopt) << text;
  }
}

TEST(MinAndMax, LetNanWinUnlessAnInfinityDecides) {
  EXPECT_THAT(min_as_go(kNan, 1), IsNan());
  EXPECT_THAT(max_as_go(1, kNan), IsNan());
  EXPECT_THAT(min_as_go(kNan, kInf), IsNan());
  EXPECT_EQ(min_as_go(kNan, -kInf), -kInf);
  EXPECT_EQ(max_as_go(kInf, kNan), kInf);
  EXPECT_TRUE(std::signbit(min_as_go(0.0, -0.0)));
  EXPECT_FALSE(std::signbit(max_as_go(-0.0, 0.0)));
  EXPECT_EQ(min_as_go(3, 2), 2);
  EXPECT_EQ(max_as_go(3, 2), 3);
}

TEST(Round, GoesToTheNearestMultipleHalvesUpwards) {
  EXPECT_EQ(round_to(2.5, 1), 3);
  EXPECT_EQ(round_to(-2.5, 1), -2);
  EXPECT_EQ(round_to(1.27, 0.5), 1.5);
  EXPECT_EQ(round_to(13, 10), 10);
  EXPECT_THAT(round_to(kNan, 1), IsNan());
  EXPECT_EQ(round_to(-kInf, 1), -kInf);
}

TEST(Sign, KeepsNan) {
  EXPECT_EQ(sign(-50), -1);
  EXPECT_EQ(sign(0), 0);
  EXPECT_EQ(sign(kInf), 1);
  EXPECT_THAT(sign(kNan), IsNan());
}

}  // namespace
}  // namespace hitwatch::promql
