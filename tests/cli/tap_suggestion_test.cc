// `hitwatch tap --suggest`: what it prints is a configuration.
#include "agent/cli/tap_suggestion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/config/config.h"
#include "agent/config/keys_section.h"
#include "tests/cli/tap_reports.h"

namespace hitwatch::cli {
namespace {

using test::ReportOf;
using testing::HasSubstr;
using testing::Not;

class Shop {
 public:
  tap::Report report() {
    ReportOf traffic;
    for (int i = 0; i < 500; ++i) {
      traffic.hits("catalog:" + tenant() + ":product:" + number(), 1)
          .hits("price:" + tenant() + ":" + number(), 1)
          .misses("session:" + number(), 1)
          .hits("images/" + number(), 1)
          .hits(number(), 1)
          .hits(tenant() + ":" + number() + ":x", 1)
          .hits("it's {odd}:" + number(), 1);
    }
    return traffic.get();
  }

 private:
  std::string tenant() {
    static const std::vector<std::string> tenants = {"acme", "globex", "initech", "umbrella"};
    return tenants[random_() % tenants.size()];
  }
  std::string number() { return std::to_string(random_() % 100'000); }

  std::mt19937_64 random_{5};
};

TEST(TapSuggestion, IsAConfigurationWithoutFaultsOrWarnings) {
  const std::string text = suggested_keys(Shop().report());
  const auto config = config::load_text(text, "suggested.yaml");
  ASSERT_TRUE(config) << text << config::to_string(config.error().front());
  EXPECT_THAT(config::key_warnings(config->keys), testing::IsEmpty()) << text;
  EXPECT_GE(config->keys.patterns.size(), 5U) << text;
}

TEST(TapSuggestion, ItsPatternsFindTenantsAndTypes) {
  const auto config = config::load_text(suggested_keys(Shop().report()), "suggested.yaml");
  ASSERT_TRUE(config);
  keys::Matcher matcher(config->keys.patterns);
  const keys::Match product = matcher.match("catalog:acme:product:7");
  EXPECT_EQ(product.tenant, "acme");
  EXPECT_EQ(product.type, "catalog_product");
  const keys::Match price = matcher.match("price:new-tenant:7");
  EXPECT_EQ(price.tenant, "new-tenant");
  EXPECT_EQ(price.type, "price");
  EXPECT_EQ(matcher.match("session:7").tenant, "");
  EXPECT_EQ(matcher.match("session:7").type, "session");
}

TEST(TapSuggestion, SaysOfEachPatternHowMuchItIs) {
  const std::string text =
      suggested_keys(ReportOf().hits("session:17", 40).hits("session:18", 2).get());
  EXPECT_THAT(text, HasSubstr("# Proposed by hitwatch tap from 42 commands"));
  EXPECT_THAT(text, HasSubstr("    - match: 'session:{id}'  # 42 commands\n"));
  EXPECT_THAT(text, Not(HasSubstr("17")));
}

TEST(TapSuggestion, PatternsThatShareKeysAreAllThere) {
  ReportOf traffic;
  for (int i = 0; i < 400; ++i) {
    const std::string tenant = i % 2 == 0 ? "acme" : "globex";
    const std::string number = std::to_string(i);
    traffic.hits(tenant + ":cart:" + number, 2);
    traffic.hits(tenant + ":" + number + ":prefs", 2);
  }
  const std::string text = suggested_keys(traffic.get());
  EXPECT_THAT(text, HasSubstr("'{tenant}:cart:{id}'  # 800 commands\n"));
  EXPECT_THAT(text, HasSubstr("'{tenant}:{id}:prefs'  # 800 commands\n"));
  EXPECT_THAT(text, Not(HasSubstr("left out")));
  EXPECT_TRUE(config::load_text(text, "suggested.yaml")) << text;
}

TEST(TapSuggestion, SaysWhatIsLeftOut) {
  tap::Report report = ReportOf().hits("session:17", 40).get();
  tap::Row same_keys = report.rows.front();
  same_keys.pattern = "session:{tenant}";
  same_keys.figures.commands = 8;
  tap::Row others = same_keys;
  others.pattern = "";
  report.rows.push_back(same_keys);
  report.rows.push_back(others);
  const std::string text = suggested_keys(report);
  EXPECT_THAT(text, HasSubstr("    - match: 'session:{id}'  # 40 commands\n"));
  EXPECT_THAT(text, testing::EndsWith(
                        "# left out, since others match its keys: 'session:{tenant}', 8 commands\n"
                        "# left out, since there are too many patterns: 8 commands\n"));
  EXPECT_TRUE(config::load_text(text, "suggested.yaml")) << text;
}

TEST(TapSuggestion, WithoutKeysItIsStillAConfiguration) {
  EXPECT_TRUE(config::load_text(suggested_keys({}), "suggested.yaml"));
}

}  // namespace
}  // namespace hitwatch::cli
