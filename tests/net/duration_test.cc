#include "agent/net/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hitwatch::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Duration, ReadsEveryUnitOfPrometheus) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("15s"), seconds(15));
  EXPECT_EQ(parse_duration("5m"), minutes(5));
  EXPECT_EQ(parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(parse_duration("2d"), hours(48));
  EXPECT_EQ(parse_duration("1w"), hours(24 * 7));
  EXPECT_EQ(parse_duration("1y"), hours(24 * 365));
  EXPECT_EQ(parse_duration("1y2w3d4h5m6s7ms"),
            hours(24 * (365 + 14 + 3) + 4) + minutes(5) + seconds(6) + milliseconds(7));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  EXPECT_EQ(parse_duration("0s"), milliseconds(0));
}

TEST(Duration, RefusesWhatPrometheusRefuses) {
  for (const std::string text : {"", "15", "s", "1.5s", "-5s", "+5s", "5 s", " 5s", "5s ", "5S",
                                 "1m1h", "1s1s", "1ms1s", "0x5s", "5sec", "1h 30m"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, SaysWhatAGoodOneLooksLike) {
  EXPECT_THAT(parse_duration("15").error(), testing::HasSubstr("15s"));
}

TEST(Duration, RefusesWhatOverflows) {
  EXPECT_FALSE(parse_duration("99999999999999999999s"));
  EXPECT_FALSE(parse_duration("300000000y"));
  EXPECT_FALSE(parse_duration("292471208y9999999999999999999ms"));
}

TEST(Duration, IsWrittenInTheShortestForm) {
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
  EXPECT_EQ(format_duration(milliseconds(250)), "250ms");
  EXPECT_EQ(format_duration(minutes(90)), "1h30m");
  EXPECT_EQ(format_duration(hours(24 * 366)), "366d");
  EXPECT_EQ(format_duration(hours(24 * 14)), "2w");
  EXPECT_EQ(format_duration(milliseconds(-1)), "0s");
}

TEST(Duration, ReadsBackWhatItWrites) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const milliseconds duration(static_cast<std::int64_t>(random() >> (1 + random() % 60)));
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(Size, ReadsBinaryUnitsAndBareBytes) {
  EXPECT_EQ(parse_size("64MiB"), 64ULL << 20);
  EXPECT_EQ(parse_size("1KiB"), 1024U);
  EXPECT_EQ(parse_size("2GiB"), 2ULL << 30);
  EXPECT_EQ(parse_size("1TiB"), 1ULL << 40);
  EXPECT_EQ(parse_size("10B"), 10U);
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("010"), 10U) << "a leading zero does not mean octal";
}

TEST(Size, RefusesAmbiguousUnitsSignsAndOverflow) {
  for (const std::string text : {"", "MiB", "64MB", "64M", "64mib", "-1", "1.5GiB", "64 MiB", "12 ",
                                 "0x10", "99999999999TiB", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Size, ReadsBackWhatItWrites) {
  EXPECT_EQ(format_size(64ULL << 20), "64MiB");
  EXPECT_EQ(format_size(1000), "1000B");
  EXPECT_EQ(format_size(0), "0B");
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t size = random() >> (random() % 64);
    EXPECT_EQ(parse_size(format_size(size)), size);
  }
}

}  // namespace
}  // namespace hitwatch::net
