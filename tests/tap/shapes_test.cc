// Patterns that are proposed for keys of several conventions.
#include "collectors/tap/shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "collectors/tap/key_segments.h"

namespace hitwatch::tap {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::UnorderedElementsAre;

const std::vector<std::string> kTenants = {"acme",  "globex", "initech", "umbrella", "hooli",
                                           "stark", "wayne",  "tyrell",  "cyberdyne"};

class ShapesTest : public testing::Test {
 protected:
  void see(std::string_view key) {
    shapes.of(key).count({.key = key, .hits = 1, .lookup = resp::Lookup::kHit}, ++number);
  }

  std::string one_of(const std::vector<std::string>& names) {
    return names[random() % names.size()];
  }
  std::string id(std::uint64_t most = 100'000) { return std::to_string(random() % most); }
  std::string uuid() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int i = 0; i < 36; ++i) {
      text += i == 8 || i == 13 || i == 18 || i == 23 ? '-' : kDigits[random() % 16];
    }
    return text;
  }

  std::vector<std::string> patterns() const {
    std::vector<std::string> all;
    for (const Row& row : shapes.rows()) all.push_back(row.pattern);
    return all;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> all;
    for (const Row& row : shapes.rows()) all.push_back(row.type);
    return all;
  }

  Shapes shapes;
  std::uint64_t number = 0;
  std::mt19937_64 random{3};
};

TEST_F(ShapesTest, TypeThenTenantThenId) {
  for (int i = 0; i < 3000; ++i) {
    see("catalog:" + one_of(kTenants) + ":product:" + id());
    see("price:" + one_of(kTenants) + ":" + id());
    see("session:" + uuid());
  }
  EXPECT_THAT(patterns(), UnorderedElementsAre("catalog:{tenant}:product:{id}",
                                               "price:{tenant}:{id}", "session:{id}"));
  EXPECT_THAT(types(), UnorderedElementsAre("catalog_product", "price", "session"));
}

TEST_F(ShapesTest, TenantThenTypeThenId) {
  for (int i = 0; i < 3000; ++i) {
    see(one_of(kTenants) + ":catalog:" + id());
    see(one_of(kTenants) + ":session:" + uuid());
    see(one_of(kTenants) + ":settings");
  }
  EXPECT_THAT(patterns(), UnorderedElementsAre("{tenant}:catalog:{id}", "{tenant}:session:{id}",
                                               "{tenant}:settings"));
}

TEST_F(ShapesTest, NumbersThatComeAgainBeforeOthersAreTenants) {
  for (int i = 0; i < 5000; ++i) {
    see("catalog:" + id(50) + ":" + id());
    see("availability:" + id(50) + ":" + id() + ":2024-05-01");
    see("user:" + id() + ":profile");
  }
  EXPECT_THAT(patterns(),
              UnorderedElementsAre("catalog:{tenant}:{id}", "availability:{tenant}:{id}:{id2}",
                                   "user:{id}:profile"));
}

TEST_F(ShapesTest, NumberedTenantsAndLaravelsPrefixes) {
  for (int i = 0; i < 3000; ++i) {
    see("laravel_cache:tenant" + id(40) + ":products:" + id());
    see("laravel_cache:tenant" + id(40) + ":cart:" + id());
  }
  EXPECT_THAT(patterns(), UnorderedElementsAre("laravel_cache:{tenant}:products:{id}",
                                               "laravel_cache:{tenant}:cart:{id}"));
}

TEST_F(ShapesTest, WithoutTenantsThereAreNone) {
  for (int i = 0; i < 2000; ++i) {
    see("user:" + id());
    see("user:" + id() + ":friends");
    see("rate-limit:" + std::to_string(random() % 256) + ".0.0.1");
    see("config:global");
  }
  EXPECT_THAT(patterns(), UnorderedElementsAre("user:{id}", "user:{id}:friends", "rate-limit:{id}",
                                               "config:global"));
}

TEST_F(ShapesTest, SlashesAndDotsSeparateWhereThereAreNoColons) {
  for (int i = 0; i < 2000; ++i) {
    see("images/" + id() + "/thumb");
    see("stats.daily." + id());
    see("counter");
    see("page:/shop/" + id());
  }
  EXPECT_THAT(patterns(), UnorderedElementsAre("images/{id}/thumb", "stats.daily.{id}", "counter",
                                               "page:{id}"));
}

TEST_F(ShapesTest, HashTagsOfClustersAndBinaryKeysAreValues) {
  for (int i = 0; i < 500; ++i) {
    see("{user" + id() + "}:following");
    see(std::string("\x01\xFF\x02", 3) + id());
  }
  for (const std::string& pattern : patterns()) {
    EXPECT_TRUE(keys::Pattern::parse(pattern)) << pattern;
  }
  EXPECT_THAT(patterns(), Contains("{id}:following"));
}

