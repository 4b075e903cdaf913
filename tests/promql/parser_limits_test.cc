// What people with bad intentions write: refused at once, with a reason, whatever its size.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "rules/promql/parser.h"
#include "rules/promql/printer.h"

namespace hitwatch::promql {
namespace {

using testing::HasSubstr;

constexpr ParseLimits kRoomy{.text = 64U << 20, .height = 500};

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

std::string error_of(std::string_view text, ParseLimits limits = kRoomy) {
  const auto expr = parse(text, limits);
  return expr ? "accepted" : expr.error().text;
}

constexpr std::string_view kTooDeep = "nested too deeply: more than 500 levels";

TEST(ParserLimits, TextIsAtMost128KiB) {
  const std::string text = "1" + std::string((128U << 10) - 1, ' ');
  EXPECT_TRUE(parse(text));
  EXPECT_EQ(error_of(text + " ", {}),
            "expression is too long: 131073 bytes, at most 131072 are allowed");
  EXPECT_FALSE(parse_selector("up" + std::string(128U << 10, ' ')));
}

TEST(ParserLimits, NestingBeyondTheLimitIsRefused) {
  constexpr std::size_t kMany = 100'000;
  EXPECT_THAT(error_of(repeat("(", kMany) + "1" + repeat(")", kMany)), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("(", kMany)), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("-", kMany) + "1"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("-", kMany) + "a"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("abs(", kMany) + "a"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("sum(", kMany)), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of(repeat("2^", kMany) + "2"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a[" + repeat("(", kMany)), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a[" + repeat("-", kMany) + "1m]"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a[" + repeat("2^", kMany) + "2]"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a offset " + repeat("(", kMany)), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a[" + repeat("min_of(1,", kMany)), HasSubstr(kTooDeep));
}

TEST(ParserLimits, ChainsAreTreesAsHighAsTheyAreLong) {
  EXPECT_THAT(error_of(repeat("1 + ", 100'000) + "1"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a[" + repeat("1 + ", 100'000) + "1]"), HasSubstr(kTooDeep));
  EXPECT_THAT(error_of("a" + repeat("[1m:]", 100'000)), HasSubstr(kTooDeep));
  EXPECT_EQ(error_of(repeat("a or ", 499) + "a"), "accepted");
  EXPECT_THAT(error_of(repeat("a or ", 500) + "a"), HasSubstr(kTooDeep));
}

TEST(ParserLimits, TheHighestTreeIsPrintedAndReadAgain) {
  for (const std::string& text : {repeat("(", 499) + "1" + repeat(")", 499), repeat("-", 499) + "a",
                                  repeat("2 ^ ", 499) + "2", "a[" + repeat("2 ^ ", 498) + "2]"}) {
    const auto expr = parse(text);
    ASSERT_TRUE(expr) << expr.error().text;
    EXPECT_EQ((*expr)->height, 500U);
    EXPECT_EQ(print(**expr), text);
  }
}

TEST(ParserLimits, WidthIsLimitedByTheTextAlone) {
  const auto call = parse("label_join(a, \"b\"" + repeat(", \"c\"", 20'000) + ")");
  ASSERT_TRUE(call);
  EXPECT_EQ(std::get<Call>((*call)->node).arguments.size(), 20'002U);
  EXPECT_TRUE(parse("sum by (" + repeat("a,", 50'000) + ") (b)"));
  EXPECT_TRUE(parse("a{" + repeat("b=\"c\",", 10'000) + "}"));
}

TEST(ParserLimits, LongTokensAreReadOnce) {
  EXPECT_EQ(error_of(repeat("a", 1'000'000)), "accepted");
  EXPECT_EQ(error_of("\"" + repeat("\\n", 500'000) + "\""), "accepted");
  EXPECT_EQ(error_of(repeat("#\n", 500'000) + "1"), "accepted");
  EXPECT_EQ(error_of(repeat("a + fill ", 500'000)), "unexpected identifier \"a\"");
  EXPECT_THAT(error_of(repeat("9", 1'000'000)), HasSubstr("value out of range"));
  EXPECT_THAT(error_of(repeat("1h", 500'000)), HasSubstr("not a valid duration string"));
}

TEST(ParserLimits, AnyByteIsAToken) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string_view before : {"", "a[", "a{", "a[5m ", "a + ", "\"", "\"\\"}) {
      const std::string text = std::string(before) + static_cast<char>(byte);
      const auto expr = parse(text);
      EXPECT_TRUE(expr || !expr.error().text.empty()) << text;
    }
  }
}

}  // namespace
}  // namespace hitwatch::promql
