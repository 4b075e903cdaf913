#include "collectors/redis/info.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace hitwatch::redis {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs lines_of(std::string_view text) {
  Pairs result;
  InfoLines lines(text);
  for (InfoLine line; lines.next(line);) result.emplace_back(line.field, line.value);
  return result;
}

Pairs parts_of(std::string_view text) {
  Pairs result;
  InfoPairs pairs(text);
  for (InfoLine pair; pairs.next(pair);) result.emplace_back(pair.field, pair.value);
  return result;
}

TEST(InfoLines, AreTheSameWithEitherLineEnd) {
  const Pairs expected = {{"a", "1"}, {"b", ""}, {"c", "x:y"}};
  EXPECT_EQ(lines_of("# Server\r\na:1\r\n\r\nb:\r\nc:x:y\r\n"), expected);
  EXPECT_EQ(lines_of("# Server\na:1\n\nb:\nc:x:y"), expected);
}

TEST(InfoLines, PassOverWhatIsNoField) {
  EXPECT_EQ(lines_of(""), Pairs());
  EXPECT_EQ(lines_of("\n\r\n#\nword\n:value\n"), Pairs());
}

TEST(InfoPairs, PassOverPartsWithoutAName) {
  EXPECT_EQ(parts_of("keys=1,expires=2"), (Pairs{{"keys", "1"}, {"expires", "2"}}));
  EXPECT_EQ(parts_of("10.0.0.1,6379,online"), Pairs());
  EXPECT_EQ(parts_of(",,a=,=b,"), (Pairs{{"a", ""}, {"", "b"}}));
}

TEST(InfoValue, WordsOfStatusAreOneOrZero) {
  EXPECT_EQ(parse_info_value("ok"), 1);
  EXPECT_EQ(parse_info_value("true"), 1);
  EXPECT_EQ(parse_info_value("err"), 0);
  EXPECT_EQ(parse_info_value("fail"), 0);
  EXPECT_EQ(parse_info_value("false"), 0);
}

TEST(InfoValue, NumbersAreReadInFullOrNotAtAll) {
  EXPECT_EQ(parse_info_value("-1"), -1);
  EXPECT_EQ(parse_info_value("0.012626"), 0.012626);
  EXPECT_EQ(parse_info_value("999999999999999"), 999999999999999);
  EXPECT_EQ(parse_info_value("18446744073709551615"), 18446744073709551615.0);
  EXPECT_EQ(parse_info_value("100.13%"), std::nullopt);
  EXPECT_EQ(parse_info_value("1.24M"), std::nullopt);
  EXPECT_EQ(parse_info_value(""), std::nullopt);
  EXPECT_EQ(parse_info_value(" 1"), std::nullopt);
  EXPECT_EQ(parse_info_value("-nan"), std::nullopt);
  EXPECT_EQ(parse_info_value("okay"), std::nullopt);
}

TEST(Version, IsOneComparableNumber) {
  EXPECT_EQ(parse_version("7.0.15"), 70015);
  EXPECT_EQ(parse_version("6.2"), 60200);
  EXPECT_EQ(parse_version("8.0.1-rc1"), 80001);
  EXPECT_GT(parse_version("255.255.255"), 90000);
  EXPECT_EQ(parse_version(""), 0);
  EXPECT_EQ(parse_version("unknown"), 0);
}

}  // namespace
}  // namespace hitwatch::redis
