#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/keys/rules.h"

namespace hitwatch::keys {
namespace {

using test::rule;

std::string why(std::string_view text, std::string_view key) { return explain(rule(text), key); }

TEST(Explain, ARuleThatMatchesNeedsNoReason) {
  EXPECT_EQ(why("catalog:{tenant}:*", "catalog:acme:1"), "");
}

TEST(Explain, LiteralTextThatIsNotThere) {
  EXPECT_EQ(why("catalog:{tenant}", "cart:acme"), "'catalog:' does not stand at the beginning");
  EXPECT_EQ(why("catalog:{tenant}:package:{slug}", "catalog:acme:packages"),
            "':package:' does not stand after byte 12");
}

TEST(Explain, AnEmptyPlaceholder) {
  EXPECT_EQ(why("catalog:{tenant}:x", "catalog::x"), "{tenant} is empty after byte 8");
}

TEST(Explain, AKeyThatEndsTooEarly) {
  EXPECT_EQ(why("a:{tenant}:{id}", "a:acme"), "the key ends within {tenant}, before ':'");
}

TEST(Explain, AKeyThatGoesOn) {
  EXPECT_EQ(why("user:{id}", "user:1:name"),
            "{id} ends at the ':' after byte 6, and the key goes on");
  EXPECT_EQ(why("counter", "counters"), "the key goes on after byte 7");
}

TEST(Explain, APlaceholderThatWouldCrossTheSeparator) {
  EXPECT_EQ(why("{a}-b:{c}", "x:y-b:z"), "{a} ends at the ':' after byte 1, before '-b:'");
}

TEST(Explain, ThereIsAReasonExactlyIfTheRuleDoesNotMatch) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const Rule some = test::random_rule(random);
    const std::string key = test::random_key(random, 8);
    ASSERT_EQ(explain(some, key).empty(), static_cast<bool>(Matcher::match_one(some, key)))
        << some.pattern.text() << " " << key;
  }
}

}  // namespace
}  // namespace hitwatch::keys
