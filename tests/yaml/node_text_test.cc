#include "agent/yaml/node_text.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::yaml {
namespace {

std::string written(const std::string& text) {
  const auto node = parse_document(text, "a.yaml");
  return node ? to_text(*node) : to_string(node.error());
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
    if (a.kind == Node::Kind::kMapping && a.keys[i].text != b.keys[i].text) return false;
  }
  return true;
}

TEST(NodeText, IsBlocksOfTwoSpaces) {
  EXPECT_EQ(written("{a: {b: [1, {c: d, e: [f]}, [g, h]]}, i: }"),
            "a:\n"
            "  b:\n"
            "    - 1\n"
            "    - c: d\n"
            "      e:\n"
            "        - f\n"
            "    -\n"
            "      - g\n"
            "      - h\n"
            "i:\n");
  EXPECT_EQ(written("{a: {}, b: []}"), "a: {}\nb: []\n");
  EXPECT_EQ(written(""), "");
  EXPECT_EQ(written("[]"), "[]\n");
}

TEST(NodeText, QuotesWhatIsNoPlainWord) {
  EXPECT_EQ(written("[true, 5m, 'null', '', \"a\\nb\\x01\\\"\\\\\", 'x: y', '- z', '#', é]"),
            "- true\n- 5m\n- \"null\"\n- \"\"\n- \"a\\nb\\x01\\\"\\\\\"\n- \"x: y\"\n- \"- z\"\n"
            "- \"#\"\n- \"é\"\n");
}

TEST(NodeText, ReadsBackAsTheSameTree) {
  for (const std::string text :
       {"{a: [[], {}, [[1], {b: [c]}]], 'd e': {'': '~'}}", "[[[x]]]", "a: |\n  one\n  two\n",
        "{<: '@', '!x': '&y', '*': '%', '-': '- -'}", "'plain'"}) {
    const auto first = parse_document(text, "a.yaml");
    ASSERT_TRUE(first) << text;
    const auto second = parse_document(to_text(*first), "a.yaml");
    ASSERT_TRUE(second) << to_text(*first);
    EXPECT_TRUE(same(*first, *second)) << to_text(*first);
  }
}

}  // namespace
}  // namespace hitwatch::yaml
