// Templates mean what regular expressions of the same words mean.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <string>

#include "tests/keys/rules.h"

namespace hitwatch::keys {
namespace {

using Element = Pattern::Element;

std::string one_of_not(char one, char other) {
  return "[^" + RE2::QuoteMeta(std::string(1, one)) + RE2::QuoteMeta(std::string(1, other)) + "]";
}

// A placeholder is "bytes that are neither the one after it nor the separator".
std::string to_regex(const Rule& rule) {
  std::string regex;
  const auto& elements = rule.pattern.elements();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i].kind == Element::Kind::kLiteral) {
      regex += RE2::QuoteMeta(elements[i].text);
    } else if (elements[i].kind == Element::Kind::kRest) {
      regex += "(?s:.*)";
    } else {
      const bool literal_follows =
          i + 1 < elements.size() && elements[i + 1].kind == Element::Kind::kLiteral;
      const char separator = rule.pattern.separator();
      const char stop = literal_follows ? elements[i + 1].text.front() : separator;
      const bool may_be_empty = rule.tenant_required && elements[i].text == "tenant";
      regex += "(?P<" + elements[i].text + ">" + one_of_not(stop, separator) +
               (may_be_empty ? "*)" : "+)");
    }
  }
  return regex;
}

std::string named(const RE2& regex, const std::vector<re2::StringPiece>& groups,
                  const std::string& name) {
  const auto group = regex.NamedCapturingGroups().find(name);
  if (group == regex.NamedCapturingGroups().end()) return "";
  return std::string(groups[static_cast<std::size_t>(group->second)]);
}

void expect_same(const Rule& rule, const RE2& regex, const std::string& key) {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) +
                                       1);
  const bool expected = regex.Match(key, 0, key.size(), RE2::ANCHOR_BOTH, groups.data(),
                                    static_cast<int>(groups.size()));
  const Match match = Matcher::match_one(rule, key);
  ASSERT_EQ(static_cast<bool>(match), expected) << rule.pattern.text() << " " << key;
  if (!expected) return;
  EXPECT_EQ(match.tenant, named(regex, groups, "tenant")) << rule.pattern.text() << " " << key;
  const std::string type = rule.type.empty() ? named(regex, groups, "type") : rule.type;
  EXPECT_EQ(match.type, type) << rule.pattern.text() << " " << key;
  EXPECT_EQ(match.tenant_missing, rule.tenant_required && match.tenant.empty());
}

TEST(KeyPatternReference, RandomTemplatesMeanWhatTheirRegularExpressionsMean) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    const Rule rule = test::random_rule(random);
    const RE2 regex(to_regex(rule), RE2::Latin1);
    ASSERT_TRUE(regex.ok()) << to_regex(rule);
    for (int i = 0; i < 100; ++i) expect_same(rule, regex, test::random_key(random, 8));
  }
}

}  // namespace
}  // namespace hitwatch::keys
