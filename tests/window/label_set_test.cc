#include "rules/window/label_set.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include "rules/window/quote.h"

namespace hitwatch::window {
namespace {

class LabelSets : public testing::Test {
 protected:
  using Texts = std::vector<std::pair<std::string, std::string>>;
  LabelSet make(const Texts& texts) {
    std::vector<LabelPair> pairs;
    for (const auto& [name, value] : texts) {
      pairs.push_back({symbols.intern(name), symbols.intern(value)});
    }
    normalize(pairs);
    return *make_label_set(pairs, memory);
  }
  std::string text(const Texts& texts) { return to_string(make(texts), symbols); }

  Symbols symbols;
  std::pmr::monotonic_buffer_resource memory;
};

TEST_F(LabelSets, AreSortedByTheTextOfNames) {
  EXPECT_EQ(text({{"b", "1"}, {"a", "2"}, {"A", "3"}}), R"({A="3", a="2", b="1"})");
}

TEST_F(LabelSets, AnEmptyValueIsNoLabel) {
  EXPECT_EQ(make({{"a", ""}, {"b", "1"}}), make({{"b", "1"}}));
}

TEST_F(LabelSets, TheLastOfANameCounts) {
  EXPECT_EQ(text({{"a", "1"}, {"b", "x"}, {"a", "2"}}), R"({a="2", b="x"})");
  EXPECT_EQ(text({{"a", "1"}, {"a", ""}}), "{}");
}

TEST_F(LabelSets, AreEqualWhenTheirLabelsAre) {
  EXPECT_EQ(make({{"a", "1"}, {"b", "2"}}), make({{"b", "2"}, {"a", "1"}}));
  EXPECT_FALSE(make({{"a", "1"}}) == make({{"a", "2"}}));
  EXPECT_FALSE(make({{"a", "b"}}) == make({{"b", "a"}}));
  EXPECT_EQ(make({}), LabelSet());
}

TEST_F(LabelSets, GetOne) {
  const LabelSet labels = make({{"a", "1"}});
  EXPECT_EQ(*labels.get(symbols.intern("a")), "1");
  EXPECT_EQ(labels.get(symbols.intern("b")), nullptr);
}

TEST_F(LabelSets, TheirOrderIsThatOfTheirTexts) {
  EXPECT_TRUE(less_by_text(make({{"a", "1"}}), make({{"a", "2"}})));
  EXPECT_TRUE(less_by_text(make({{"a", "9"}}), make({{"b", "1"}})));
  EXPECT_TRUE(less_by_text(make({{"a", "1"}}), make({{"a", "1"}, {"b", "1"}})));
  EXPECT_FALSE(less_by_text(make({{"a", "1"}}), make({{"a", "1"}})));
  EXPECT_TRUE(less_by_text(make({}), make({{"a", "1"}})));
}

TEST_F(LabelSets, TheNameStandsFirst) {
  EXPECT_EQ(text({{"job", "redis"}, {"__name__", "up"}}), R"(up{job="redis"})");
  EXPECT_EQ(text({{"__name__", "up"}}), "up");
  EXPECT_EQ(text({}), "{}");
  EXPECT_EQ(to_braced_string(make({{"job", "redis"}, {"__name__", "up"}})),
            R"({__name__="up", job="redis"})");
}

TEST_F(LabelSets, NamesThatAreNotClassicAreQuoted) {
  EXPECT_EQ(text({{"a.b", "x"}}), R"({"a.b"="x"})");
  EXPECT_EQ(text({{"__name__", "cache.hits"}, {"a", "x"}}), R"({"cache.hits", a="x"})");
  EXPECT_EQ(text({{"a:b", "x"}}), R"({"a:b"="x"})");
  EXPECT_EQ(text({{"__name__", "job:up:sum"}}), "job:up:sum");
}

TEST(Quote, IsThatOfGo) {
  EXPECT_EQ(quoted("plain"), "\"plain\"");
  EXPECT_EQ(quoted("\"\\\a\b\f\n\r\t\v"), R"("\"\\\a\b\f\n\r\t\v")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), R"("\x00\x1f\x7f")");
  EXPECT_EQ(quoted("é日本 😀"), "\"é日本 😀\"");
  EXPECT_EQ(quoted("\xff\xc3"), R"("\xff\xc3")");
  EXPECT_EQ(quoted("\u00a0\u200b\ufeff"), R"("\u00a0\u200b\ufeff")");
  EXPECT_EQ(quoted("\U000e0001\U0010ffff"), R"("\U000e0001\U0010ffff")");
}

}  // namespace
}  // namespace hitwatch::window
