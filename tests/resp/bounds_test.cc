#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

using testing::ElementsAre;

std::string mget(std::size_t keys, const std::string& key) {
  std::vector<std::string> arguments{"MGET"};
  for (std::size_t i = 0; i < keys; ++i) arguments.push_back(key + std::to_string(i));
  return request(arguments);
}
std::string nils(std::size_t count) {
  std::string bytes = "*" + std::to_string(count) + "\r\n";
  for (std::size_t i = 0; i < count; ++i) bytes += "$-1\r\n";
  return bytes;
}

TEST(Bounds, AThousandRequestsMayBeOutstanding) {
  Dialogue dialogue;
  std::string requests;
  std::string replies;
  for (int i = 0; i < 1000; ++i) {
    requests += words("GET key:" + std::to_string(i));
    replies += i % 2 == 0 ? "$-1\r\n" : "$1\r\nx\r\n";
  }
  dialogue.client(requests);
  EXPECT_LE(dialogue.conversation.held(), kMaxOutstanding);
  dialogue.server(replies);
  ASSERT_EQ(dialogue.teller.told.size(), 1000U);
  EXPECT_EQ(to_string(dialogue.teller.told[999]), "GET [key:999 1/0 hit out 1] = 1/0/0");
  EXPECT_EQ(dialogue.conversation.held(), 0U);
}

TEST(Bounds, WhereThereIsNoRoomForKeysTheCommandIsToldStill) {
  Dialogue dialogue;
  const std::string key(1000, 'k');
  std::string requests;
  std::string replies;
  for (int i = 0; i < 200; ++i) {
    requests += request({"GET", key});
    replies += "$-1\r\n";
  }
  dialogue.client(requests);
  dialogue.server(replies);
  ASSERT_EQ(dialogue.teller.told.size(), 200U);
  EXPECT_EQ(dialogue.teller.told[0].uses.size(), 1U);
  EXPECT_EQ(to_string(dialogue.teller.told[199]), "GET = 0/1/0");
  EXPECT_GT(dialogue.surroundings.doubts.too_many_keys, 100U);
}

