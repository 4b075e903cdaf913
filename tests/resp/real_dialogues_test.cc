// What a real server says where requests and replies are not simply one to one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/resp/redis_process.h"
#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

using testing::ElementsAre;

class RealDialogue : public testing::Test {
 protected:
  // Sends all lines at once, and reads until so many replies and pushes have come.
  void say(const std::vector<std::string_view>& lines, int replies) {
    std::string bytes;
    for (const std::string_view line : lines) bytes += words(line);
    dialogue_.client(bytes);
    const std::string reply = line_.ask(bytes, replies);
    dialogue_.server(reply);
    EXPECT_TRUE(dialogue_.conversation.is_trusted()) << reply;
  }
  std::vector<std::string> lines() { return dialogue_.lines(); }
  std::uint64_t pushes() const { return dialogue_.surroundings.doubts.pushes; }

  RedisProcess server_;
  RedisLine line_{server_.port()};
  RedisLine other_{server_.port()};
  Dialogue dialogue_;
};

TEST_F(RealDialogue, SubscriptionsOfResp2) {
  say({"SUBSCRIBE a b", "PSUBSCRIBE p*", "PING", "PING x"}, 5);
  other_.ask(words("PUBLISH a hello") + words("PUBLISH pq hello"), 2);
  say({"PING", "SUBSCRIBE a", "UNSUBSCRIBE", "PUNSUBSCRIBE", "GET k", "MGET k l"}, 9);
  EXPECT_THAT(lines(), ElementsAre("SUBSCRIBE", "PSUBSCRIBE", "PING", "PING", "PING", "SUBSCRIBE",
                                   "UNSUBSCRIBE", "PUNSUBSCRIBE", "GET [k 0/1 miss] = 0/1/0",
                                   "MGET [k 0/1 miss] [l 0/1 miss] = 0/2/0"));
  EXPECT_EQ(pushes(), 2U);
}

TEST_F(RealDialogue, UnsubscribingFromNothing) {
  say({"UNSUBSCRIBE", "PUNSUBSCRIBE", "UNSUBSCRIBE a b", "SUNSUBSCRIBE", "GET k"}, 6);
  EXPECT_THAT(lines(), ElementsAre("UNSUBSCRIBE", "PUNSUBSCRIBE", "UNSUBSCRIBE", "SUNSUBSCRIBE",
                                   "GET [k 0/1 miss] = 0/1/0"));
}

TEST_F(RealDialogue, SubscriptionsAndShardsCountApart) {
  say({"SSUBSCRIBE s", "SUBSCRIBE a", "SSUBSCRIBE t", "SUNSUBSCRIBE", "UNSUBSCRIBE", "GET k"}, 7);
  EXPECT_THAT(lines(), ElementsAre("SSUBSCRIBE", "SUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE",
                                   "UNSUBSCRIBE", "GET [k 0/1 miss] = 0/1/0"));
}

TEST_F(RealDialogue, WhileSubscribedOtherCommandsAreRefused) {
  say({"SUBSCRIBE a", "GET k", "RESET", "GET k", "MGET k"}, 5);
  EXPECT_THAT(lines(), ElementsAre("SUBSCRIBE", "GET [k] refused ERR not executed", "RESET",
                                   "GET [k 0/1 miss] = 0/1/0", "MGET [k 0/1 miss] = 0/1/0"));
}

TEST_F(RealDialogue, SubscriptionsOfResp3) {
  // Pushes are no replies: only those of HELLO, GET and MGET are waited for.
  say({"HELLO 3", "SUBSCRIBE a b", "GET k", "UNSUBSCRIBE", "MGET k l"}, 3);
  EXPECT_THAT(lines(), ElementsAre("HELLO", "SUBSCRIBE", "GET [k 0/1 miss] = 0/1/0", "UNSUBSCRIBE",
                                   "MGET [k 0/1 miss] [l 0/1 miss] = 0/2/0"));
}

TEST_F(RealDialogue, InvalidationsOfTrackedKeys) {
  say({"HELLO 3", "CLIENT TRACKING on", "GET k"}, 3);
  other_.ask(words("SET k v"), 1);
  say({"GET k", "SET k w", "GET k"}, 3);
  EXPECT_THAT(lines(), ElementsAre("HELLO", "CLIENT TRACKING", "GET [k 0/1 miss] = 0/1/0",
                                   "GET [k 1/0 hit out 1] = 1/0/0", "SET [k in 1]",
                                   "GET [k 1/0 hit out 1] = 1/0/0"));
  EXPECT_GE(pushes(), 1U);
}

