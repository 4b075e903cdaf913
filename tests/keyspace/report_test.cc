#include "collectors/keyspace/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace hitwatch::keyspace {
namespace {

TEST(RedactedKey, KeepsTheFirstSegmentAndTheSeparators) {
  EXPECT_EQ(redacted_key("session:9f3a-7C"), "session:9x9x-9x");
  EXPECT_EQ(redacted_key("rate-limit:acme:/api/v1"), "rate-limit:xxxx:/xxx/x9");
  EXPECT_EQ(redacted_key("cache_v2/users/17"), "cache_v2/xxxxx/99");
  EXPECT_EQ(redacted_key("app.user.17"), "app.xxxx.99");
  EXPECT_EQ(redacted_key("user:"), "user:");
}

TEST(RedactedKey, AFirstSegmentThatMayBeAnIdIsHidden) {
  EXPECT_EQ(redacted_key("alice@example.com:cart"), "xxxxx@xxxxxxx.xxx:xxxx");
  EXPECT_EQ(redacted_key("4711:cart"), "9999:xxxx");
  EXPECT_EQ(redacted_key("6f1c-99a0:cart"), "9x9x-99x9:xxxx");
  EXPECT_EQ(redacted_key("{acme}:cart"), "{xxxx}:xxxx");
  EXPECT_EQ(redacted_key(std::string(41, 'a') + ":b"), std::string(41, 'x') + ":x");
}

TEST(RedactedKey, ANameWithoutSeparatorsMayBeAnIdAsAWhole) {
  EXPECT_EQ(redacted_key("alice"), "xxxxx");
  EXPECT_EQ(redacted_key("9f8a7b"), "9x9x9x");
  EXPECT_EQ(redacted_key(""), "");
}

TEST(RedactedKey, BytesThatATerminalWouldObeyAreGone) {
  EXPECT_EQ(redacted_key("user:\x1b[2J"), "user:?[9x");
  EXPECT_EQ(redacted_key(std::string("user:\0\xc3\xa9\x7f", 9)), "user:????");
}

TEST(RedactedKey, LongNamesAreCut) {
  EXPECT_EQ(redacted_key("a:" + std::string(126, 'b')).size(), 128U);
  const std::string cut = redacted_key("a:" + std::string(127, 'b'));
  EXPECT_EQ(cut, "a:" + std::string(123, 'x') + "...");
  EXPECT_EQ(redacted_key(std::string(1 << 20, ':')).size(), 128U);
}

TEST(RedactedSegment, StaysIfItIsAWord) {
  EXPECT_EQ(redacted_segment("session"), "session");
  EXPECT_EQ(redacted_segment("rate-limit:"), "rate-limit:");
  EXPECT_EQ(redacted_segment("cache_v2."), "cache_v2.");
  EXPECT_EQ(redacted_segment(""), "");
  EXPECT_EQ(redacted_segment(":"), ":");
}

TEST(RedactedSegment, IsRedactedIfNot) {
  EXPECT_EQ(redacted_segment("alice@example."), "xxxxx@xxxxxxx.");
  EXPECT_EQ(redacted_segment("alice@example.com"), "xxxxx@xxxxxxx.xxx");
  EXPECT_EQ(redacted_segment("4111-1111:"), "9999-9999:");
  EXPECT_EQ(redacted_segment("alice.smith"), "xxxxx.xxxxx");
  EXPECT_EQ(redacted_segment("\x1b[2J\xff/"), "?[9x?/");
  EXPECT_EQ(redacted_segment(std::string(1 << 20, 'a')).size(), 128U);
}

TEST(RedactedSegment, IsWhatTheKeyBeginsWith) {
  for (const std::string segment :
       {"session", "alice@example", "4711", "a_1", "user123", "{acme}"}) {
    for (const char separator : {':', '/', '.'}) {
      const std::string with_separator = segment + separator;
      EXPECT_TRUE(redacted_key(with_separator + "x").starts_with(redacted_segment(with_separator)))
          << with_separator;
    }
  }
}

TEST(TtlBounds, GoFromASecondToAYear) {
  const auto& bounds = ttl_bounds();
  EXPECT_EQ(bounds.front(), 1);
  EXPECT_EQ(bounds.back(), 365 * 86'400);
  EXPECT_EQ(std::ranges::adjacent_find(bounds, std::greater_equal()), bounds.end());
}

TEST(MethodWord, EveryMethodHasOne) {
  EXPECT_STREQ(method_word(Method::kFull), "full scan");
  EXPECT_STREQ(method_word(Method::kRandomCursors), "random cursors");
  EXPECT_STREQ(method_word(Method::kRollingScan), "rolling scan");
  EXPECT_STREQ(method_word(Method::kRandomKey), "random keys");
  EXPECT_STREQ(method_word(Method::kNone), "none");
}

TEST(EstimateOfKeys, TheErrorIsHalfTheIntervalOverTheValue) {
  EXPECT_DOUBLE_EQ((Estimate{100, 90, 130}).error_ratio().value(), 0.2);
  EXPECT_EQ(Estimate::exact(7).error_ratio().value(), 0);
  EXPECT_FALSE((Estimate{0, 0, 3}).error_ratio());
}

TEST(EstimateOfKeys, ErrorsOfASumAddUpAsSquares) {
  const Estimate parts[] = {{10, 7, 20}, {20, 16, 20}};
  const Estimate whole = sum(parts);
  EXPECT_DOUBLE_EQ(whole.value, 30);
  EXPECT_DOUBLE_EQ(whole.low, 25);
  EXPECT_DOUBLE_EQ(whole.high, 40);
  EXPECT_EQ(sum({}).high, 0);
}

TEST(UnclassifiedKeys, AreThoseOfAllDatabases) {
  Report report;
  report.databases.push_back({.index = 0, .unclassified = {10, 7, 13}});
  report.databases.push_back({.index = 3, .unclassified = {20, 16, 24}});
  EXPECT_DOUBLE_EQ(unclassified_keys(report).value, 30);
  EXPECT_DOUBLE_EQ(unclassified_keys(report).high, 35);
}

}  // namespace
}  // namespace hitwatch::keyspace
