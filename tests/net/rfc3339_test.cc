#include "agent/net/rfc3339.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hitwatch::net {
namespace {

using testing::Optional;

TEST(Rfc3339, ReadsATimeInUtcOrWithAnOffset) {
  EXPECT_THAT(parse_rfc3339("2015-07-01T20:10:30Z"), Optional(1435781430000));
  EXPECT_THAT(parse_rfc3339("2015-07-01t20:10:30z"), Optional(1435781430000));
  EXPECT_THAT(parse_rfc3339("2015-07-01 20:10:30Z"), Optional(1435781430000));
  EXPECT_THAT(parse_rfc3339("2015-07-01T22:10:30+02:00"), Optional(1435781430000));
  EXPECT_THAT(parse_rfc3339("2015-07-01T14:40:30-05:30"), Optional(1435781430000));
  EXPECT_THAT(parse_rfc3339("2000-02-29T00:00:00Z"), Optional(951782400000));
  EXPECT_THAT(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, KeepsMillisecondsOfAFraction) {
  EXPECT_THAT(parse_rfc3339("2015-07-01T20:10:30.781Z"), Optional(1435781430781));
  EXPECT_THAT(parse_rfc3339("2015-07-01T20:10:30.5Z"), Optional(1435781430500));
  EXPECT_THAT(parse_rfc3339("2015-07-01T20:10:30.781999999+00:00"), Optional(1435781430781));
  EXPECT_THAT(parse_rfc3339("2015-07-01T20:10:30." + std::string(100'000, '9') + "Z"),
              Optional(1435781430999));
}

TEST(Rfc3339, KnowsTheTimeThatWasNeverSet) {
  EXPECT_THAT(parse_rfc3339("0001-01-01T00:00:00Z"), Optional(kNoTime));
  EXPECT_EQ(format_rfc3339(kNoTime), "0001-01-01T00:00:00Z");
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "2015",
                                      "2015-07-01",
                                      "2015-07-01T20:10Z",
                                      "2015-07-01T20:10:30",
                                      "2015-13-01T00:00:00Z",
                                      "2015-02-29T00:00:00Z",
                                      "2015-07-01T24:00:00Z",
                                      "2015-07-01T20:60:00Z",
                                      "2015-07-01T20:10:61Z",
                                      "2015-07-01T20:10:30.Z",
                                      "2015-07-01T20:10:30+2:00",
                                      "2015-07-01T20:10:30+0200",
                                      "2015-07-01T20:10:30+24:00",
                                      "2015-07-01T20:10:30Z ",
                                      " 2015-07-01T20:10:30Z",
                                      "12015-07-01T20:10:30Z",
                                      "-015-07-01T20:10:30Z",
                                      "2015-07-01T-0:10:30Z",
                                      "2015-07-01T+1:10:30Z",
                                      "2015-00-01T00:00:00Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, WritesTheShortestFractionOrThreeDigits) {
  EXPECT_EQ(format_rfc3339(1435781430781), "2015-07-01T20:10:30.781Z");
  EXPECT_EQ(format_rfc3339(1435781430500), "2015-07-01T20:10:30.5Z");
  EXPECT_EQ(format_rfc3339(1435781430000), "2015-07-01T20:10:30Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339_milliseconds(1435781430781), "2015-07-01T20:10:30.781Z");
  EXPECT_EQ(format_rfc3339_milliseconds(1435781430000), "2015-07-01T20:10:30.000Z");
  EXPECT_EQ(format_rfc3339_milliseconds(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
  std::mt19937_64 random(7);
  const std::int64_t last = *parse_rfc3339("9999-12-31T23:59:59.999Z");
  std::uniform_int_distribution<std::int64_t> times(kNoTime, last);
  for (int i = 0; i < 10'000; ++i) {
    const std::int64_t time = times(random);
    EXPECT_THAT(parse_rfc3339(format_rfc3339(time)), Optional(time));
    EXPECT_THAT(parse_rfc3339(format_rfc3339_milliseconds(time)), Optional(time));
  }
}

}  // namespace
}  // namespace hitwatch::net