TEST(Bounds, OfADeepPipelineTheLastAreCountedOnlyAndThoseAfterItAreTold) {
  Dialogue dialogue;
  for (int i = 0; i < 20'000; ++i) dialogue.client(words("GET k"));
  EXPECT_LE(dialogue.conversation.held(), kMaxOutstanding);
  for (int i = 0; i < 20'000; ++i) dialogue.server(i % 3 == 0 ? "$-1\r\n" : "$1\r\nx\r\n");
  const std::size_t told = dialogue.lines().size();
  EXPECT_GT(told, 1000U);
  EXPECT_EQ(told + dialogue.surroundings.doubts.lost_requests, 20'000U);
  dialogue.both("GET z", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [z 0/1 miss] = 0/1/0"));
}

TEST(Bounds, WhatChangesTheConnectionCannotBeCountedOnly) {
  Dialogue dialogue;
  for (int i = 0; i < 20'000; ++i) dialogue.client(words("GET k"));
  dialogue.client(words("MULTI"));
  EXPECT_FALSE(dialogue.conversation.is_trusted());
  EXPECT_EQ(dialogue.surroundings.doubts.lost_requests, 20'000U);
}

// One of which nothing is told: there is no room for all of it.
class LongTransaction : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::size_t kCommands = 10'000;

  // Each command waits for its reply, or none does.
  void say(const std::string& end) {
    std::string requests = words("MULTI");
    std::string replies = "+OK\r\n";
    for (std::size_t i = 0; i < kCommands; ++i) {
      if (GetParam()) {
        dialogue_.client(requests);
        dialogue_.server(replies);
        requests.clear();
        replies.clear();
      }
      requests += words(i % 7 == 0 ? "PING" : "GET k");
      replies += "+QUEUED\r\n";
    }
    dialogue_.client(requests);
    dialogue_.client(words("EXEC"));
    dialogue_.server(replies);
    dialogue_.server(end);
  }
  void expect_trusted() {
    EXPECT_THAT(dialogue_.lines(), ElementsAre("MULTI"));
    EXPECT_EQ(dialogue_.conversation.held(), 0U);
    EXPECT_EQ(dialogue_.surroundings.doubts.lost_requests, kCommands + 1);
    EXPECT_EQ(dialogue_.surroundings.doubts.gaps, 0U);
    EXPECT_EQ(dialogue_.surroundings.doubts.contradictions, 0U);
    dialogue_.client(words("MULTI") + words("GET y") + words("EXEC") + words("GET z"));
    dialogue_.server("+OK\r\n+QUEUED\r\n*1\r\n$-1\r\n$1\r\nx\r\n");
    EXPECT_THAT(dialogue_.lines(), ElementsAre("MULTI", "GET [y 0/1 miss] = 0/1/0 in transaction",
                                               "EXEC", "GET [z 1/0 hit out 1] = 1/0/0"));
  }

  Dialogue dialogue_;
};

TEST_P(LongTransaction, IsLostAndEndsWithItsExecution) {
  say(nils(kCommands));
  expect_trusted();
}

TEST_P(LongTransaction, EndsAsWellIfItIsNotExecuted) {
  say("*-1\r\n");
  expect_trusted();
}

TEST_P(LongTransaction, EndsWithAnErrorToo) {
  say("-EXECABORT Transaction discarded because of previous errors.\r\n");
  expect_trusted();
}

TEST_P(LongTransaction, HasAResultForEachOfItsCommands) {
  say(nils(kCommands - 1));
  EXPECT_FALSE(dialogue_.conversation.is_trusted());
  EXPECT_EQ(dialogue_.surroundings.doubts.contradictions, 1U);
}

INSTANTIATE_TEST_SUITE_P(Resp, LongTransaction, testing::Bool());

TEST(Bounds, WhatFollowsALongTransactionAtOnceIsCountedOnlyToo) {
  Dialogue dialogue;
  std::string requests = words("MULTI");
  std::string replies = "+OK\r\n";
  for (int i = 0; i < 9999; ++i) {
    requests += words("GET k");
    replies += "+QUEUED\r\n";
  }
  requests += words("NOSUCH") + words("EXEC") + words("GET a") + words("GET b");
  replies += "-ERR unknown command\r\n";
  replies += "-EXECABORT Transaction discarded because of previous errors.\r\n$-1\r\n$1\r\nx\r\n";
  dialogue.client(requests);
  dialogue.server(replies);
  EXPECT_THAT(dialogue.lines(), ElementsAre("MULTI"));
  EXPECT_EQ(dialogue.surroundings.doubts.lost_requests, 10'003U);
  dialogue.both("GET z", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [z 0/1 miss] = 0/1/0"));
}

TEST(Bounds, ATransactionThatWasRefusedHasNoEndToWaitFor) {
  Dialogue dialogue;
  std::string requests = words("MULTI");
  std::string replies = "-NOPERM no permissions\r\n";
  for (int i = 0; i < 10'000; ++i) {
    requests += words("GET k");
    replies += "$-1\r\n";
  }
  dialogue.client(requests);
  dialogue.server(replies);
  dialogue.lines();
  dialogue.both("GET z", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [z 0/1 miss] = 0/1/0"));
  EXPECT_EQ(dialogue.surroundings.doubts.gaps, 0U);
}

TEST(Bounds, KeysBeyondTheBoundAreCountedAndNotTold) {
  Dialogue dialogue;
  dialogue.client(mget(kMaxKeys + 10, "k"));
  dialogue.server(nils(kMaxKeys + 10));
  ASSERT_EQ(dialogue.teller.told.size(), 1U);
  EXPECT_EQ(dialogue.teller.told[0].uses.size(), kMaxKeys);
  EXPECT_EQ(dialogue.teller.told[0].misses, kMaxKeys + 10);
  EXPECT_EQ(dialogue.surroundings.doubts.too_many_keys, 10U);
}

TEST(Bounds, ALongKeyIsNotToldButItsNeighboursAre) {
  for (const std::size_t cut : {std::size_t{0}, std::size_t{500}}) {
    Dialogue dialogue;
    const std::string bytes =
        request({"MGET", "a", std::string(kMaxKeyBytes + 1, 'l'), std::string(kMaxKeyBytes, 'm')});
    if (cut > 0) dialogue.client(bytes.substr(0, cut));
    dialogue.client(bytes.substr(cut));
    dialogue.server("*3\r\n$-1\r\n$2\r\nxx\r\n$1\r\nx\r\n");
    EXPECT_THAT(dialogue.lines(),
                ElementsAre("MGET [a 0/1 miss] [" + std::string(kMaxKeyBytes, 'm') +
                            " 1/0 hit out 1] = 2/1/0"));
  }
}

TEST(Bounds, WithoutMemoryNothingIsCounted) {
  Teller teller;
  packets::BufferPool pool{0};
  Surroundings surroundings{.sink = teller, .pool = pool};
  Conversation conversation(surroundings, {}, {});
  conversation.begins();
  const std::string bytes = words("GET a");
  conversation.bytes({.side = packets::Side::kClient, .bytes = bytes, .time = 1});
  conversation.bytes({.side = packets::Side::kServer, .bytes = "$-1\r\n", .time = 2});
  EXPECT_TRUE(teller.told.empty());
  EXPECT_FALSE(conversation.is_trusted());
}

TEST(Bounds, SecretsAreNeverKept) {
  // A buffer that is given back and taken again shows what was left in it.
  Dialogue dialogue;
  for (const std::string& bytes :
       {request({"HELLO", "3", "AUTH", "user", "opensesame"}),
        request({"AUTH", "user", "opensesame"}), request({"SET", "k", "opensesame"})}) {
    for (const char c : bytes) dialogue.client({&c, 1});
    dialogue.server(bytes.find("HELLO") == std::string::npos ? "+OK\r\n" : "%0\r\n");
    const packets::BufferPool::Buffer buffer = dialogue.pool.take(1);
    EXPECT_EQ(std::string_view(buffer.data(), buffer.size()).find("open"), std::string_view::npos);
  }
}

TEST(Bounds, RequestsThatWereRepeatedHaveNoLatency) {
  Dialogue dialogue;
  dialogue.client(words("GET a"));
  dialogue.conversation.repeated(packets::Side::kClient);
  dialogue.client(words("GET b"));
  dialogue.server("$-1\r\n$-1\r\n");
  EXPECT_EQ(dialogue.teller.told[0].latency, -1);
  EXPECT_EQ(dialogue.teller.told[1].latency, 100'000);
}

TEST(Bounds, LatencyEndsWithTheFirstByteOfTheReply) {
  Dialogue dialogue;
  dialogue.client(words("GET a"));
  dialogue.server("$");
  dialogue.server("1\r\n");
  dialogue.server("x\r\n");
  EXPECT_EQ(dialogue.teller.told[0].latency, 100'000);
}

}  // namespace
}  // namespace hitwatch::resp::test
