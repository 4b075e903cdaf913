#include "agent/cli/top_query.h"

#include <gtest/gtest.h>

namespace hitwatch::cli {
namespace {

TEST(TopQuery, NumbersComeLargestFirstAndNamesInTheirOrder) {
  EXPECT_EQ(request_target({}), "/api/v1/tenants?sort=misses&order=desc&window=5m&limit=100");
  EXPECT_EQ(request_target({.sort = SortKey::kTenant, .window = Window::k1m, .limit = 7}),
            "/api/v1/tenants?sort=tenant&order=asc&window=1m&limit=7");
  EXPECT_EQ(request_target({.min_lookups = 50}),
            "/api/v1/tenants?sort=misses&order=desc&window=5m&limit=100&min_lookups=50");
  EXPECT_TRUE(ascending({.sort = SortKey::kP99, .reverse = true}));
  EXPECT_FALSE(ascending({.sort = SortKey::kType, .reverse = true}));
}

TEST(TopQuery, PatternsMayContainAnything) {
  EXPECT_EQ(request_target({.tenant = "a&b=*", .type = "é #"}),
            "/api/v1/tenants?sort=misses&order=desc&window=5m&limit=100&tenant=a%26b%3D%2A"
            "&type=%C3%A9%20%23");
}

TEST(TopQuery, LayerAndSourceAreAskedFor) {
  EXPECT_EQ(request_target({.layer = "l1 in memory", .source = "stats_endpoint"}),
            "/api/v1/tenants?sort=misses&order=desc&window=5m&limit=100&layer=l1%20in%20memory"
            "&source=stats_endpoint");
}

TEST(TopQuery, EverySortKeyHasAWordOfItsOwnAndIsReachedInBothDirections) {
  SortKey key = SortKey::kTenant;
  for (const std::string& word : sort_words()) {
    EXPECT_EQ(sort_word(key), word);
    EXPECT_EQ(parse_sort_key(word), key);
    EXPECT_EQ(previous_sort_key(next_sort_key(key)), key);
    key = next_sort_key(key);
  }
  EXPECT_EQ(key, SortKey::kTenant);
  EXPECT_EQ(parse_sort_key("colour"), std::nullopt);
}

}  // namespace
}  // namespace hitwatch::cli
