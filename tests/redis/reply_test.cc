#include "collectors/redis/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hitwatch::redis {
namespace {

using testing::HasSubstr;

Reply only_reply(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  EXPECT_TRUE(reply && *reply) << bytes;
  return reply && *reply ? **std::move(reply) : Reply{};
}

std::string error_of(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  const auto reply = reader.next();
  if (reply) return "none";
  EXPECT_EQ(reply.error().reason, net::Reason::kProtocol);
  const auto again = reader.next();
  EXPECT_FALSE(again) << "the reader must stay unusable";
  return reply.error().text;
}

TEST(ReplyReader, ReadsEveryKindOfRespTwo) {
  EXPECT_EQ(only_reply("+OK\r\n").string(), "OK");
  EXPECT_EQ(only_reply("+OK\r\n").kind, Reply::Kind::kStatus);
  EXPECT_TRUE(only_reply("-ERR no\r\n").is_error());
  EXPECT_EQ(only_reply("-ERR no\r\n").text, "ERR no");
  EXPECT_EQ(only_reply("-ERR no\r\n").string(), "") << "an error is no string";
  EXPECT_EQ(only_reply(":-7\r\n").integer, -7);
  EXPECT_EQ(only_reply("$4\r\na\r\nb\r\n").string(), "a\r\nb");
  EXPECT_EQ(only_reply("$-1\r\n").kind, Reply::Kind::kNil);
  EXPECT_EQ(only_reply("*-1\r\n").kind, Reply::Kind::kNil);
  EXPECT_TRUE(only_reply("*0\r\n").is_array());
}

TEST(ReplyReader, KeepsTheShapeOfNestedArrays) {
  const Reply reply = only_reply("*3\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n*1\r\n+y\r\n");
  ASSERT_EQ(reply.elements.size(), 3U);
  ASSERT_EQ(reply.elements[0].elements.size(), 2U);
  EXPECT_EQ(reply.elements[0].elements[0].integer, 1);
  EXPECT_EQ(reply.elements[0].elements[1].elements[0].string(), "x");
  EXPECT_EQ(reply.elements[1].kind, Reply::Kind::kNil);
  EXPECT_EQ(reply.elements[2].elements[0].string(), "y");
}

TEST(ReplyReader, AnswersTheSameHoweverTheBytesAreCut) {
  std::string bytes = "*2\r\n$3\r\nabc\r\n*2\r\n:12\r\n$-1\r\n+OK\r\n-ERR x\r\n$40000\r\n";
  bytes += std::string(40000, 'z') + "\r\n:9\r\n";
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    ReplyReader reader;
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % (round < 25 ? 7000 : 50000);
      reader.feed(std::string_view(bytes).substr(at, size));
      at += size;
      while (true) {
        auto reply = reader.next();
        ASSERT_TRUE(reply);
        if (!*reply) break;
        replies.push_back(**std::move(reply));
      }
    }
    ASSERT_EQ(replies.size(), 5U);
    EXPECT_EQ(replies[0].elements[1].elements[0].integer, 12);
    EXPECT_EQ(replies[1].string(), "OK");
    EXPECT_EQ(replies[3].text.size(), 40000U);
    EXPECT_EQ(replies[4].integer, 9);
  }
}

TEST(ReplyReader, RefusesWhatIsAnnouncedBeyondTheBoundsAtOnce) {
  EXPECT_THAT(error_of("$67108865\r\n"), HasSubstr("67108865"));
  EXPECT_THAT(error_of("$9223372036854775807\r\nx"), HasSubstr("9223372036854775807"));
  EXPECT_THAT(error_of("*1000001\r\n"), HasSubstr("1000001"));
  EXPECT_THAT(error_of("*2147483647\r\n"), HasSubstr("2147483647"));
  EXPECT_THAT(error_of("*2\r\n:1\r\n$1073741824\r\n"), HasSubstr("1073741824"));
  EXPECT_THAT(error_of("*2\r\n:1\r\n*1000000\r\n"), HasSubstr("1000000"));
}

TEST(ReplyReader, BoundsTheWholeReplyNotOnlyItsParts) {
  ReplyReader reader;
  reader.feed("*3\r\n$40000000\r\n" + std::string(40'000'000, 'a') + "\r\n$40000000\r\n");
  const auto reply = reader.next();
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().text, HasSubstr("40000000"));
}

