#include "collectors/keyspace/seen_keys.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace hitwatch::keyspace {
namespace {

TEST(SeenKeys, AreThoseOfASet) {
  std::mt19937 random(3);
  SeenKeys seen(100'000);
  std::set<std::string> reference;
  for (int i = 0; i < 50'000; ++i) {
    const std::string key = "key:" + std::to_string(random() % 20'000);
    ASSERT_EQ(seen.insert(key), reference.insert(key).second) << key;
  }
  EXPECT_FALSE(seen.overflowed());
}

TEST(SeenKeys, BeyondTheBoundNewOnesAreForgottenAndKnownOnesAreNot) {
  SeenKeys seen(2);
  EXPECT_TRUE(seen.insert("a"));
  EXPECT_TRUE(seen.insert("b"));
  EXPECT_FALSE(seen.overflowed());
  EXPECT_TRUE(seen.insert("c"));
  EXPECT_TRUE(seen.insert("c"));
  EXPECT_TRUE(seen.overflowed());
  EXPECT_FALSE(seen.insert("a"));
}

}  // namespace
}  // namespace hitwatch::keyspace
