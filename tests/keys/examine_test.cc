// Orders of rules that cannot be meant.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/keys/rules.h"
#include "tests/repetitions.h"

namespace hitwatch::keys {
namespace {

using test::rule;
using test::rules;
using FindingKind = RuleFinding::Kind;

TEST(Examine, SpecificBeforeGeneralIsInOrder) {
  EXPECT_TRUE(
      examine(rules({"catalog:{tenant}:packages", "catalog:{tenant}:package:{slug}",
                     "catalog:{tenant}:*", "{type}:{tenant}:{id}", "{type}:{tenant}:*", "*"}))
          .empty());
}

TEST(Examine, GeneralBeforeSpecificMakesItUnreachable) {
  const auto findings = examine(rules({"b:{tenant}", "a:*", "a:{tenant}:x"}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kUnreachable);
  EXPECT_EQ(findings[0].rule, 2U);
  EXPECT_EQ(findings[0].other, 1);
}

TEST(Examine, ADuplicateIsUnreachableWhateverItsType) {
  const auto findings = examine(std::vector{rule("a:{tenant}", "x"), rule("a:{tenant}", "y")});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kUnreachable);
  EXPECT_EQ(findings[0].other, 0);
}

TEST(Examine, PlaceholdersOfOtherNamesAreNoDifference) {
  EXPECT_EQ(examine(rules({"a:{tenant}", "a:{id}"})).size(), 1U);
}

TEST(Examine, SeveralRulesTogetherCanCoverOne) {
  const auto findings = examine(std::vector{rule("a:{tenant}", "a"), rule("a:{x}:*", "a"),
                                            rule("a:", "a"), rule("a::*", "a"), rule("a:*", "a")});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, 4U);
  EXPECT_EQ(findings[0].other, -1);
}

TEST(Examine, ARequiredTenantMatchesMore) {
  const std::vector some{rule("a:{tenant}", "a"), rule("a:{tenant}", "a", true)};
  EXPECT_TRUE(examine(some).empty());
}

TEST(Examine, RulesThatDisagreeAboutTheTenantAreAmbiguous) {
  const auto findings = examine(rules({"{type}:{tenant}:x", "{type}:a:{tenant}"}));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kAmbiguous);
  EXPECT_EQ(findings[0].rule, 1U);
  EXPECT_EQ(findings[0].other, 0);
  const std::string& key = findings[0].example;
  EXPECT_EQ(key.size(), 5U) << key;
  EXPECT_TRUE(key.ends_with(":a:x")) << key;
}

TEST(Examine, RulesThatAgreeAboutAllCommonKeysAreNot) {
  EXPECT_TRUE(
      examine(std::vector{rule("a:{tenant}:x:{y}", "a"), rule("a:{tenant}:{x}:y", "a")}).empty());
  EXPECT_TRUE(
      examine(std::vector{rule("a:{tenant}:x:{y}", "a"), rule("{type}:{tenant}:{x}:y")}).empty());
}

TEST(Examine, AsManyRulesAsAllowedTakeBoundedWork) {
  std::vector<Rule> many;
  for (std::size_t i = 0; i + 1 < kMaxPatterns; ++i) {
    many.push_back(rule("{type}:{tenant}:{x}:field" + std::to_string(i)));
  }
  many.push_back(many.front());
  const auto findings = examine(many);
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings.back().rule, kMaxPatterns - 1);
  EXPECT_EQ(findings.back().kind, FindingKind::kUnreachable);
}

// None of these can be told from half of the others by a step of theirs.
TEST(Examine, RulesThatAllHaveKeysInCommonTakeBoundedWork) {
  const auto pairs = static_cast<std::size_t>(repetitions(static_cast<int>(kMaxPatterns / 2)));
  std::vector<Rule> many;
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::string field = "field" + std::to_string(i);
    many.push_back(rule("{type}:{tenant}:" + field + ":{x}"));
    many.push_back(rule("{type}:{tenant}:{x}:" + field));
  }
  EXPECT_TRUE(examine(many).empty());
}

