#include "collectors/redis/long_strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/redis/cut_replies.h"

namespace hitwatch::redis {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string filtered(std::string_view bytes, std::uint64_t limit = 4) {
  std::string out;
  LongStrings(limit).filter(bytes, out);
  return out;
}

TEST(LongStrings, AreCutToTheLimit) {
  EXPECT_EQ(filtered(bulk("abcdefgh")), bulk("abcd"));
  EXPECT_EQ(filtered(bulk("abcdefgh"), 1), bulk("a"));
  EXPECT_EQ(filtered("*2\r\n$1\r\n0\r\n*2\r\n" + bulk("abcde") + bulk("x\r\nyz")),
            "*2\r\n$1\r\n0\r\n*2\r\n" + bulk("abcd") + bulk("x\r\ny"));
}

TEST(LongStrings, WhatIsNotLongerStaysByteForByte) {
  for (const std::string& bytes :
       {bulk(""), bulk("abcd"), std::string("$-1\r\n*-1\r\n*0\r\n:12345678\r\n"),
        std::string("+a long status\r\n-ERR a long error\r\n"),
        std::string("+a\rb\nc\r\r\n") + bulk("abc")}) {
    EXPECT_EQ(filtered(bytes), bytes);
  }
}

TEST(LongStrings, BytesThatLookLikeItemsAreStillBytes) {
  EXPECT_EQ(filtered(bulk("$9\r\n\r\n$5\r\n") + bulk("next!")), bulk("$9\r\n") + bulk("next"));
}

TEST(LongStrings, WhatIsNoRespIsLeftToTheReader) {
  for (const std::string_view bytes :
       {"HTTP/1.1 400 Bad Request\r\n\r\n$9\r\nabcdefghi\r\n", "$09\r\nabcdefghi\r\n",
        "$+9\r\nabcdefghi\r\n", "$9 \r\nabcdefghi\r\n", "$-2\r\n$9\r\nabcdefghi\r\n", "$\r\n",
        "$99999999999999999999\r\nabcdefghi", "$4294967297\r\nabcdefghi",
        "$111111111111111111111111111111111111111111111"}) {
    EXPECT_EQ(filtered(bytes), bytes);
  }
}

TEST(LongStrings, AreCutTheSameWhereverTheBytesBreak) {
  const std::string bytes = "*3\r\n" + bulk("abcdefgh") + "*2\r\n:7\r\n" + bulk("") + "$-1\r\n" +
                            bulk("abcde") + "+status\r\n" + bulk("abcd") + "$0x\r\n$9\r\nabc";
  const std::string whole = filtered(bytes);
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      LongStrings strings(4);
      std::string out;
      strings.filter(std::string_view(bytes).substr(0, first), out);
      strings.filter(std::string_view(bytes).substr(first, second - first), out);
      strings.filter(std::string_view(bytes).substr(second), out);
      ASSERT_EQ(out, whole) << first << " " << second;
    }
  }
}

TEST(LongStrings, HoldNothingOfWhatIsThrownAway) {
  LongStrings strings(10);
  std::string out;
  strings.filter("$536870912\r\n", out);
  const std::string piece(1U << 20, 'k');
  for (int i = 0; i < 512; ++i) strings.filter(piece, out);
  strings.filter("\r\n:1\r\n", out);
  EXPECT_EQ(out, bulk("kkkkkkkkkk") + ":1\r\n");
}

// A random reply, most of them RESP.
std::string random_item(std::mt19937& random, int depth) {
  switch (random() % (depth > 3 ? 5 : 7)) {
    case 0:
      return ":" + std::to_string(random()) + "\r\n";
    case 1:
      return "+status\r\n";
    case 2:
      return random() % 9 == 0 ? "$-1\r\n" : "-ERR no\r\n";
    case 3:
    case 4:
      return bulk(std::string(random() % 40, static_cast<char>(random())));
    default: {
      const unsigned count = random() % 4;
      std::string text = "*" + std::to_string(count) + "\r\n";
      for (unsigned i = 0; i < count; ++i) text += random_item(random, depth + 1);
      return text;
    }
  }
}

TEST(LongStrings, AgreeWithCuttingTheRepliesAfterwards) {
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (int item = 0; item < 4; ++item) bytes += random_item(random, 0);
    if (random() % 2 == 0) bytes[random() % bytes.size()] = static_cast<char>(random());
    const std::size_t limit = 1 + random() % 20;
    ReadReplies expected = read_replies(bytes, 0);
    const ReadReplies cut = read_replies(bytes, limit);
    ASSERT_GE(cut.replies.size(), expected.replies.size()) << bytes;
    for (std::size_t i = 0; i < expected.replies.size(); ++i) {
      cut_strings(expected.replies[i], limit);
      ASSERT_TRUE(same(expected.replies[i], cut.replies[i])) << bytes;
    }
  }
}

TEST(ReplyReader, CountsOnlyWhatIsLeftOfLongStrings) {
  ReplyReader reader(1000);
  const std::string name(40'000'000, 'n');
  reader.feed("*2\r\n" + bulk(name));
  ASSERT_TRUE(reader.next());
  reader.feed(bulk(name));
  const auto reply = reader.next();
  ASSERT_TRUE(reply && *reply);
  ASSERT_THAT((**reply).elements, SizeIs(2));
  EXPECT_THAT((**reply).elements[1].text, SizeIs(1000));
}

TEST(ReplyReader, RefusesEvenToSkipWhatNoServerHolds) {
  ReplyReader reader(1000);
  reader.feed("$4294967297\r\n");
  const auto reply = reader.next();
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().text, HasSubstr("4294967297"));
}

}  // namespace
}  // namespace hitwatch::redis
