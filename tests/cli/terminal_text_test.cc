#include "agent/cli/terminal_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hitwatch::cli {
namespace {

TEST(TerminalText, NothingATerminalWouldObeyIsLeft) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7f"), "a?[31mb??");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "?[2J") << "C1 control";
}

TEST(TerminalText, InvalidUtf8IsMarked) {
  EXPECT_EQ(printable("\xff"), "?");
  EXPECT_EQ(printable("\xc0\xaf"), "??") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "surrogate";
  EXPECT_EQ(printable("\xe4\xbc"), "??") << "cut off";
}

TEST(TerminalText, WhatTurnsTheDirectionOrCannotBeSeenIsLeftOut) {
  EXPECT_EQ(printable("a\u202eb\u200bc\ufeff"), "abc");
}

TEST(TerminalText, MarksStayOnTheirLetterButDoNotPileUp) {
  EXPECT_EQ(printable("e\u0301"), "e\u0301");
  EXPECT_EQ(printable("e\u0301\u0301\u0301\u0301"), "e\u0301\u0301");
  EXPECT_EQ(printable("\u0301e"), "e") << "a mark on nothing";
}

TEST(TerminalText, EastAsianCharactersTakeTwoColumns) {
  EXPECT_EQ(columns_of("acme"), 4U);
  EXPECT_EQ(columns_of("会社"), 4U);
  EXPECT_EQ(columns_of("e\u0301"), 1U);
}

TEST(TerminalText, ACutIsMarkedAndNeverTooWide) {
  EXPECT_EQ(cut("tenant", 6), "tenant");
  EXPECT_EQ(cut("tenant", 5), "tena…");
  EXPECT_EQ(cut("会社テナント", 6), "会社…") << "half a character is none";
  EXPECT_EQ(cut("tenant", 1), "…");
  EXPECT_EQ(cut("tenant", 0), "");
}

TEST(TerminalText, FillingCountsColumnsNotBytes) {
  EXPECT_EQ(fill_right("会", 4), "会  ");
  EXPECT_EQ(fill_left("µs", 4), "  µs");
  EXPECT_EQ(fill_right("会社", 3), "会…");
}

TEST(TerminalText, WhateverComesIsFilledToExactlyTheWidth) {
  std::mt19937 random(7);
  const std::string pieces[] = {"a", "\x1b", "会", "e\u0301", "\xff", "\u202e", "é", "\xe4", "\n"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    const std::string shown = printable(text);
    EXPECT_EQ(printable(shown), shown);
    const std::size_t width = random() % 14;
    EXPECT_EQ(columns_of(fill_right(shown, width)), width) << testing::PrintToString(text);
    EXPECT_EQ(columns_of(fill_left(shown, width)), width) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace hitwatch::cli
