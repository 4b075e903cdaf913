// The notation of samples, by what it means.
#include "rules/scripts/series_values.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "rules/promql/go_number.h"
#include "rules/window/series.h"

namespace hitwatch::scripts {
namespace {

using ::testing::HasSubstr;

// `1 2 _ stale {}`, or `error: …`.
std::string read_values(std::string_view text) {
  const auto values = parse_series_values(text);
  if (!values) return "error: " + values.error();
  std::string out;
  for (const SequenceValue& value : *values) {
    if (!out.empty()) out += ' ';
    switch (value.kind) {
      case SequenceValue::Kind::kMissing:
        out += '_';
        break;
      case SequenceValue::Kind::kHistogram:
        out += "{}";
        break;
      case SequenceValue::Kind::kNumber:
        out += window::is_stale(value.value) ? "stale" : promql::format_plain(value.value);
    }
  }
  return out;
}

TEST(SeriesValues, AreSeparatedByWhiteSpace) {
  EXPECT_EQ(read_values("1 2\t 3"), "1 2 3");
  EXPECT_EQ(read_values("  1  "), "1");
  EXPECT_EQ(read_values(""), "");
}

TEST(SeriesValues, TakeManyNotationsOfNumbers) {
  EXPECT_EQ(read_values("-1.5 +2 .5 5. 1e3 1.5E-3 1_000"), "-1.5 2 0.5 5 1000 0.0015 1000");
  EXPECT_EQ(read_values("inf -Inf +INF NaN nan"), "+Inf -Inf +Inf NaN NaN");
}

TEST(SeriesValues, RepeatOnceMoreThanTheySay) {
  EXPECT_EQ(read_values("5x3"), "5 5 5 5");
  EXPECT_EQ(read_values("5x0"), "5");
  EXPECT_EQ(read_values("0x5"), "0 0 0 0 0 0") << "not a hexadecimal number";
  EXPECT_EQ(read_values("NaNx1 stalex1"), "NaN NaN stale stale");
}

TEST(SeriesValues, RiseAndFall) {
  EXPECT_EQ(read_values("1+2x3"), "1 3 5 7");
  EXPECT_EQ(read_values("1-2x3"), "1 -1 -3 -5");
  EXPECT_EQ(read_values("-2+0.5x2"), "-2 -1.5 -1");
  EXPECT_EQ(read_values("1e1+1e1x1 2"), "10 20 2");
  EXPECT_EQ(read_values("-3-1x1"), "-3 -4");
}

TEST(SeriesValues, AddTheStepAgainAndAgain) {
  EXPECT_EQ(read_values("0+0.1x3"), "0 0.1 0.2 0.30000000000000004");
}

TEST(SeriesValues, LeaveOutAsManyAsTheySay) {
  EXPECT_EQ(read_values("1 _ 2"), "1 _ 2");
  EXPECT_EQ(read_values("_x3 1"), "_ _ _ 1");
  EXPECT_EQ(read_values("_x0 1"), "1");
}

TEST(SeriesValues, EndASeries) { EXPECT_EQ(read_values("1 stale 2"), "1 stale 2"); }

TEST(SeriesValues, RecogniseHistograms) {
  EXPECT_EQ(read_values("{{schema:0 sum:1 count:1 buckets:[1 2]}}"), "{}");
  EXPECT_EQ(read_values("1 {{sum:1}}x2 3"), "1 {} {} {} 3");
  EXPECT_EQ(read_values("{{sum:1 count:1}}+{{sum:2 count:2}}x2"), "{} {} {}");
  EXPECT_EQ(read_values("{{}} {{}}"), "{} {}");
}

TEST(SeriesValues, AreRefusedByName) {
  for (const char* bad : {"x5", "1x", "1xa", "1x-1", "1+2", "1+", "1+x3", "1++2x3", "_5", "_x",
                          "abc", "1.2.3", "--1", "{{sum:1", "{{}}y", "stal", "1,2", "0x1fg"}) {
    EXPECT_THAT(read_values(fmt::format("7 {} 8", bad)), HasSubstr("is no value")) << bad;
  }
}

TEST(SeriesValues, AreAtMostAMillion) {
  EXPECT_EQ(read_values("1x99999999999"), "error: '1x99999999999' makes more than 1000000 values");
  EXPECT_THAT(read_values("1x999998 1 1"), HasSubstr("makes more than"));
  EXPECT_THAT(read_values("_x18446744073709551615"), HasSubstr("makes more than"));
  EXPECT_THAT(read_values("_x18446744073709551616"), HasSubstr("is no value"));
  EXPECT_THAT(read_values("1x18446744073709551615"), HasSubstr("makes more than"));
}

}  // namespace
}  // namespace hitwatch::scripts