TEST(ReplyReader, TakesTheLargestStringItPromises) {
  ReplyReader reader;
  const std::size_t size = 60'000'000;
  reader.feed("$60000000\r\n");
  for (std::size_t at = 0; at < size; at += 1'000'000) {
    const auto nothing = reader.next();
    ASSERT_TRUE(nothing && !*nothing);
    reader.feed(std::string(1'000'000, 'b'));
  }
  reader.feed("\r\n");
  const auto reply = reader.next();
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((**reply).text.size(), size);
}

TEST(ReplyReader, NestsEightDeepAndNoDeeper) {
  std::string deep;
  for (int level = 0; level < 8; ++level) deep += "*1\r\n";
  EXPECT_TRUE(only_reply(deep + ":1\r\n").is_array());
  EXPECT_NE(error_of("*1\r\n" + deep + ":1\r\n"), "none");
}

TEST(ReplyReader, RefusesWhatIsNotResp) {
  EXPECT_THAT(error_of("HTTP/1.1 400 Bad Request\r\n\r\n"), HasSubstr("no Redis reply"));
  EXPECT_NE(error_of("\x15\x03\x03"), "none") << "a TLS alert";
  EXPECT_NE(error_of("%1\r\n+a\r\n+b\r\n"), "none") << "a map of RESP3";
  EXPECT_NE(error_of("*99999999999999999999\r\n"), "none");
  EXPECT_NE(error_of("+" + std::string(70'000, 'x')), "none") << "a line without an end";
}

TEST(Reply, AnIntegerMayComeAsText) {
  EXPECT_EQ(only_reply(":12\r\n").as_integer(), 12);
  EXPECT_EQ(only_reply("$2\r\n12\r\n").as_integer(), 12);
  EXPECT_EQ(only_reply("$3\r\n12x\r\n").as_integer(), std::nullopt);
  EXPECT_EQ(only_reply("$0\r\n\r\n").as_integer(), std::nullopt);
  EXPECT_EQ(only_reply("$-1\r\n").as_integer(), std::nullopt) << "nil is absent, not 0";
}

TEST(Command, IsAnArrayOfBulkStrings) {
  std::string out = "before";
  append_command(out, std::vector<std::string>{"GET", "", "a\r\nb"});
  EXPECT_EQ(out, "before*3\r\n$3\r\nGET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n");
}

TEST(ErrorReply, SaysWhyTheServerDoesNotAnswer) {
  using net::Reason;
  EXPECT_EQ(classify_error("LOADING Redis is loading the dataset in memory"), Reason::kLoading);
  EXPECT_EQ(classify_error("NOAUTH Authentication required."), Reason::kAuth);
  EXPECT_EQ(classify_error("WRONGPASS invalid username-password pair"), Reason::kAuth);
  EXPECT_EQ(classify_error("ERR invalid password"), Reason::kAuth);
  EXPECT_EQ(classify_error("ERR AUTH <password> called without any password configured"),
            Reason::kAuth);
  EXPECT_EQ(classify_error("NOPERM this user has no permissions to run 'info'"), Reason::kNoPerm);
  EXPECT_EQ(classify_error("MASTERDOWN Link with MASTER is down"), Reason::kMasterDown);
  EXPECT_EQ(classify_error("ERR max number of clients reached"), Reason::kMaxClients);
  EXPECT_EQ(classify_error("ERR max number of clients + cluster connections reached"),
            Reason::kMaxClients);
  EXPECT_EQ(classify_error("BUSY Redis is busy running a script"), Reason::kError);
  EXPECT_EQ(classify_error(""), Reason::kError);
}

TEST(ErrorReply, TellsARefusalFromAPassingFailure) {
  for (const char* refusal :
       {"NOPERM User default has no permissions to run the 'config|get' command",
        "ERR unknown command 'CONFIG', with args beginning with: 'GET' ",
        "ERR unknown subcommand 'HISTOGRAM'. Try LATENCY HELP.",
        "ERR Unknown subcommand or wrong number of arguments for 'histogram'. Try LATENCY HELP.",
        "ERR This instance has cluster support disabled",
        "ERR Command is not available: 'CONFIG'."}) {
    EXPECT_TRUE(is_refusal(refusal)) << refusal;
  }
  for (const char* passing :
       {"LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
        "NOAUTH Authentication required.", "ERR max number of clients reached",
        "NOQUORUM 1 usable Sentinels.", "BUSY Redis is busy", ""}) {
    EXPECT_FALSE(is_refusal(passing)) << passing;
  }
}

}  // namespace
}  // namespace hitwatch::redis
