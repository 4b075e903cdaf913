#include "agent/trace/utf8_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/repetitions.h"

namespace hitwatch::trace {
namespace {

std::string utf8(std::string_view text, std::size_t most = 1000) {
  std::string scratch;
  return std::string(utf8_text(text, most, scratch));
}

bool is_utf8(const std::string& text) {
  try {
    static_cast<void>(nlohmann::json(text).dump());
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

TEST(Utf8Text, LeavesTextAsItIs) {
  for (const std::string text :
       {"", "plain", "gr\xc3\xb6\xc3\x9fte", "\xe2\x82\xac", "\xf0\x9f\x8d\x85",
        "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "0123456\xc3\xa4"}) {
    std::string scratch;
    const std::string_view same = utf8_text(text, 1000, scratch);
    EXPECT_EQ(same, text);
    EXPECT_EQ(same.data(), text.data()) << "copied";
  }
}

TEST(Utf8Text, ReplacesEachByteThatIsNoPartOfACharacter) {
  const std::string sign = "\xef\xbf\xbd";
  EXPECT_EQ(utf8("a\xff"
                 "b"),
            "a" + sign + "b");
  EXPECT_EQ(utf8("\xc3"), sign);
  EXPECT_EQ(utf8("\xc0\xaf"), sign + sign) << "a longer form than needed";
  EXPECT_EQ(utf8("\xe0\x80\xaf"), sign + sign + sign);
  EXPECT_EQ(utf8("\xed\xa0\x80"), sign + sign + sign) << "half of a surrogate pair";
  EXPECT_EQ(utf8("\xf4\x90\x80\x80"), sign + sign + sign + sign) << "beyond Unicode";
  EXPECT_EQ(utf8("\xe2\x82"
                 "a"),
            sign + sign + "a");
}

TEST(Utf8Text, CutsBetweenCharacters) {
  EXPECT_EQ(utf8("abc", 2), "ab");
  EXPECT_EQ(utf8("ab\xe2\x82\xac", 4), "ab");
  EXPECT_EQ(utf8("ab\xe2\x82\xac", 5), "ab\xe2\x82\xac");
  EXPECT_EQ(utf8("ab\xe2\x82\xac"
                 "c",
                 5),
            "ab\xe2\x82\xac");
  EXPECT_EQ(utf8("ab\xff", 4), "ab") << "the sign takes three bytes";
  EXPECT_EQ(utf8("abc", 0), "");
}

TEST(Utf8Text, IsUtf8WhateverComes) {
  std::mt19937 random(1);
  // Bytes that characters begin with, go on with, or neither.
  const std::string bytes =
      "ab\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff";
  for (int i = 0; i < repetitions(200'000, 20); ++i) {
    std::string text;
    for (std::size_t size = random() % 24; text.size() < size;)
      text += bytes[random() % bytes.size()];
    const std::size_t most = random() % 30;
    const std::string made = utf8(text, most);
    ASSERT_TRUE(is_utf8(made)) << testing::PrintToString(text);
    ASSERT_LE(made.size(), most);
    ASSERT_EQ(is_utf8(text) && text.size() <= most, made == text);
  }
}

}  // namespace
}  // namespace hitwatch::trace
