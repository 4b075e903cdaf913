// Lists of keys in the flags of redis_exporter.
#include "agent/cli/exporter_key_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hitwatch::cli {
namespace {

using keyspace::KeySelector;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<KeySelector> keys_of(const std::string& text) {
  auto list = parse_key_list(text);
  EXPECT_TRUE(list) << list.error();
  return list ? *std::move(list) : std::vector<KeySelector>();
}

std::vector<std::string> patterns_of(const std::string& text) {
  auto list = parse_pattern_list(text);
  EXPECT_TRUE(list) << list.error();
  return list ? *std::move(list) : std::vector<std::string>();
}

TEST(ExporterKeyList, AnEntryMayNameItsDatabase) {
  EXPECT_THAT(keys_of("db3=user:*,order:*, db0 = a ,7=b"),
              ElementsAre(KeySelector{3, "user:*"}, KeySelector{0, "order:*"}, KeySelector{0, "a"},
                          KeySelector{7, "b"}));
}

TEST(ExporterKeyList, NamesAreEncodedAsInAQuery) {
  EXPECT_THAT(keys_of("a%2Cb,a%3Db,db1=a+b,%2B"),
              ElementsAre(KeySelector{0, "a,b"}, KeySelector{0, "a=b"}, KeySelector{1, "a b"},
                          KeySelector{0, "+"}));
  EXPECT_THAT(keys_of("%FF"), ElementsAre(KeySelector{0, "\xFF"}));
}

TEST(ExporterKeyList, AnEncodedEqualsSignNamesNoDatabase) {
  EXPECT_THAT(keys_of("db1%3Da"), ElementsAre(KeySelector{0, "db1=a"}));
}

TEST(ExporterKeyList, ANameWithAnEqualsSignIsAName) {
  EXPECT_THAT(keys_of("a=b,db=c,dbx=d"),
              ElementsAre(KeySelector{0, "a=b"}, KeySelector{0, "db=c"}, KeySelector{0, "dbx=d"}));
}

TEST(ExporterKeyList, EmptyEntriesAreSkipped) {
  EXPECT_THAT(keys_of(""), IsEmpty());
  EXPECT_THAT(keys_of(" ,, "), IsEmpty());
  EXPECT_THAT(keys_of(",a,"), ElementsAre(KeySelector{0, "a"}));
}

TEST(ExporterKeyList, FaultsNameTheEntry) {
  EXPECT_THAT(parse_key_list("a,%").error(), HasSubstr("entry 2 has a broken escape"));
  EXPECT_THAT(parse_key_list("a,,db1=").error(), HasSubstr("entry 3 names no key"));
  EXPECT_THAT(parse_key_list("db16384=a").error(), HasSubstr("entry 1 names no database"));
}

TEST(ExporterKeyList, IsBounded) {
  std::string text = "a";
  for (int i = 0; i < 1000; ++i) text += ",a";
  EXPECT_EQ(parse_key_list(text).error(), "more than 1000 entries");
}

TEST(ExporterPatternList, IsALineOfCsv) {
  EXPECT_THAT(patterns_of("^([^:]+):, b ,\"^a,(b)\",\"say \"\"x\"\"\""),
              ElementsAre("^([^:]+):", "b", "^a,(b)", "say \"x\""));
  EXPECT_THAT(patterns_of("a\"b"), ElementsAre("a\"b"));
  EXPECT_THAT(patterns_of(" , ,"), IsEmpty());
}

}  // namespace
}  // namespace hitwatch::cli
