// What keys are, one rule at a time and all of them at once.
#include "collectors/keys/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/keys/rules.h"

namespace hitwatch::keys {
namespace {

using test::plain_match;
using test::rule;
using test::rules;
using test::same;

bool matches(std::string_view text, std::string_view key) {
  const Rule one = rule(text);
  Matcher matcher({one});
  const bool plainly = static_cast<bool>(Matcher::match_one(one, key));
  EXPECT_EQ(static_cast<bool>(matcher.match(key)), plainly) << text << " " << key;
  return plainly;
}

TEST(KeyPattern, LiteralTextIsTheWholeKey) {
  EXPECT_TRUE(matches("counter", "counter"));
  EXPECT_FALSE(matches("counter", "counters"));
  EXPECT_FALSE(matches("counter", "counte"));
  EXPECT_FALSE(matches("counter", ""));
}

TEST(KeyPattern, APlaceholderTakesOneSegment) {
  EXPECT_TRUE(matches("user:{id}", "user:42"));
  EXPECT_FALSE(matches("user:{id}", "user:42:name"));
  EXPECT_FALSE(matches("user:{id}", "user:"));
  EXPECT_FALSE(matches("user:{id}", "user"));
}

TEST(KeyPattern, APlaceholderEndsAtTheByteAfterItInTheTemplate) {
  EXPECT_TRUE(matches("{a}-{b}", "x-y-z"));
  EXPECT_TRUE(matches("{a}-b", "x-b"));
  EXPECT_FALSE(matches("{a}-b", "x-y-b"));
  EXPECT_FALSE(matches("{a}bc", "xbbc"));
  EXPECT_FALSE(matches("{a}-b:{c}", "x:y-b:z"));
}

TEST(KeyPattern, TheRestMayBeAnythingOrNothing) {
  EXPECT_TRUE(matches("cache:*", "cache:"));
  EXPECT_TRUE(matches("cache:*", "cache:a:b:c"));
  EXPECT_FALSE(matches("cache:*", "cache"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("{type}*", "a"));
  EXPECT_TRUE(matches("{type}*", "a:b"));
  EXPECT_FALSE(matches("{type}*", ":b"));
}

TEST(KeyPattern, OtherSeparatorsWorkTheSame) {
  EXPECT_TRUE(matches("a/{x}/c", "a/b:b/c"));
  EXPECT_FALSE(matches("a/{x}", "a/b/c"));
  EXPECT_FALSE(matches("a.{x}", "a.b.c"));
}

TEST(KeyPattern, KeysAreBytes) {
  const std::string key("a:\0\xff\n:\x80", 7);
  Matcher matcher(rules({"{type}:{tenant}:*"}));
  const Match match = matcher.match(key);
  ASSERT_TRUE(match);
  EXPECT_EQ(match.tenant, std::string_view("\0\xff\n", 3));
}

TEST(KeyMatcher, TheFirstRuleWins) {
  Matcher matcher(rules({"a:{tenant}:x", "a:{tenant}:{id}", "{type}:*"}));
  EXPECT_EQ(matcher.match("a:t:x").rule, &matcher.rules()[0]);
  EXPECT_EQ(matcher.match("a:t:y").rule, &matcher.rules()[1]);
  EXPECT_EQ(matcher.match("a:t").rule, &matcher.rules()[2]);
  EXPECT_EQ(matcher.match("a").rule, nullptr);
}

TEST(KeyMatcher, AGeneralRuleBeforeASpecificOneWins) {
  Matcher matcher(rules({"a:*", "a:{tenant}:x"}));
  EXPECT_EQ(matcher.match("a:t:x").rule, &matcher.rules()[0]);
}

TEST(KeyMatcher, TenantAndTypeAreCaptured) {
  Matcher matcher(rules({"{type}:metrics:{user}:{tenant}", "{tenant}/{type}/*"}));
  const Match last = matcher.match("risk:metrics:7:acme");
  EXPECT_EQ(last.type, "risk");
  EXPECT_EQ(last.tenant, "acme");
  const Match first = matcher.match("acme/page/1/2");
  EXPECT_EQ(first.type, "page");
  EXPECT_EQ(first.tenant, "acme");
}

TEST(KeyMatcher, TheTypeOfTheRuleStands) {
  Matcher matcher({rule("sess:{id}", "session")});
  const Match match = matcher.match("sess:1");
  EXPECT_EQ(match.type, "session");
  EXPECT_EQ(match.tenant, "");
  EXPECT_FALSE(match.tenant_missing);
}

TEST(KeyMatcher, WithoutRulesNothingMatches) {
  Matcher matcher({});
  EXPECT_FALSE(matcher.match(""));
  EXPECT_FALSE(matcher.match("a:b"));
}

TEST(RequiredTenant, AnEmptyOneMatchesAndIsMarked) {
  Matcher matcher({rule("{type}:{tenant}:{id}", "", true)});
  const Match missing = matcher.match("order::7");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing.type, "order");
  EXPECT_EQ(missing.tenant, "");
  EXPECT_TRUE(missing.tenant_missing);
  EXPECT_FALSE(matcher.match("order:acme:7").tenant_missing);
  EXPECT_FALSE(matcher.match("order:7"));
}

TEST(RequiredTenant, OtherPlaceholdersMayStillNotBeEmpty) {
  Matcher matcher({rule("{type}:{tenant}:{id}", "", true)});
  EXPECT_FALSE(matcher.match(":acme:7"));
  EXPECT_FALSE(matcher.match("order:acme:"));
}

TEST(RequiredTenant, AtTheEndAndBeforeTheRest) {
  Matcher matcher({rule("a:{tenant}", "a", true), rule("b:{tenant}*", "b", true)});
  EXPECT_TRUE(matcher.match("a:").tenant_missing);
  EXPECT_TRUE(matcher.match("b:").tenant_missing);
  EXPECT_TRUE(matcher.match("b::x").tenant_missing);
  EXPECT_EQ(matcher.match("b:t:x").tenant, "t");
}

TEST(RequiredTenant, EveryKeyOfATemplateWithoutOneIsMarked) {
  Matcher matcher({rule("user:{id}", "user", true)});
  EXPECT_TRUE(matcher.match("user:1").tenant_missing);
}

TEST(KeyMatcher, RandomRulesAndKeysAgreeWithThePlainLoop) {
  std::mt19937 random(7);
  int matched = 0;
  for (int round = 0; round < 400; ++round) {
    const auto some = test::random_rules(random, 1 + random() % 12);
    Matcher matcher(some);
    for (int i = 0; i < 200; ++i) {
      const std::string key = test::random_key(random, 10);
      const Match plain = plain_match(some, key);
      ASSERT_TRUE(same(matcher.match(key), plain)) << key;
      matched += plain ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 10'000);
}

// Templates without common structure, for which the product of all rules has very many states.
std::vector<Rule> exploding_rules() {
  std::vector<Rule> made;
  for (int i = 0; i < 300; ++i) {
    const char one = static_cast<char>('a' + i % 26);
    const char two = static_cast<char>('a' + i / 26);
    made.push_back(rule(std::string("{x}") + one + "{y}" + two + "{z}" + one + "{tenant}" + two));
  }
  return made;
}

TEST(KeyMatcher, AutomataThatGrowPastTheirBoundStartOver) {
  const auto some = exploding_rules();
  Matcher matcher(some);
  std::mt19937 random(3);
  for (int i = 0; i < 3'000; ++i) {
    std::string key;
    for (int size = 0; size < 24; ++size) key += static_cast<char>('a' + random() % 26);
    ASSERT_TRUE(same(matcher.match(key), plain_match(some, key))) << key;
  }
}

TEST(KeyMatcher, LongKeysAreReadToTheirEnd) {
  const std::string segment(1 << 20, 'x');
  Matcher matcher(rules({"a:{tenant}:b", "a:{tenant}:{type}"}));
  EXPECT_EQ(matcher.match("a:" + segment + ":b").rule, &matcher.rules()[0]);
  EXPECT_EQ(matcher.match("a:b:" + segment).type.size(), segment.size());
}

TEST(KeyMatcher, AsManyRulesAsAllowed) {
  std::vector<Rule> many;
  for (std::size_t i = 0; i < kMaxPatterns; ++i) {
    many.push_back(rule("type" + std::to_string(i) + ":{tenant}:*"));
  }
  Matcher matcher(many);
  for (std::size_t i = 0; i < kMaxPatterns; ++i) {
    const std::string key = "type" + std::to_string(i) + ":acme:1";
    ASSERT_EQ(matcher.match(key).rule, &matcher.rules()[i]);
  }
}

TEST(KeyMatcher, MovesWithItsAnswers) {
  Matcher first(rules({"a:{tenant}"}));
  Matcher second = std::move(first);
  first = Matcher(rules({"b:{tenant}"}));
  EXPECT_EQ(second.match("a:x").tenant, "x");
  EXPECT_FALSE(second.match("b:x"));
  EXPECT_EQ(first.match("b:x").tenant, "x");
}

}  // namespace
}  // namespace hitwatch::keys
