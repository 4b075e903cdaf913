#include "collectors/lookups/names.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hitwatch::lookups {
namespace {

TEST(Names, FindsWhatWasAddedAndNothingElse) {
  Names names;
  EXPECT_EQ(names.find("acme"), std::nullopt);
  EXPECT_EQ(names.add("acme"), 0U);
  EXPECT_EQ(names.add(""), 1U);
  EXPECT_EQ(names.find("acme"), 0U);
  EXPECT_EQ(names.find(""), 1U);
  EXPECT_EQ(names.find("acm"), std::nullopt);
  EXPECT_EQ(names[0], "acme");
}

TEST(Names, KnowsWhichMustBeEscaped) {
  Names names;
  EXPECT_FALSE(names.is_special(names.add("acme corp")));
  EXPECT_TRUE(names.is_special(names.add("a\"b")));
  EXPECT_TRUE(names.is_special(names.add("a\\b")));
}

TEST(Names, AgreesWithAMapWhileNamesComeAndGo) {
  Names names;
  std::map<std::string, std::uint32_t> plain;
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string name = "tenant-" + std::to_string(random() % 3000);
      if (!plain.contains(name)) plain[name] = names.add(name);
    }
    std::vector<std::uint32_t> leaving;
    while (plain.size() > 500) {
      leaving.push_back(plain.begin()->second);
      plain.erase(plain.begin());
    }
    if (!leaving.empty()) names.remove(leaving);
    ASSERT_EQ(names.size(), plain.size());
  }
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "tenant-" + std::to_string(i);
    const auto known = plain.find(name);
    EXPECT_EQ(names.find(name), known == plain.end() ? std::nullopt : std::optional(known->second));
  }
  EXPECT_LE(names.end(), 560U);  // numbers are used again
}

}  // namespace
}  // namespace hitwatch::lookups
