#include "rules/window/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::window {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Matcher::Kind;

Matcher make(Kind kind, std::string value) {
  return Matcher::make(kind, "label", std::move(value)).value();
}
bool regex_matches(std::string pattern, std::string_view value) {
  const bool matches = make(Kind::kMatches, pattern).matches(value);
  EXPECT_NE(make(Kind::kDoesNotMatch, pattern).matches(value), matches) << pattern;
  return matches;
}
std::string error_of(std::string pattern) {
  return Matcher::make(Kind::kMatches, "label", std::move(pattern)).error();
}

TEST(Matcher, EqualityIsOfAllBytes) {
  EXPECT_TRUE(make(Kind::kEqual, "a").matches("a"));
  EXPECT_FALSE(make(Kind::kEqual, "a").matches("ab"));
  EXPECT_FALSE(make(Kind::kNotEqual, "a").matches("a"));
  EXPECT_TRUE(make(Kind::kNotEqual, "a").matches(""));
  EXPECT_TRUE(make(Kind::kEqual, "").matches(""));
}

TEST(Matcher, ExpressionsAreAnchoredAtBothEnds) {
  EXPECT_TRUE(regex_matches("a+", "aaa"));
  EXPECT_FALSE(regex_matches("a+", "aab"));
  EXPECT_FALSE(regex_matches("a+", "baa"));
  EXPECT_TRUE(regex_matches("a|ab.?", "abc"));
  EXPECT_FALSE(regex_matches("a|b.", "abc"));
}

TEST(Matcher, ADotMatchesTheEndOfALine) { EXPECT_TRUE(regex_matches("a.b", "a\nb")); }

TEST(Matcher, EverythingAndAnything) {
  EXPECT_TRUE(regex_matches(".*", ""));
  EXPECT_TRUE(regex_matches(".*", "\xff\n"));
  EXPECT_TRUE(regex_matches(".+", "x"));
  EXPECT_FALSE(regex_matches(".+", ""));
}

TEST(Matcher, AnchorsAreNotFooledByAnExpressionThatClosesWhatItDidNotOpen) {
  EXPECT_THAT(error_of("a)|(b"), HasSubstr("unexpected )"));
}

TEST(Matcher, LiteralAlternativesAreKnown) {
  EXPECT_THAT(make(Kind::kMatches, "mget|get|get").literals(), ElementsAre("get", "mget"));
  EXPECT_THAT(make(Kind::kMatches, "(?:a\\.b|c)").literals(), ElementsAre("a.b", "c"));
  EXPECT_THAT(make(Kind::kMatches, "(a|)").literals(), ElementsAre("", "a"));
  EXPECT_THAT(make(Kind::kDoesNotMatch, "a").literals(), ElementsAre("a"));
  EXPECT_THAT(make(Kind::kMatches, "").literals(), ElementsAre(""));
  for (const char* pattern : {"a.b", "(a)|(b)", "a*", "\\d", "^a", "a$", "[ab]", "(?i)a", "a{2}"}) {
    EXPECT_THAT(make(Kind::kMatches, pattern).literals(), IsEmpty()) << pattern;
  }
  EXPECT_THAT(make(Kind::kEqual, "a").literals(), IsEmpty());
}

TEST(Matcher, LiteralAlternativesMatchAsTheExpressionWould) {
  EXPECT_TRUE(regex_matches("mget|get", "get"));
  EXPECT_FALSE(regex_matches("mget|get", "mge"));
  EXPECT_FALSE(regex_matches("mget|get", ""));
  EXPECT_TRUE(regex_matches("a\\.b", "a.b"));
  EXPECT_FALSE(regex_matches("a\\.b", "axb"));
  EXPECT_TRUE(regex_matches("", ""));
  EXPECT_FALSE(regex_matches("", "a"));
}

TEST(Matcher, WhatIsNoExpressionIsSaidInTheWordsPrometheusUses) {
  EXPECT_EQ(error_of("*a"), "error parsing regexp: missing argument to repetition operator: `*`");
  EXPECT_THAT(error_of("(a"), HasSubstr("missing closing )"));
  EXPECT_THAT(error_of("(a\\)"), HasSubstr("missing closing )"));
  EXPECT_THAT(error_of("a\\"), HasSubstr("trailing backslash"));
  EXPECT_THAT(error_of("a{2000}"), HasSubstr("invalid repeat count"));
  EXPECT_THAT(error_of("(?=a)"), HasSubstr("invalid or unsupported Perl syntax"));
}

TEST(Matcher, ExpressionsAreBounded) {
  EXPECT_THAT(error_of(std::string(65537, 'a')), HasSubstr("65537 bytes"));
  EXPECT_THAT(error_of("((a{100}){100}){100}"), HasSubstr("error parsing regexp"));
  EXPECT_LT(error_of("(" + std::string(60000, 'a')).size(), 400U);
}

TEST(Matcher, ComparesByWhatWasWritten) {
  EXPECT_EQ(make(Kind::kMatches, "a|b"), make(Kind::kMatches, "a|b"));
  EXPECT_FALSE(make(Kind::kMatches, "a|b") == make(Kind::kMatches, "b|a"));
  EXPECT_FALSE(make(Kind::kMatches, "a") == make(Kind::kEqual, "a"));
}

}  // namespace
}  // namespace hitwatch::window
