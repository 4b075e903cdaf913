// The example configurations do what their comments promise: for each convention of keys, which
// tenant and type a key of it has.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/keys_section.h"

namespace hitwatch::config {
namespace {

Config example(const std::string& name) {
  auto config = load_file(std::string(HITWATCH_EXAMPLES "/") + name);
  if (config) return *std::move(config);
  ADD_FAILURE() << to_string(config.error());
  return {};
}

struct Expected {
  std::string key;
  std::string type;
  std::string tenant;
};

void expect_all(const std::string& name, const std::vector<Expected>& all) {
  keys::Matcher matcher(example(name).keys.patterns);
  std::set<const keys::Rule*> used;
  for (const Expected& expected : all) {
    const keys::Match match = matcher.match(expected.key);
    ASSERT_TRUE(match) << expected.key;
    EXPECT_EQ(match.type, expected.type) << expected.key;
    EXPECT_EQ(match.tenant, expected.tenant) << expected.key;
    used.insert(match.rule);
  }
  EXPECT_EQ(used.size(), matcher.rules().size()) << "not every pattern has a key here";
}

TEST(KeyConventions, TypeTenantId) {
  expect_all("keys-type-tenant-id.yaml", {
                                             {"organization:acme:42", "organization", "acme"},
                                             {"organization:acme:42:v3", "organization", "acme"},
                                         });
}

TEST(KeyConventions, AMissingTenantIsSeenWhereItIsRequired) {
  keys::Matcher matcher(example("keys-type-tenant-id.yaml").keys.patterns);
  EXPECT_TRUE(matcher.match("organization::42").tenant_missing);
  EXPECT_TRUE(matcher.match("organization::42:v3").tenant_missing);
  EXPECT_FALSE(matcher.match("organization:acme:42").tenant_missing);
}

TEST(KeyConventions, FeaturesPerTenant) {
  expect_all("keys-per-tenant-features.yaml",
             {
                 {"catalog:acme:packages", "catalog-list", "acme"},
                 {"catalog:acme:package:sunset-tour", "catalog", "acme"},
                 {"availability:acme:2026-01-31", "availability", "acme"},
                 {"booking:acme:b-17", "booking", "acme"},
                 {"rate-limit:acme:checkout", "rate-limit", "acme"},
                 {"analytics:acme:realtime", "analytics", "acme"},
                 {"feature:acme:dark-mode", "feature", "acme"},
                 {"features:acme", "features", "acme"},
             });
}

TEST(KeyConventions, TenantsElsewhere) {
  expect_all("keys-tenant-elsewhere.yaml", {
                                               {"QUOTE:xetra:SAP", "quote", "xetra"},
                                               {"CONFIG:xetra", "config", "xetra"},
                                               {"risk:metrics:7:acme", "risk-metrics", "acme"},
                                               {"risk:profile:7:acme", "risk-profile", "acme"},
                                           });
}

TEST(KeyConventions, NoTenantByDesign) {
  expect_all("keys-without-tenant.yaml", {
                                             {"session:9f3c", "session", ""},
                                             {"sess:9f3c", "session", ""},
                                             {"user:42", "user", ""},
                                             {"permissions:42", "permissions", ""},
                                             {"api-key:pk_live", "api-key", ""},
                                             {"llm-response:5d41402a", "llm-response", ""},
                                             {"memo:prices:77ab", "memo", ""},
                                             {"cache:api:endpoint:/v1/users", "api-response", ""},
                                             {"shop:order:42:status", "order", ""},
                                         });
}

TEST(KeyConventions, NoExampleNeedsAWarning) {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HITWATCH_EXAMPLES)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("keys-")) continue;
    EXPECT_EQ(key_warnings(example(name).keys), std::vector<std::string>()) << name;
    ++examples;
  }
  EXPECT_EQ(examples, 4);
}

}  // namespace
}  // namespace hitwatch::config
