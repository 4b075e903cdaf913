#include "collectors/keys/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::keys {
namespace {

using ElementKind = Pattern::Element::Kind;

Pattern parsed(std::string_view text) {
  const auto pattern = Pattern::parse(text);
  if (!pattern) {
    ADD_FAILURE() << text << " " << pattern.error().text;
    return {};
  }
  return *pattern;
}

PatternFault fault(std::string_view text) {
  const auto pattern = Pattern::parse(text);
  if (!pattern) return pattern.error();
  ADD_FAILURE() << text << " is accepted";
  return {};
}

TEST(PatternParse, LiteralsPlaceholdersAndTheRestAreElements) {
  const Pattern pattern = parsed("catalog:{tenant}:package:*");
  const auto& elements = pattern.elements();
  ASSERT_EQ(elements.size(), 4U);
  EXPECT_EQ(elements[0].kind, ElementKind::kLiteral);
  EXPECT_EQ(elements[0].text, "catalog:");
  EXPECT_EQ(elements[1].kind, ElementKind::kPlaceholder);
  EXPECT_EQ(elements[1].text, "tenant");
  EXPECT_EQ(elements[2].text, ":package:");
  EXPECT_EQ(elements[3].kind, ElementKind::kRest);
  EXPECT_EQ(pattern.text(), "catalog:{tenant}:package:*");
}

TEST(PatternParse, ABackslashMakesTheByteAfterItLiteral) {
  const Pattern pattern = parsed(R"(\{a\}\*\\{id})");
  ASSERT_EQ(pattern.elements().size(), 2U);
  EXPECT_EQ(pattern.elements()[0].text, R"({a}*\)");
}

TEST(PatternParse, AnyByteMayBeLiteral) {
  const std::string text("\0\xff\n{id}", 7);
  EXPECT_EQ(parsed(text).elements().front().text, std::string("\0\xff\n", 3));
}

TEST(PatternParse, TheSeparatorIsTheFirstOfThreeThatTheLiteralTextHas) {
  EXPECT_EQ(parsed("a/{x}:b.c").separator(), ':');
  EXPECT_EQ(parsed("a/{x}.b").separator(), '/');
  EXPECT_EQ(parsed("a.{x}").separator(), '.');
  EXPECT_EQ(parsed("a-{x}").separator(), ':');
  EXPECT_EQ(parsed("{x}").separator(), ':');
}

TEST(PatternParse, TheLeadingSegmentIsLiteralTextUpToTheSeparator) {
  EXPECT_EQ(parsed("catalog:{tenant}:*").leading_segment(), "catalog");
  EXPECT_EQ(parsed("llm-response:{hash}").leading_segment(), "llm-response");
  EXPECT_EQ(parsed("a/b/{x}").leading_segment(), "a");
  EXPECT_EQ(parsed("counter").leading_segment(), "counter");
  EXPECT_EQ(parsed("{type}:x").leading_segment(), "");
  EXPECT_EQ(parsed("user{id}:x").leading_segment(), "");
  EXPECT_EQ(parsed("user*").leading_segment(), "");
  EXPECT_EQ(parsed(":x").leading_segment(), "");
}

TEST(PatternParse, PlaceholdersAreFoundByName) {
  const Pattern pattern = parsed("a:{x}:{tenant}");
  EXPECT_EQ(pattern.placeholder("tenant"), 3U);
  EXPECT_EQ(pattern.placeholder("x"), 1U);
  EXPECT_EQ(pattern.placeholder("type"), std::nullopt);
}

struct FaultCase {
  std::string text;
  std::size_t offset;
  std::string words;
};

TEST(PatternParse, FaultsSayWhatAndWhere) {
  for (const FaultCase& expected : {
           FaultCase{"", 0, "is empty"},
           {"a:{tenant", 2, "'{' without a '}'"},
           {"a:tenant}", 8, "'}' without a '{'"},
           {"a:{}", 3, "name"},
           {"a:{Tenant}", 3, "name"},
           {"a:{1}", 3, "name"},
           {"a:{a{b}}", 3, "name"},
           {"a:{x}{y}", 5, "nothing between them"},
           {"a:{x}:{x}", 6, "{x} twice"},
           {"a*b", 1, "'*' before its end"},
           {"a**", 1, "'*' before its end"},
           {"*{x}", 0, "'*' before its end"},
           {"a\\b", 1, "'\\'"},
           {"a\\", 1, "'\\'"},
           {std::string(kMaxPatternBytes + 1, 'a'), kMaxPatternBytes, "longer than 512"},
       }) {
    const PatternFault found = fault(expected.text);
    EXPECT_EQ(found.offset, expected.offset) << expected.text;
    EXPECT_NE(found.text.find(expected.words), std::string::npos) << found.text;
  }
}

TEST(PatternParse, TheBoundsThemselvesAreAllowed) {
  parsed(std::string(kMaxPatternBytes, 'a'));
  std::string text;
  for (std::size_t i = 0; i < kMaxPlaceholders; ++i) text += ":{p" + std::to_string(i) + "}";
  parsed(text);
  EXPECT_NE(fault(text + ":{more}").text.find("more than 16 placeholders"), std::string::npos);
}

}  // namespace
}  // namespace hitwatch::keys
