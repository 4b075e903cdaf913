// What yaml-cpp would let through, and what would bring it down.
#include "agent/yaml/document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hitwatch::yaml {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string fault_of(std::string_view text) {
  const auto document = parse_document(text, "f");
  return document ? "no fault" : to_string(document.error());
}

TEST(Document, KeepsPositionsOfKeysAndValues) {
  const auto root = parse_document("a:\n  - b: [1, 'two']\n", "f");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->keys.at(0).text, "a");
  const Node& inner = root->items.at(0).items.at(0);
  EXPECT_EQ(inner.keys.at(0).line, 2);
  EXPECT_EQ(inner.keys.at(0).column, 5);
  EXPECT_EQ(inner.items.at(0).items.at(1).text, "two");
  EXPECT_EQ(inner.items.at(0).items.at(1).column, 12);
}

TEST(Document, RefusesAQuoteThatIsNotClosed) {
  EXPECT_THAT(fault_of("a: 1\nb: \"open\nc: 2\n"),
              AllOf(StartsWith("f:2:"), HasSubstr("not closed")));
  EXPECT_THAT(fault_of("a: 'open"), HasSubstr("not closed"));
  EXPECT_THAT(fault_of("\"open"), HasSubstr("not closed"));
}

TEST(Document, RefusesASecondDocument) {
  EXPECT_THAT(fault_of("a: 1\n---\nb: 2\n"), AllOf(StartsWith("f:2:1:"), HasSubstr("second")));
  EXPECT_EQ(fault_of("---\na: 1\n...\n"), "no fault");
}

TEST(Document, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(fault_of("a: 1\nb: \xff\n"), AllOf(StartsWith("f:2:4"), HasSubstr("UTF-8")));
  for (const std::string_view bytes : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                       "\xe2\x82", "\xf0\x80\x80\x80", "\xc3"}) {
    EXPECT_THAT(fault_of(fmt::format("a: {}", bytes)), HasSubstr("UTF-8"));
  }
  EXPECT_EQ(fault_of("a: é€😀"), "no fault");
}

TEST(Document, RefusesControlCharacters) {
  EXPECT_THAT(fault_of(std::string_view("a: \0b", 5)), HasSubstr("control character"));
  EXPECT_THAT(fault_of("a: \x1b[31m"), HasSubstr("control character"));
}

TEST(Document, RefusesMergeKeysTagsAndKeysThatAreNotText) {
  EXPECT_THAT(fault_of("a: &x {b: 1}\nc:\n  <<: *x\n"),
              AllOf(StartsWith("f:3:3"), HasSubstr("merge keys")));
  EXPECT_THAT(fault_of("a: !!binary aGk="), HasSubstr("tags"));
  EXPECT_THAT(fault_of("a: !mine [1]"), HasSubstr("tags"));
  EXPECT_THAT(fault_of("[a]: b"), HasSubstr("key must be a word"));
  EXPECT_THAT(fault_of("? \n: b"), HasSubstr("key must be a word"));
}

TEST(Document, RefusesAnAliasInsideOfItsAnchorAndOneOfNothing) {
  EXPECT_THAT(fault_of("a: &x [1, *x]"), HasSubstr("inside of what it names"));
  EXPECT_NE(fault_of("a: *x"), "no fault");
}

TEST(Document, RefusesAliasesThatMultiply) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    std::string list;
    for (int j = 0; j < 10; ++j) list += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    text += fmt::format("a{}: &a{} [{}]\n", i, i, list);
  }
  EXPECT_THAT(fault_of(text), HasSubstr("too many entries"));
}

TEST(Document, RefusesNestingBeforeItHurts) {
  EXPECT_THAT(fault_of(std::string(33, '[') + std::string(33, ']')), HasSubstr("32 levels"));
  EXPECT_EQ(fault_of(std::string(32, '[') + std::string(32, ']')), "no fault");
  EXPECT_THAT(fault_of(std::string(1'000'000, '[')), HasSubstr("open brackets"));
  EXPECT_THAT(fault_of(std::string(1'000'000, '{')), HasSubstr("open brackets"));
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(fault_of(block), HasSubstr("32 levels"));
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_THAT(fault_of(dashes), HasSubstr("32 levels"));
}

TEST(Document, CopiesOfAliasesCountAsNesting) {
  std::string text = "a: &a " + std::string(30, '[') + std::string(30, ']') + "\nb: [[[*a]]]\n";
  EXPECT_THAT(fault_of(text), HasSubstr("32 levels"));
}

TEST(Document, RefusesMoreThanAMebibyte) {
  EXPECT_THAT(fault_of(std::string((1 << 20) + 1, ' ')), HasSubstr("1MiB"));
}

TEST(Document, SyntaxErrorsHaveAPosition) {
  EXPECT_THAT(fault_of("a: 1\nb: [1, 2\nc: 3\n"), StartsWith("f:"));
  EXPECT_THAT(fault_of("a: b: c\n"), StartsWith("f:1:"));
  EXPECT_THAT(fault_of("a:\n\t- b\n"), StartsWith("f:2:"));
}

}  // namespace
}  // namespace hitwatch::yaml
