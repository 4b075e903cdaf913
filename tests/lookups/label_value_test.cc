#include "collectors/lookups/label_value.h"

#include <gtest/gtest.h>

namespace hitwatch::lookups {
namespace {

std::string shown(std::string_view raw) {
  std::string scratch;
  return std::string(label_value(raw, scratch));
}

TEST(LabelValue, PlainTextStaysWhereItIs) {
  const std::string raw = "acme-corp: 42 \"x\" \\";
  std::string scratch;
  EXPECT_EQ(label_value(raw, scratch).data(), raw.data());
}

TEST(LabelValue, ControlCharactersAreSpelledOut) {
  EXPECT_EQ(shown(std::string_view("a\0b\n\x7f", 5)), "a\\x00b\\x0a\\x7f");
}

TEST(LabelValue, InvalidUtf8IsSpelledOutByteByByte) {
  EXPECT_EQ(shown("caf\xC3\xA9"), "café");
  EXPECT_EQ(shown("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(shown("\xC0\x80"), "\\xc0\\x80");
  EXPECT_NE(shown("\xFE"), shown("\xFF"));  // two tenants stay two
}

TEST(LabelValue, LongValuesAreCutBetweenCharacters) {
  EXPECT_EQ(shown(std::string(1000, 'x')), std::string(128, 'x'));
  EXPECT_EQ(shown(std::string(127, 'x') + "é"), std::string(127, 'x'));
  EXPECT_EQ(shown(std::string(126, 'x') + "é!"), std::string(126, 'x') + "é");
  EXPECT_EQ(shown(std::string(126, 'x') + "\n"), std::string(126, 'x'));
}

}  // namespace
}  // namespace hitwatch::lookups
