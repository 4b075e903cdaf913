// What a client prefers, as its headers say it.
#include "agent/net/http_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hitwatch::net {
namespace {

std::vector<Preference> all_of(std::string_view list) {
  std::vector<Preference> preferences;
  while (!list.empty()) preferences.push_back(take_preference(list));
  return preferences;
}

TEST(HttpWords, OnlyTheCaseOfAsciiLettersIsIgnored) {
  EXPECT_TRUE(equal_ignoring_case("Content-TYPE", "content-type"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("\xc9", "\xe9"));
  EXPECT_FALSE(equal_ignoring_case("@[", "`{"));
}

TEST(HttpWords, AListIsTakenApart) {
  const auto preferences = all_of("text/plain ; Version = 0.0.4 ;\tq=0.25, */*;Q=0.1 ,br");
  ASSERT_EQ(preferences.size(), 3U);
  EXPECT_EQ(preferences[0].name, "text/plain");
  EXPECT_EQ(parameter_of(preferences[0], "version"), "0.0.4");
  EXPECT_EQ(parameter_of(preferences[0], "charset"), "");
  EXPECT_EQ(preferences[0].weight, 250);
  EXPECT_EQ(preferences[1].name, "*/*");
  EXPECT_EQ(preferences[1].weight, 100);
  EXPECT_EQ(preferences[2].name, "br");
  EXPECT_EQ(preferences[2].weight, 1000);
}

TEST(HttpWords, AMalformedWeightIsNone) {
  for (const std::string weight : {"", "x", "2", "1.001", "0.1234", "-1", "00", ".5", "1e0"}) {
    const std::string text = "a;q=" + weight;
    EXPECT_EQ(all_of(text).front().weight, 0) << text;
  }
  EXPECT_EQ(all_of("a;q=1.000").front().weight, 1000);
  EXPECT_EQ(all_of("a;q=0.").front().weight, 0);
  EXPECT_EQ(all_of("a;q=0.999").front().weight, 999);
}

TEST(HttpWords, EmptyElementsHaveNoName) {
  for (const Preference& preference : all_of(";;,,=;q")) EXPECT_TRUE(preference.name.size() < 2);
}

}  // namespace
}  // namespace hitwatch::net
