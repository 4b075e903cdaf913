#include "agent/net/retry_after.h"

#include <gtest/gtest.h>

namespace hitwatch::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kAnswered = 784'111'777'000 - 90'000;  // 90 s before RFC 9110's example
TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("0", kAnswered), milliseconds(0));
  EXPECT_EQ(parse_retry_after("120", kAnswered), seconds(120));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", kAnswered), seconds(90));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 1994", kAnswered), seconds(90));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kAnswered + 1),
            milliseconds(89'999));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kAnswered + 3'600'000),
            milliseconds(0));
  EXPECT_EQ(parse_retry_after("99999999999999999999", kAnswered), std::chrono::hours(366 * 24));
}

TEST(RetryAfter, IsNothingIfItIsNeither) {
  for (const auto* text : {"", "-1", "1.5", "soon", " 5", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    EXPECT_EQ(parse_retry_after(text, kAnswered), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace hitwatch::net
