#include "collectors/keyspace/key_groups.h"

#include <gtest/gtest.h>

namespace hitwatch::keyspace {
namespace {

GroupNames names_for(const std::vector<std::string>& texts) {
  std::vector<LuaPattern> patterns;
  for (const std::string& text : texts) patterns.push_back(LuaPattern::parse(text).value());
  return GroupNames(std::move(patterns));
}

std::string text_of(const std::vector<KeyGroup>& groups) {
  std::string text;
  for (const KeyGroup& group : groups) {
    text += group.name + " " + std::to_string(group.keys) + " " + std::to_string(group.bytes) + ";";
  }
  return text;
}

TEST(KeyGroups, TheFirstPatternThatMatchesNamesTheGroup) {
  GroupNames names = names_for({"^(user):", "^(u.-):(.-):"});
  EXPECT_EQ(names.name_of("user:1:x"), "user");
  EXPECT_EQ(names.name_of("unit:1:x"), "unit1");
  EXPECT_EQ(names.name_of("other"), "unclassified");
}

TEST(KeyGroups, LongNamesMatchNothing) {
  GroupNames names = names_for({"^(a)"});
  EXPECT_EQ(names.name_of(std::string(4096, 'a')), "a");
  EXPECT_EQ(names.name_of(std::string(4097, 'a')), "unclassified");
}

TEST(KeyGroups, KeysThatTakeTooMuchWorkAreCountedUntilThereAreTooMany) {
  GroupNames names = names_for({"(.-)(.-)(.-)(.-)x$"});
  const std::string key(1000, 'a');
  EXPECT_EQ(names.name_of("aax"), "aa");
  for (std::size_t i = 0; i < GroupNames::kMostCostlyKeys; ++i) {
    EXPECT_FALSE(names.too_costly());
    EXPECT_EQ(names.name_of(key), "unclassified");
  }
  EXPECT_TRUE(names.too_costly());
}

TEST(KeyGroups, ThoseWithTheMostMemoryStayAndTheRestIsOverflow) {
  GroupTally tally;
  tally.add("small", 10);
  tally.add("large", 500);
  tally.add("many", 30);
  tally.add("many", 30);
  tally.add("unclassified", 20);
  EXPECT_EQ(tally.distinct(), 4U);
  EXPECT_EQ(text_of(tally.largest(10)), "large 1 500;many 2 60;unclassified 1 20;small 1 10;");
  EXPECT_EQ(text_of(tally.largest(2)), "large 1 500;many 2 60;overflow 2 30;");
}

TEST(KeyGroups, AGroupCalledOverflowIsPartOfIt) {
  GroupTally tally;
  tally.add("overflow", 1000);
  tally.add("a", 10);
  tally.add("b", 5);
  EXPECT_EQ(text_of(tally.largest(1)), "a 1 10;overflow 2 1005;");
}

TEST(KeyGroups, KeysOfUnknownMemoryAreRemembered) {
  GroupTally tally;
  tally.add("a", std::nullopt);
  tally.add("a", 5);
  EXPECT_EQ(tally.largest(1).front().unmeasured, 1U);
}

}  // namespace
}  // namespace hitwatch::keyspace
