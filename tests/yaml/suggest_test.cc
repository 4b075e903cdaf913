#include "agent/yaml/suggest.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace hitwatch::yaml {
namespace {

// The definition, without a table: exponential, for short words only.
std::size_t slow_distance(std::string_view a, std::string_view b) {
  if (a.empty()) return b.size();
  if (b.empty()) return a.size();
  std::size_t best = slow_distance(a.substr(1), b.substr(1)) + (a[0] == b[0] ? 0 : 1);
  best = std::min(best, slow_distance(a.substr(1), b) + 1);
  best = std::min(best, slow_distance(a, b.substr(1)) + 1);
  if (a.size() > 1 && b.size() > 1 && a[0] == b[1] && a[1] == b[0]) {
    best = std::min(best, slow_distance(a.substr(2), b.substr(2)) + 1);
  }
  return best;
}

TEST(Suggest, DistanceAgreesWithItsDefinition) {
  std::mt19937 random(7);
  const auto word = [&] {
    std::string text(random() % 6, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string a = word();
    const std::string b = word();
    EXPECT_EQ(edit_distance(a, b), slow_distance(a, b)) << a << " " << b;
  }
}

TEST(Suggest, PrefersTheNearestAndStaysSilentWhenAllAreFar) {
  constexpr auto kWords = std::to_array<std::string_view>({"poll", "log", "interval", "timeout"});
  EXPECT_EQ(nearest_word("pol", kWords), "poll");
  EXPECT_EQ(nearest_word("opll", kWords), "poll");
  EXPECT_EQ(nearest_word("intervall", kWords), "interval");
  EXPECT_EQ(nearest_word("tiemout", kWords), "timeout");
  EXPECT_EQ(nearest_word("frobnicate", kWords), "");
  EXPECT_EQ(nearest_word("", kWords), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'a'), kWords), "");
}

TEST(Suggest, ShowsNoTextThatCouldHoldAPassword) {
  EXPECT_EQ(shown("15"), "'15'");
  EXPECT_EQ(shown("redis://:hunter2"), "the text here");
  EXPECT_EQ(shown("u:hunter2@h"), "the text here");
  EXPECT_EQ(shown("a\nb"), "the text here");
  EXPECT_EQ(shown(std::string(65, 'a')), "the text here");
}

}  // namespace
}  // namespace hitwatch::yaml
