#include "agent/cli/text_table.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "agent/cli/terminal_text.h"

namespace hitwatch::cli {
namespace {

const std::vector<TextColumn> kColumns = {
    {"TYPE", true, 0}, {"KEYS", false, 0}, {"±", false, 2}, {"SHARE", false, 1}};

TEST(TextTable, NamesStandLeftAndFiguresRight) {
  const std::vector<TextRow> rows = {{"catalog", "1,234", "±1.9%", "99.0%"},
                                     {"x", "7", "", "1.0%"}};
  EXPECT_EQ(text_table(kColumns, rows, std::nullopt),
            "TYPE     KEYS     ± SHARE\n"
            "catalog 1,234 ±1.9% 99.0%\n"
            "x           7        1.0%\n");
}

TEST(TextTable, AColumnWithoutAnythingIsLeftOut) {
  const std::vector<TextRow> rows = {{"catalog", "1,234", "", "99.0%"}};
  EXPECT_EQ(text_table(kColumns, rows, std::nullopt), "TYPE     KEYS SHARE\ncatalog 1,234 99.0%\n");
}

TEST(TextTable, ColumnsGoByRankOnceNamesAreShort) {
  const std::vector<TextRow> rows = {{"a-long-name-of-a-type", "1,234", "±1.9%", "99.0%"}};
  EXPECT_EQ(text_table(kColumns, rows, 30),
            "TYPE          KEYS     ± SHARE\n"
            "a-long-name… 1,234 ±1.9% 99.0%\n");
  EXPECT_EQ(text_table(kColumns, rows, 21), "TYPE       KEYS SHARE\na-long-n… 1,234 99.0%\n");
  EXPECT_EQ(text_table(kColumns, rows, 14), "TYPE      KEYS\na-long-… 1,234\n");
}

TEST(TextTable, WithoutRowsThereAreTheTitles) {
  EXPECT_EQ(text_table(kColumns, {}, std::nullopt), "TYPE KEYS ± SHARE\n");
}

TEST(TextTable, NoLineIsWiderThanTheTerminal) {
  std::mt19937 random(3);
  const std::string names[] = {"acme", "会社テナント有限", std::string(200, 'y'), "", "é"};
  for (int round = 0; round < 300; ++round) {
    std::vector<TextRow> rows;
    for (std::size_t n = random() % 10; n > 0; --n) {
      rows.push_back({names[random() % 5], std::to_string(random()), names[random() % 2], "1%"});
    }
    const std::size_t width = random() % 60;
    std::istringstream lines(text_table(kColumns, rows, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), width) << line;
  }
}

TEST(FoldedText, BreaksAtBlanks) {
  EXPECT_EQ(folded("one two three", 7), "one two\nthree\n");
  EXPECT_EQ(folded("one two three", std::nullopt), "one two three\n");
  EXPECT_EQ(folded("longer-than-that x", 5), "longer-than-that\nx\n");
  EXPECT_EQ(folded("", 5), "\n");
}

}  // namespace
}  // namespace hitwatch::cli