TEST_F(RealDialogue, RepliesThatTheClientWantsNot) {
  say({"CLIENT REPLY OFF", "GET a", "CLIENT REPLY SKIP", "GET b", "CLIENT REPLY ON", "GET c",
       "CLIENT REPLY SKIP", "GET d", "GET e", "CLIENT REPLY SKIP", "CLIENT REPLY ON",
       "CLIENT REPLY bad", "GET f"},
      6);
  EXPECT_THAT(lines(),
              ElementsAre("CLIENT REPLY without reply", "GET [a] unseen without reply",
                          "CLIENT REPLY without reply", "GET [b] unseen without reply",
                          "CLIENT REPLY without reply", "GET [d] unseen without reply",
                          "CLIENT REPLY without reply", "CLIENT REPLY", "GET [c 0/1 miss] = 0/1/0",
                          "GET [e 0/1 miss] = 0/1/0", "CLIENT REPLY", "CLIENT REPLY failed ERR",
                          "GET [f 0/1 miss] = 0/1/0"));
}

TEST_F(RealDialogue, TransactionsThatAreRefusedWatchedOrReset) {
  say({"MULTI", "MULTI", "GET a", "WATCH b", "UNWATCH", "NOSUCH", "EXEC", "EXEC", "DISCARD"}, 9);
  EXPECT_THAT(lines(), ElementsAre("MULTI", "MULTI failed ERR", "WATCH [b] failed ERR",
                                   "NOSUCH refused ERR not executed", "EXEC refused EXECABORT",
                                   "EXEC failed ERR", "DISCARD failed ERR"));
  say({"WATCH a"}, 1);
  other_.ask(words("SET a 1"), 1);
  say({"MULTI", "GET a", "EXEC", "GET a"}, 4);
  EXPECT_THAT(lines(), ElementsAre("WATCH [a]", "MULTI", "EXEC", "GET [a 1/0 hit out 1] = 1/0/0"));
  say({"MULTI", "GET a", "RESET", "GET a"}, 4);
  EXPECT_THAT(lines(), ElementsAre("MULTI", "RESET", "GET [a 1/0 hit out 1] = 1/0/0"));
  say({"MULTI", "EXEC", "MULTI", "INCR a", "LPUSH a 1", "MGET a b", "EXEC"}, 7);
  EXPECT_THAT(lines(),
              ElementsAre("MULTI", "EXEC", "MULTI", "INCR [a] in transaction",
                          "LPUSH [a in 1] failed WRONGTYPE in transaction",
                          "MGET [a 1/0 hit out 1] [b 0/1 miss] = 1/1/0 in transaction", "EXEC"));
}

TEST_F(RealDialogue, ScriptsReturnWhatTheyLike) {
  say({"HELLO 3", "EVAL return{1,{'a',{}},{err='x'},{ok='y'},false} 0", "EVAL return{err='x'} 0",
       "EVAL redis.setresp(3);return{map={a=1}} 0", "EVAL redis.setresp(3);return{double=1.5} 0",
       "EVAL redis.setresp(3);return{set={a=true}} 0",
       "EVAL redis.setresp(3);return{big_number='123'} 0",
       "EVAL redis.setresp(3);return{verbatim_string={format='txt',string='a'}} 0",
       "EVAL redis.setresp(3);return(true) 0", "GET k"},
      10);
  EXPECT_EQ(lines().back(), "GET [k 0/1 miss] = 0/1/0");
  say({"DEBUG PROTOCOL attrib", "GET k"}, 2);
}

TEST_F(RealDialogue, BlockedCommandsAndThoseBehindThem) {
  say({"BLPOP l 0.01", "GET k", "XREAD BLOCK 1 STREAMS s $", "WAIT 0 1", "GET k"}, 5);
  EXPECT_EQ(dialogue_.teller.told[0].latency, -1);
  EXPECT_EQ(dialogue_.teller.told[1].latency, -1);
  EXPECT_THAT(lines(), ElementsAre("BLPOP [l]", "GET [k 0/1 miss] = 0/1/0", "XREAD [s] unseen",
                                   "WAIT", "GET [k 0/1 miss] = 0/1/0"));
}

TEST_F(RealDialogue, InlineCommands) {
  const std::string bytes =
      "set \"a b\" 'x y'\r\n\r\n*0\r\n*-1\r\nGET \"a\\x20b\"\r\nget a\\x20b\r\n";
  dialogue_.client(bytes);
  dialogue_.server(line_.ask(bytes, 3));
  EXPECT_THAT(lines(), ElementsAre("SET [a b in 3]", "GET [a b 1/0 hit out 3] = 1/0/0",
                                   "GET [a\\x20b 0/1 miss] = 0/1/0"));
}

}  // namespace
}  // namespace hitwatch::resp::test
