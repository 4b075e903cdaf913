// How errors show their place.
#include "rules/promql/position.h"

#include <gtest/gtest.h>

#include <string>

namespace hitwatch::promql {
namespace {

ParseError at(std::uint32_t begin) { return {.at = {.begin = begin, .end = begin}, .text = "no"}; }

TEST(Position, CountsLinesAndBytesFromOne) {
  EXPECT_EQ(position_text(0, "ab"), "1:1");
  EXPECT_EQ(position_text(2, "ab"), "1:3");
  EXPECT_EQ(position_text(3, "a\nb\nc"), "2:2");
  EXPECT_EQ(position_text(4, "a\nb\nc"), "3:1");
  EXPECT_EQ(position_text(2, "éa"), "1:3");
  EXPECT_EQ(position_text(0, ""), "unknown position");
  EXPECT_EQ(position_suffix({.begin = 1, .end = 2}, "ab"), " (1:2)");
}

TEST(Position, ACaretStandsBelowThePlace) {
  EXPECT_EQ(describe_with_caret(at(3), "up bar"),
            "1:4: no\n"
            "  up bar\n"
            "     ^");
}

TEST(Position, OnlyTheLineAtFaultIsShown) {
  EXPECT_EQ(describe_with_caret(at(7), "sum(\r\n  a b\r\n)"),
            "2:2: no\n"
            "    a b\n"
            "   ^");
  EXPECT_EQ(describe_with_caret(at(4), "a\n+ \n"), "2:3: no\n  + \n    ^");
}

TEST(Position, TabsAndOtherCharactersTakeOneColumn) {
  EXPECT_EQ(describe_with_caret(at(7),
                                "\té \xff"
                                "b c"),
            "1:8: no\n"
            "   é ?b c\n"
            "        ^");
}

TEST(Position, LongLinesAreCutAroundThePlace) {
  const std::string line(200, 'x');
  EXPECT_EQ(describe_with_caret(at(100), line),
            "1:101: no\n  …" + std::string(80, 'x') + "…\n  " + std::string(51, ' ') + "^");
  EXPECT_EQ(describe_with_caret(at(0), line), "1:1: no\n  " + std::string(30, 'x') + "…\n  ^");
  EXPECT_EQ(describe_with_caret(at(200), line),
            "1:201: no\n  …" + std::string(50, 'x') + "\n  " + std::string(51, ' ') + "^");
}

TEST(Position, APlaceOutsideTheTextIsItsEnd) {
  EXPECT_EQ(describe_with_caret(at(100), "ab"), "1:3: no\n  ab\n    ^");
  EXPECT_EQ(describe_with_caret(at(0), ""), "unknown position: no");
}

}  // namespace
}  // namespace hitwatch::promql
