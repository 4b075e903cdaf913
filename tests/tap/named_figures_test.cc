#include "collectors/tap/named_figures.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace hitwatch::tap {
namespace {

TEST(NamedFigures, CountsEachNameForItselfInWhateverOrderTheyCome) {
  NamedFigures<int> figures(1000);
  std::map<std::string, int> exact;
  std::mt19937 random(4);
  for (int i = 0; i < 5000; ++i) {
    const std::string name(random() % 3, static_cast<char>('a' + random() % 2));
    ++figures[name];
    ++exact[name];
  }
  figures.visit([&](std::string_view name, int count) {
    EXPECT_EQ(count, exact[std::string(name)]) << name;
  });
}

TEST(NamedFigures, PastTheBoundNamesShareOnePlace) {
  NamedFigures<int> figures(2);
  for (const std::string_view name : {"a", "b", "c", "c", "d", "", "a"}) ++figures[name];
  EXPECT_EQ(figures["a"], 2);
  EXPECT_EQ(figures["b"], 1);
  EXPECT_EQ(figures["c"], 4);
  EXPECT_TRUE(figures.is_overflow(figures["e"]));
  EXPECT_FALSE(figures.is_overflow(figures["b"]));
}

}  // namespace
}  // namespace hitwatch::tap