TEST_F(ShapesTest, ThousandsOfTenantsAreOnePattern) {
  for (int i = 0; i < 50'000; ++i) {
    std::string name;
    for (int letter = 0; letter < 6; ++letter) name += static_cast<char>('a' + random() % 26);
    see("catalog:" + name + ":" + id());
  }
  EXPECT_THAT(patterns(), ElementsAre("catalog:{tenant}:{id}"));
}

TEST_F(ShapesTest, NothingIsLostWhenWordsBecomeValues) {
  for (int i = 0; i < 20'000; ++i) see("catalog:" + one_of(kTenants) + id(300) + ":" + id());
  std::uint64_t commands = 0;
  for (const Row& row : shapes.rows()) commands += row.figures.commands;
  EXPECT_EQ(commands, 20'000U);
}

// Keys that nobody has a convention for: the memory stays bounded and all of them count.
TEST_F(ShapesTest, RandomKeysOfManyShapesStayBounded) {
  for (int i = 0; i < 60'000; ++i) {
    std::string key;
    const std::size_t segments = 1 + random() % 15;
    for (std::size_t segment = 0; segment < segments; ++segment) {
      if (segment > 0) key += ':';
      for (int letter = 0; letter < 3; ++letter) key += static_cast<char>('a' + random() % 26);
    }
    see(key);
  }
  const auto rows = shapes.rows();
  EXPECT_LE(rows.size(), kMaxProposals + 1);
  std::uint64_t commands = 0;
  for (const Row& row : rows) commands += row.figures.commands;
  EXPECT_EQ(commands, 60'000U);
}

TEST_F(ShapesTest, DeepKeysEndInARest) {
  std::string key = "a";
  for (int i = 0; i < 20; ++i) key += ":b";
  see(key);
  EXPECT_TRUE(patterns().front().ends_with(":b:*"));
}

TEST_F(ShapesTest, ProposedRulesMatchTheKeysTheyWereMadeOf) {
  for (int i = 0; i < 3000; ++i) {
    see("catalog:" + one_of(kTenants) + ":product:" + id());
    see("catalog:" + one_of(kTenants) + ":list");
    see("session:" + uuid());
    see("session:stats");
    see(id() + ":" + id());
    see(id());
    see("images/" + id());
    see("stats." + id());
  }
  const auto rows = shapes.rows();
  const auto rules = proposed_rules(rows);
  EXPECT_EQ(rules.size(), rows.size());
  keys::Matcher matcher(rules);
  for (const Row& row : rows) {
    for (const std::string& example : row.examples) {
      const keys::Match match = matcher.match(example);
      ASSERT_TRUE(match) << example;
      EXPECT_EQ(match.rule->pattern.text(), row.pattern);
    }
  }
}

TEST_F(ShapesTest, NoProposedRuleIsUnreachable) {
  for (int i = 0; i < 30'000; ++i) {
    std::string key;
    const std::size_t segments = 1 + random() % 4;
    for (std::size_t segment = 0; segment < segments; ++segment) {
      if (segment > 0) key += ':';
      key += random() % 3 == 0 ? id() : std::string(1, static_cast<char>('a' + random() % 5));
    }
    see(key);
  }
  const auto rules = proposed_rules(shapes.rows());
  EXPECT_GT(rules.size(), 5U);
  for (const keys::RuleFinding& finding : keys::examine(rules)) {
    EXPECT_EQ(finding.kind, keys::RuleFinding::Kind::kAmbiguous);
  }
}

TEST_F(ShapesTest, RulesThatShareKeysAreProposedTheMoreLiteralFirst) {
  for (int i = 0; i < 3000; ++i) {
    see(one_of(kTenants) + ":" + id() + ":prefs");
    see(one_of(kTenants) + ":cart:" + id());
  }
  std::vector<std::string> order;
  for (const keys::Rule& rule : proposed_rules(shapes.rows())) order.push_back(rule.pattern.text());
  EXPECT_THAT(order, ElementsAre("{tenant}:cart:{id}", "{tenant}:{id}:prefs"));
}

TEST(KeySegments, WordsAreWhatConventionsAreMadeOf) {
  for (const std::string_view word :
       {"catalog", "user-session", "rate_limit", "v2", "OAuth2", "p2p", "tenant42", "acme", ""}) {
    EXPECT_TRUE(is_word(word)) << word;
  }
  for (const std::string_view value :
       {"42", "0001", "deadbeef01", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "a@example.org",
        "{tag}", "x y", "2024-05-01", "aZ3kQ9mT2bR7xYwP", "\xC3\xA9t\xC3\xA9", "user123456",
        "abcdefghijklmnopqrstuvwxyzabcdefghi"}) {
    EXPECT_FALSE(is_word(value)) << value;
  }
}

TEST(KeySegments, TheSeparatorIsTheFirstKindThatTheKeyHas) {
  EXPECT_EQ(separator_of("a/b:c.d"), ':');
  EXPECT_EQ(separator_of("a.b/c"), '/');
  EXPECT_EQ(separator_of("a.b"), '.');
  EXPECT_EQ(separator_of("ab"), 0);
}

}  // namespace
}  // namespace hitwatch::tap