// --- against all short keys
// -----------------------------------------------------------------------

constexpr std::string_view kAlphabet = "ab:-/z";
constexpr std::size_t kLongest = 6;

std::vector<std::string> all_keys() {
  std::vector<std::string> keys{""};
  for (std::size_t from = 0; keys[from].size() < kLongest; ++from) {
    for (const char c : kAlphabet) keys.push_back(keys[from] + c);
  }
  return keys;
}

struct BruteForce {
  std::vector<bool> reached;                               // rules that win some key
  std::map<std::pair<std::size_t, std::size_t>, int> saw;  // bits of a pair (earlier, later)
};
constexpr int kOnlyEarlier = 1;
constexpr int kOnlyLater = 2;
constexpr int kDisagree = 4;

void look(BruteForce& brute, const std::vector<Rule>& some, const std::string& key) {
  std::vector<Match> matches;
  matches.reserve(some.size());
  for (const Rule& one : some) matches.push_back(Matcher::match_one(one, key));
  const auto winner = std::ranges::find_if(matches, &Match::operator bool);
  if (winner == matches.end()) return;
  brute.reached[static_cast<std::size_t>(winner - matches.begin())] = true;
  for (std::size_t later = 0; later < some.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      const Match& one = matches[earlier];
      const Match& two = matches[later];
      if (!one && !two) continue;
      int& saw = brute.saw[{earlier, later}];
      if (one && !two) saw |= kOnlyEarlier;
      if (two && !one) saw |= kOnlyLater;
      if (one && two && (one.tenant != two.tenant || one.type != two.type)) saw |= kDisagree;
    }
  }
}

void compare(const std::vector<Rule>& some, const BruteForce& brute) {
  std::string shown;
  for (const Rule& one : some) {
    shown +=
        one.pattern.text() + " type=" + one.type + (one.tenant_required ? " required" : "") + "\n";
  }
  std::vector<bool> unreachable(some.size());
  std::map<std::pair<std::size_t, std::size_t>, std::string> ambiguous;
  for (const RuleFinding& finding : examine(some)) {
    if (finding.kind == FindingKind::kUnreachable) {
      unreachable[finding.rule] = true;
    } else {
      ambiguous[{static_cast<std::size_t>(finding.other), finding.rule}] = finding.example;
    }
  }
  for (std::size_t i = 0; i < some.size(); ++i) {
    EXPECT_NE(unreachable[i], brute.reached[i]) << shown << "rule " << i;
  }
  for (const auto& [pair, saw] : brute.saw) {
    const bool expected =
        !unreachable[pair.second] && saw == (kOnlyEarlier | kOnlyLater | kDisagree);
    EXPECT_EQ(ambiguous.contains(pair), expected)
        << shown << pair.first << " and " << pair.second << " " << ambiguous[pair];
  }
}

// Rules whose shortest tell-tale keys are short enough to be among all short keys.
Rule short_rule(std::mt19937& random) {
  while (true) {
    Rule some = test::random_rule(random);
    std::size_t size = 0;
    for (const auto& element : some.pattern.elements()) {
      size += element.kind == Pattern::Element::Kind::kLiteral ? element.text.size() : 1;
    }
    if (size <= 4) return some;
  }
}

TEST(ExamineReference, FindsWhatAllShortKeysShow) {
  const auto keys = all_keys();
  std::mt19937 random(13);
  for (int round = 0; round < repetitions(60, 4); ++round) {
    std::vector<Rule> some;
    for (std::size_t count = 2 + random() % 3; count > 0; --count) {
      some.push_back(short_rule(random));
    }
    BruteForce brute;
    brute.reached.resize(some.size());
    for (std::size_t later = 0; later < some.size(); ++later) {
      for (std::size_t earlier = 0; earlier < later; ++earlier) brute.saw[{earlier, later}] = 0;
    }
    for (const std::string& key : keys) look(brute, some, key);
    compare(some, brute);
  }
}

}  // namespace
}  // namespace hitwatch::keys
