#include "collectors/lookups/space_saving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace hitwatch::lookups {
namespace {

TEST(SpaceSaving, IsExactWhileAllFit) {
  SpaceSaving sketch(3);
  sketch.add("a", 1);
  sketch.add("b", 5);
  sketch.add("a", 2);
  const auto heaviest = sketch.heaviest(10);
  ASSERT_EQ(heaviest.size(), 2U);
  EXPECT_EQ(heaviest[0].name, "b");
  EXPECT_DOUBLE_EQ(heaviest[1].count, 3);
  EXPECT_DOUBLE_EQ(heaviest[1].error, 0);
}

// The promises of the paper: counts are never too low, too high by no more than the error they
// tell, and whoever has more than total/capacity is there.
TEST(SpaceSaving, KeepsItsPromisesAgainstExactCounts) {
  constexpr std::size_t kCapacity = 50;
  SpaceSaving sketch(kCapacity);
  std::map<std::string, double> exact;
  std::mt19937_64 random(5);
  std::geometric_distribution<int> busy(0.05);
  double total = 0;
  for (int i = 0; i < 50'000; ++i) {
    // Two kinds: some that come again, and a flood of names that never do.
    const std::string name =
        i % 2 == 0 ? "busy-" + std::to_string(busy(random)) : "once-" + std::to_string(i);
    const double weight = 1 + static_cast<double>(random() % 3);
    sketch.add(name, weight);
    exact[name] += weight;
    total += weight;
  }
  std::map<std::string, SpaceSaving::Entry> found;
  for (const auto& entry : sketch.heaviest(kCapacity)) {
    EXPECT_GE(entry.count, exact[entry.name]);
    EXPECT_LE(entry.certain(), exact[entry.name]);
    found[entry.name] = entry;
  }
  for (const auto& [name, count] : exact) {
    if (count > total / kCapacity) {
      EXPECT_TRUE(found.contains(name)) << name;
    }
  }
}

// Names that look alike to the table's cells, and the gaps that removed ones leave.
TEST(SpaceSaving, FindsEveryNameWhilePlacesChangeHands) {
  constexpr std::size_t kCapacity = 7;
  SpaceSaving sketch(kCapacity);
  std::mt19937_64 random(11);
  double total = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string name(1 + random() % 3, static_cast<char>('a' + random() % 5));
    if (random() % 50 == 0) sketch.remove(name);
    sketch.add(name, 1);
    const auto entries = sketch.heaviest(kCapacity);
    ASSERT_EQ(std::ranges::count(entries, name, &SpaceSaving::Entry::name), 1) << i;
    if (i % 100 == 0) sketch.fade(0.5);
    total = 0;
    for (const auto& entry : entries) total += entry.count;
    ASSERT_GT(total, 0);
  }
}

TEST(SpaceSaving, ForgetsWhoIsRemovedAndStaysSound) {
  SpaceSaving sketch(20);
  std::map<std::string, double> exact;
  std::mt19937 random(9);
  for (int i = 0; i < 5000; ++i) {
    const std::string name = "n" + std::to_string(random() % 20);
    if (random() % 10 == 0) {
      sketch.remove(name);
      exact.erase(name);
    } else {
      sketch.add(name, 1);
      exact[name] += 1;
    }
  }
  const auto entries = sketch.heaviest(100);
  ASSERT_EQ(entries.size(), exact.size());
  for (const auto& entry : entries) EXPECT_DOUBLE_EQ(entry.count, exact[entry.name]);
}

TEST(SpaceSaving, FadingKeepsTheOrder) {
  SpaceSaving sketch(4);
  sketch.add("a", 8);
  sketch.add("b", 2);
  sketch.fade(0.5);
  sketch.add("b", 4);
  const auto heaviest = sketch.heaviest(1);
  ASSERT_EQ(heaviest.size(), 1U);
  EXPECT_EQ(heaviest[0].name, "b");
  EXPECT_DOUBLE_EQ(heaviest[0].count, 5);
}

}  // namespace
}  // namespace hitwatch::lookups
