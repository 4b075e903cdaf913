// The `keys` section: what reaches the matcher, and what is refused where.
#include "agent/config/keys_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/config/config.h"
#include "tests/config/faults.h"

namespace hitwatch::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Keys keys_in(const std::string& text) {
  auto config = load_text(text, "h.yaml");
  if (config) return config->keys;
  ADD_FAILURE() << to_string(config.error());
  return {};
}

// The faults of a configuration whose only pattern is this entry.
std::vector<std::string> pattern_faults(const std::string& entry) {
  return faults_of("keys:\n  patterns:\n    - " + entry + "\n");
}

TEST(KeysSection, WithoutItThereAreNoPatternsAndTheDefaultLimits) {
  for (const char* text : {"", "keys:\n", "keys: {}\n", "keys: {patterns: [], tenants: {}}\n"}) {
    const Keys keys = keys_in(text);
    EXPECT_TRUE(keys.patterns.empty());
    EXPECT_EQ(keys.tenants, lookups::Limits{});
  }
  EXPECT_EQ(lookups::Limits{}.tenants, 10'000U);
  EXPECT_EQ(lookups::Limits{}.latency_tenants, 100U);
}

TEST(KeysSection, EveryKeyReachesItsPlace) {
  const Keys keys = keys_in(R"(
keys:
  patterns:
    - match: "catalog:{tenant}:*"
      type: goods
    - {match: "{type}:{tenant}:{id}", tenant: required}
    - {match: "session:{id}"}
  tenants: {limit: 500, latency_top: 0}
)");
  ASSERT_EQ(keys.patterns.size(), 3U);
  EXPECT_EQ(keys.patterns[0].pattern.text(), "catalog:{tenant}:*");
  EXPECT_EQ(keys.patterns[0].type, "goods");
  EXPECT_FALSE(keys.patterns[0].tenant_required);
  EXPECT_EQ(keys.patterns[1].type, "");
  EXPECT_TRUE(keys.patterns[1].tenant_required);
  EXPECT_EQ(keys.patterns[2].type, "session");
  EXPECT_THAT(keys.origins, ElementsAre("h.yaml:4:14", "h.yaml:6:15", "h.yaml:7:15"));
  EXPECT_EQ(keys.tenants.tenants, 500U);
  EXPECT_EQ(keys.tenants.latency_tenants, 0U);
}

TEST(KeysSection, TemplatesAreReadStrictly) {
  EXPECT_THAT(pattern_faults("{match: 'a:{tenant'}"),
              ElementsAre(HasSubstr("h.yaml:3:15: keys.patterns[0].match: 'a:{tenant' has a '{' "
                                    "without a '}'")));
  EXPECT_THAT(pattern_faults("{match: 'a*b'}"), ElementsAre(HasSubstr("(at byte 2)")));
  EXPECT_THAT(pattern_faults("{match: ''}"), ElementsAre(HasSubstr("is empty")));
  EXPECT_THAT(pattern_faults("{match: {type}}"), ElementsAre(HasSubstr("put templates in quotes")));
  EXPECT_THAT(pattern_faults("{match: [a]}"), ElementsAre(HasSubstr("must be a single value")));
  EXPECT_THAT(pattern_faults("{match: }"), ElementsAre(HasSubstr("has no value")));
  EXPECT_THAT(pattern_faults("{type: a}"),
              ElementsAre(HasSubstr("keys.patterns[0]: needs a match")));
  EXPECT_THAT(pattern_faults("a:*"), ElementsAre(HasSubstr("must be a mapping")));
}

TEST(KeysSection, EveryPatternHasOneType) {
  EXPECT_THAT(pattern_faults("{match: '{type}:*', type: a}"),
              ElementsAre(HasSubstr("h.yaml:3:33: keys.patterns[0].type: the pattern captures")));
  EXPECT_THAT(pattern_faults("{match: '{tenant}:*'}"), ElementsAre(HasSubstr("says no type")));
  EXPECT_THAT(pattern_faults("{match: '*'}"), ElementsAre(HasSubstr("says no type")));
  EXPECT_THAT(pattern_faults("{match: 'a:*', type: ''}"), ElementsAre(HasSubstr("1 to 128 bytes")));
  EXPECT_THAT(pattern_faults("{match: 'a:*', type: " + std::string(129, 'x') + "}"),
              ElementsAre(HasSubstr("1 to 128 bytes")));
}

TEST(KeysSection, UnknownKeysAndWordsAreNamed) {
  EXPECT_THAT(pattern_faults("{match: 'a:*', tenant: optional}"),
              ElementsAre(HasSubstr("'optional' is none of required")));
  EXPECT_THAT(pattern_faults("{match: 'a:*', typ: a}"),
              ElementsAre(HasSubstr("did you mean 'type'?")));
  EXPECT_THAT(faults_of("keys: {pattern: []}\n"),
              ElementsAre(HasSubstr("did you mean 'patterns'?")));
}

TEST(KeysSection, APatternBehindAMoreGeneralOneIsAFault) {
  EXPECT_THAT(faults_of("keys:\n"
                        "  patterns:\n"
                        "    - {match: 'a:*'}\n"
                        "    - {match: 'a:{tenant}:x'}\n"),
              ElementsAre("h.yaml:4:15: keys.patterns[1].match: 'a:{tenant}:x' never counts: 'a:*' "
                          "in line 3 matches all of its keys first; move it before that one"));
}

TEST(KeysSection, APatternGivenTwiceIsAFault) {
  EXPECT_THAT(faults_of("keys:\n"
                        "  patterns:\n"
                        "    - {match: 'a:{tenant}', type: x}\n"
                        "    - {match: 'a:{tenant}', type: y}\n"),
              ElementsAre(HasSubstr("h.yaml:4:15: keys.patterns[1].match: 'a:{tenant}' stands "
                                    "already in line 3")));
}

TEST(KeysSection, SeveralPatternsThatCoverOneAreAFault) {
  EXPECT_THAT(faults_of("keys:\n"
                        "  patterns:\n"
                        "    - {match: 'a:{x}:*'}\n"
                        "    - {match: 'a::*'}\n"
                        "    - {match: 'a:{x}'}\n"
                        "    - {match: 'a:'}\n"
                        "    - {match: 'a:*'}\n"),
              ElementsAre(HasSubstr("h.yaml:7:15: keys.patterns[4].match: 'a:*' never counts: "
                                    "earlier patterns together")));
}

TEST(KeysSection, AmbiguousPatternsLoadWithAWarning) {
  const Keys keys = keys_in(
      "keys:\n"
      "  patterns:\n"
      "    - {match: '{type}:{tenant}:x'}\n"
      "    - {match: '{type}:a:{tenant}'}\n");
  EXPECT_THAT(key_warnings(keys),
              ElementsAre(testing::AllOf(HasSubstr("h.yaml:4:15: '{type}:a:{tenant}'"),
                                         HasSubstr("'{type}:{tenant}:x'"), HasSubstr(":a:x'"))));
}

TEST(KeysSection, ASpecialCaseBeforeTheGeneralRuleIsNoReasonToWarn) {
  const Keys keys =
      keys_in("keys: {patterns: [{match: 'session:*'}, {match: '{type}:{tenant}:{id}'}]}");
  EXPECT_THAT(key_warnings(keys), testing::IsEmpty());
}

TEST(KeysSection, ARequiredTenantThatIsNotCapturedLoadsWithAWarning) {
  const Keys keys = keys_in("keys: {patterns: [{match: 'a:{id}', tenant: required}]}\n");
  EXPECT_THAT(key_warnings(keys), ElementsAre(HasSubstr("requires a tenant but captures none")));
}

TEST(KeysSection, WarningsAreBounded) {
  std::string text = "keys:\n  patterns:\n";
  for (int i = 0; i < 50; ++i) {
    text += "    - {match: 'a" + std::to_string(i) + ":{id}', tenant: required}\n";
  }
  const auto warnings = key_warnings(keys_in(text));
  ASSERT_EQ(warnings.size(), 21U);
  EXPECT_EQ(warnings.back(), "and 30 more warnings about key patterns");
}

TEST(KeysSection, LimitsHaveBounds) {
  for (const char* tenants : {"limit: 0", "limit: 1000001", "limit: -1", "limit: many",
                              "latency_top: 10001", "latency_top: 1.5", "limit: ''"}) {
    EXPECT_THAT(faults_of("keys: {tenants: {" + std::string(tenants) + "}}\n"),
                ElementsAre(HasSubstr("is not a number from")))
        << tenants;
  }
  EXPECT_THAT(faults_of("keys: {tenants: {limit: 50, latency_top: 51}}\n"),
              ElementsAre(HasSubstr("keys.tenants.latency_top: more than limit, which is 50")));
  EXPECT_EQ(keys_in("keys: {tenants: {limit: 50}}\n").tenants.latency_tenants, 50U);
  const Keys most = keys_in("keys: {tenants: {limit: 1000000, latency_top: 10000}}\n");
  EXPECT_EQ(most.tenants.tenants, 1'000'000U);
  EXPECT_EQ(keys_in("keys: {tenants: {limit: 1, latency_top: 1}}\n").tenants.tenants, 1U);
}

TEST(KeysSection, TooManyPatternsAreRefused) {
  std::string text = "keys:\n  patterns:\n";
  for (std::size_t i = 0; i <= keys::kMaxPatterns; ++i) {
    text += "    - {match: 'a" + std::to_string(i) + ":*'}\n";
  }
  EXPECT_THAT(faults_of(text), ElementsAre(HasSubstr("keys.patterns: more than 2000 patterns")));
}

}  // namespace
}  // namespace hitwatch::config
