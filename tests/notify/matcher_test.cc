#include "agent/notify/matcher.h"

#include <gmock/gmock.h>

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// A matcher as it is understood, or what is wrong with it.
std::string parsed(std::string_view text) {
  const auto matcher = parse_matcher(text);
  return matcher ? to_string(*matcher) : "error: " + matcher.error();
}

std::string all_parsed(std::string_view text) {
  const auto matchers = parse_matchers(text);
  return matchers ? to_string(*matchers) : "error: " + matchers.error();
}

bool matches(std::string_view text, const metrics::Labels& labels) {
  const auto matchers = parse_matchers(text);
  EXPECT_TRUE(matchers) << text;
  return matchers && match(*matchers, labels);
}

TEST(NotifyMatcher, IsANameAnOperationAndAValueWithOrWithoutQuotes) {
  EXPECT_EQ(parsed("severity=page"), R"(severity="page")");
  EXPECT_EQ(parsed(R"(severity="page")"), R"(severity="page")");
  EXPECT_EQ(parsed("  team =~  a|b "), R"(team=~"a|b")");
  EXPECT_EQ(parsed("team!=ops"), R"(team!="ops")");
  EXPECT_EQ(parsed(R"(team !~ "o.*")"), R"(team!~"o.*")");
  EXPECT_EQ(parsed("__name__:x=y"), R"(__name__:x="y")");
  EXPECT_EQ(parsed("summary=two words"), R"(summary="two words")");
  EXPECT_EQ(parsed("a==b"), R"(a="=b")");
  EXPECT_EQ(parsed("a="), R"(a="")");
  EXPECT_EQ(parsed(R"(a="")"), R"(a="")");
  EXPECT_EQ(parsed("a= b{}"), R"(a="b{}")");
}

TEST(NotifyMatcher, EscapesOnlyQuotesBackslashesAndLineEnds) {
  EXPECT_EQ(parse_matcher(R"(a="1\"2\\3\n4")")->value(), "1\"2\\3\n4");
  EXPECT_EQ(parse_matcher(R"(a=~"\d+\.x")")->value(), R"(\d+\.x)");
  EXPECT_EQ(parse_matcher(R"(a=x\"y)")->value(), R"(x"y)");
  EXPECT_EQ(parse_matcher(R"(a=x\)")->value(), R"(x\)");
  EXPECT_EQ(parsed(R"(a="1\"2\\3\n4")"), R"(a="1\"2\\3\n4")");
}

TEST(NotifyMatcher, TakesAnyNameInQuotes) {
  EXPECT_EQ(parsed(R"("team.eu"="a")"), R"("team.eu"="a")");
  EXPECT_EQ(parsed(R"("équipe" =~ a)"), R"("équipe"=~"a")");
  EXPECT_EQ(parsed(R"("plain"=a)"), R"(plain="a")");
  EXPECT_THAT(parsed(R"(""=a)"), HasSubstr("the label's name is empty"));
  EXPECT_THAT(parsed(R"("a=b)"), HasSubstr("the quote of the label's name is not closed"));
  EXPECT_THAT(parsed("team.eu=a"), HasSubstr("one of =, !=, =~ and !~ is expected"));
}

TEST(NotifyMatcher, SaysWhatIsWrong) {
  EXPECT_EQ(parsed("=b"), "error: '=b' is no matcher: a label's name is expected at its beginning");
  EXPECT_THAT(parsed(""), HasSubstr("a label's name is expected"));
  EXPECT_THAT(parsed("1a=b"), HasSubstr("a label's name is expected"));
  EXPECT_THAT(parsed("a"), HasSubstr("one of =, !=, =~ and !~ is expected behind"));
  EXPECT_THAT(parsed("a~b"), HasSubstr("one of =, !=, =~ and !~ is expected behind"));
  EXPECT_THAT(parsed("a=\"b"), HasSubstr("the quote of the value is not closed"));
  EXPECT_THAT(parsed(R"(a="b\")"), HasSubstr("the quote of the value is not closed"));
  EXPECT_THAT(parsed("a=\"b\"c"), HasSubstr("something stands behind the quoted value"));
  EXPECT_THAT(parsed("a=b\"c"), HasSubstr("a quote in the value must be written \\\""));
  EXPECT_THAT(parsed("a=~("), HasSubstr("missing closing )"));
  EXPECT_THAT(parsed("a=\xff"), HasSubstr("not valid UTF-8"));
  EXPECT_THAT(parsed(std::string(100'000, 'a')), SizeIs(testing::Lt(300U)));
}

TEST(NotifyMatcher, ListsStandInBracesOrNotAndMayEndWithAComma) {
  EXPECT_EQ(all_parsed(R"({b="1", a!~"x,y"})"), R"({a!~"x,y",b="1"})");
  EXPECT_EQ(all_parsed("b=1,a=2"), R"({a="2",b="1"})");
  EXPECT_EQ(all_parsed("{a=1,}"), R"({a="1"})");
  EXPECT_EQ(all_parsed(R"(a="x\",y",b=2)"), R"({a="x\",y",b="2"})");
  EXPECT_EQ(all_parsed("{}"), "{}");
  EXPECT_EQ(all_parsed(""), "{}");
  EXPECT_EQ(all_parsed(" "), "{}");
  EXPECT_THAT(all_parsed("{a=1,,b=2}"), HasSubstr("error"));
  EXPECT_THAT(all_parsed("{,}"), HasSubstr("error"));
}

TEST(NotifyMatcher, TextsAreSortedByNameThenValue) {
  EXPECT_EQ(all_parsed("b=1,a=2,a!=1"), R"({a!="1",a="2",b="1"})");
  EXPECT_EQ(all_parsed("a=~1,a=1"), R"({a="1",a=~"1"})");
}

TEST(NotifyMatcher, AllMustHoldAndAMissingLabelIsEmpty) {
  const metrics::Labels labels = {{"alertname", "RedisDown"}, {"severity", "page"}};
  EXPECT_TRUE(matches("", labels));
  EXPECT_TRUE(matches("severity=page,alertname=~Redis.*", labels));
  EXPECT_FALSE(matches("severity=page,alertname=~Redis", labels));
  EXPECT_TRUE(matches("team=", labels));
  EXPECT_TRUE(matches("team!=ops", labels));
  EXPECT_TRUE(matches("team=~.*", labels));
  EXPECT_FALSE(matches("team=~.+", labels));
}

TEST(NotifyMatcher, ALongListCostsNoMoreThanItsLength) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "a=\\\\,";
  EXPECT_THAT(*parse_matchers(text), SizeIs(50'000U));
}

}  // namespace
}  // namespace hitwatch::notify
