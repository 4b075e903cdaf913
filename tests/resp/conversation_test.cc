#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Conversation, TellsAHitAndAMissOfGet) {
  Dialogue dialogue;
  dialogue.both("GET a", "$5\r\nhello\r\n");
  dialogue.both("get b", "$-1\r\n");
  EXPECT_EQ(dialogue.teller.told[0].latency, 100'000);
  EXPECT_EQ(dialogue.teller.told[0].request_bytes, words("GET a").size());
  EXPECT_EQ(dialogue.teller.told[0].reply_bytes, 11U);
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("GET [a 1/0 hit out 5] = 1/0/0", "GET [b 0/1 miss] = 0/1/0"));
}

TEST(Conversation, AnEmptyStringIsAHit) {
  Dialogue dialogue;
  dialogue.both("GET a", "$0\r\n\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [a 1/0 hit] = 1/0/0"));
}

TEST(Conversation, CountsMgetPerKey) {
  Dialogue dialogue;
  dialogue.both("MGET a b c", "*3\r\n$1\r\nx\r\n$-1\r\n$3\r\nxyz\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("MGET [a 1/0 hit out 1] [b 0/1 miss] [c 1/0 hit out 3] = 2/1/0"));
}

TEST(Conversation, CountsHmgetPerField) {
  Dialogue dialogue;
  dialogue.both("HMGET h a b c", "*3\r\n$1\r\nx\r\n$-1\r\n$3\r\nxyz\r\n");
  dialogue.both("HMGET h a b", "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("HMGET [h 2/1 hit out 4] = 1/0/0", "HMGET [h 0/2 undecided] = 0/0/1"));
}

TEST(Conversation, ReadsNullsOfResp3) {
  Dialogue dialogue;
  dialogue.both("HELLO 3", "%1\r\n$5\r\nproto\r\n:3\r\n");
  dialogue.both("GET a", "_\r\n");
  dialogue.both("HGETALL h", "%1\r\n$1\r\nf\r\n$1\r\nv\r\n");
  dialogue.both("SMEMBERS s", "~0\r\n");
  dialogue.both("ZSCORE z m", ",1.5\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("HELLO", "GET [a 0/1 miss] = 0/1/0", "HGETALL [h 1/0 hit out 2] = 1/0/0",
                          "SMEMBERS [s miss] = 0/1/0", "ZSCORE [z hit] = 1/0/0"));
}

TEST(Conversation, PairsPipelinesInOrder) {
  Dialogue dialogue;
  dialogue.client(words("GET a") + words("SET b xyz") + words("GET c"));
  dialogue.server("$-1\r\n+OK\r\n");
  dialogue.server("$1\r\nx\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [a 0/1 miss] = 0/1/0", "SET [b in 3]",
                                            "GET [c 1/0 hit out 1] = 1/0/0"));
}

TEST(Conversation, ATransactionIsToldWhenItIsExecuted) {
  Dialogue dialogue;
  dialogue.client(words("MULTI") + words("GET a") + words("MGET b c") + words("EXEC"));
  dialogue.server("+OK\r\n+QUEUED\r\n+QUEUED\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("MULTI"));
  dialogue.server("*2\r\n$1\r\nx\r\n*2\r\n$-1\r\n$1\r\ny\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("GET [a 1/0 hit out 1] = 1/0/0 in transaction",
                          "MGET [b 0/1 miss] [c 1/0 hit out 1] = 1/1/0 in transaction", "EXEC"));
  dialogue.both("GET z", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [z 0/1 miss] = 0/1/0"));
}

TEST(Conversation, AnAbortedTransactionExecutesNothing) {
  Dialogue dialogue;
  dialogue.both("WATCH a", "+OK\r\n");
  dialogue.both("MULTI", "+OK\r\n");
  dialogue.both("GET a", "+QUEUED\r\n");
  dialogue.both("EXEC", "*-1\r\n");
  dialogue.both("MULTI", "+OK\r\n");
  dialogue.both("GET a", "+QUEUED\r\n");
  dialogue.both("DISCARD", "+OK\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("WATCH [a]", "MULTI", "EXEC", "MULTI", "DISCARD"));
  EXPECT_EQ(dialogue.conversation.held(), 0U);
}

TEST(Conversation, WhatMultiRefusesIsNotExecuted) {
  Dialogue dialogue;
  dialogue.both("MULTI", "+OK\r\n");
  dialogue.both("GET a", "+QUEUED\r\n");
  dialogue.both("GET", "-ERR wrong number of arguments for 'get' command\r\n");
  dialogue.both("WATCH a", "-ERR WATCH inside MULTI is not allowed\r\n");
  dialogue.both("EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n");
  dialogue.both("GET a", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("MULTI", "GET refused ERR not executed", "WATCH [a] failed ERR",
                          "EXEC refused EXECABORT", "GET [a 0/1 miss] = 0/1/0"));
}

TEST(Conversation, MessagesOfSubscriptionsAnswerNothing) {
  Dialogue dialogue;
  dialogue.client(words("SUBSCRIBE a b"));
  dialogue.server("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  dialogue.server("*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n");
  dialogue.server("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n");
  dialogue.client(words("PING"));
  dialogue.server("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  dialogue.client(words("UNSUBSCRIBE"));
  dialogue.server("*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n");
  dialogue.server("*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n");
  dialogue.both("MGET x", "*1\r\n$-1\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("SUBSCRIBE", "PING", "UNSUBSCRIBE", "MGET [x 0/1 miss] = 0/1/0"));
  EXPECT_EQ(dialogue.surroundings.doubts.pushes, 2U);
}

TEST(Conversation, PushesStandAnywhere) {
  Dialogue dialogue;
  dialogue.both("HELLO 3", "%1\r\n$5\r\nproto\r\n:3\r\n");
  dialogue.client(words("SUBSCRIBE a") + words("MGET x y"));
  dialogue.server(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
  dialogue.server("*2\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nx\r\n$1\r\nv\r\n_\r\n");
  dialogue.server(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nm\r\n");
  dialogue.both("GET x", "|1\r\n+ttl\r\n:5\r\n$1\r\nv\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("HELLO", "SUBSCRIBE", "MGET [x 1/0 hit out 1] [y 0/1 miss] = 1/1/0",
                          "GET [x 1/0 hit out 1] = 1/0/0"));
}

TEST(Conversation, ClientReplyOffShiftsNothing) {
  Dialogue dialogue;
  dialogue.client(words("CLIENT REPLY OFF") + words("SET a 1") + words("CLIENT REPLY ON"));
  dialogue.server("+OK\r\n");
  dialogue.client(words("CLIENT REPLY SKIP") + words("GET a") + words("GET b"));
  dialogue.server("$-1\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("CLIENT REPLY without reply", "SET [a in 1] without reply",
                          "CLIENT REPLY", "CLIENT REPLY without reply",
                          "GET [a] unseen without reply", "GET [b 0/1 miss] = 0/1/0"));
}

TEST(Conversation, BlockingCommandsHaveNoLatencyAndATimeoutIsNoMiss) {
  Dialogue dialogue;
  dialogue.client(words("BLPOP l 1"));
  dialogue.client(words("GET a"));
  dialogue.server("*-1\r\n$-1\r\n");
  EXPECT_EQ(dialogue.teller.told[0].latency, -1);
  EXPECT_EQ(dialogue.teller.told[1].latency, -1);
  EXPECT_THAT(dialogue.lines(), ElementsAre("BLPOP [l]", "GET [a 0/1 miss] = 0/1/0"));
}

TEST(Conversation, AReplyOfTheWrongKindEndsTrust) {
  Dialogue dialogue;
  dialogue.both("GET a", ":1\r\n");
  EXPECT_FALSE(dialogue.conversation.is_trusted());
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 1U);
  EXPECT_EQ(dialogue.surroundings.doubts.lost_requests, 1U);
  EXPECT_THAT(dialogue.lines(), IsEmpty());
}

TEST(Conversation, AReplyThatWasSentBeforeItsRequestArrivedEndsTrust) {
  Dialogue dialogue;
  dialogue.client(words("GET a"));
  dialogue.server("$-1\r\n", -1);
  EXPECT_THAT(dialogue.lines(), IsEmpty());
  EXPECT_FALSE(dialogue.conversation.is_trusted());
}

TEST(Conversation, LostBytesOfAValueAreNoLoss) {
  Dialogue dialogue;
  dialogue.client("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1000\r\nxx");
  dialogue.conversation.lost(packets::Side::kClient, 1000, dialogue.time);
  dialogue.server("+OK\r\n");
  dialogue.client(words("GET a"));
  dialogue.server("$1000\r\nxx");
  dialogue.conversation.lost(packets::Side::kServer, 998, dialogue.time);
  dialogue.server("\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("SET [a in 1000]", "GET [a 1/0 hit out 1000] = 1/0/0"));
}

TEST(Conversation, LostBytesElsewhereEndTrust) {
  Dialogue dialogue;
  dialogue.client(words("GET a"));
  dialogue.conversation.lost(packets::Side::kServer, 5, dialogue.time);
  EXPECT_FALSE(dialogue.conversation.is_trusted());
  EXPECT_EQ(dialogue.surroundings.doubts.gaps, 1U);
  EXPECT_EQ(dialogue.conversation.held(), 0U);
}

TEST(Conversation, ThreeSilencesProveAPickup) {
  Dialogue dialogue(false);
  dialogue.server("tail of something\r\n");
  for (int i = 0; i < 6; ++i) {
    dialogue.both("GET a", "$-1\r\n");
    dialogue.wait(6'000'000);
  }
  EXPECT_EQ(dialogue.lines().size(), 3U);
  EXPECT_EQ(dialogue.surroundings.doubts.pickups, 1U);
}

TEST(Conversation, TellsWhoTheClientIs) {
  Dialogue dialogue;
  dialogue.both("HELLO 3 AUTH user SETNAME SETNAME mine", "%0\r\n");
  EXPECT_EQ(dialogue.teller.told.back().library, "mine");
  dialogue.both("CLIENT SETINFO lib-name ioredis", "+OK\r\n");
  EXPECT_EQ(dialogue.teller.told.back().library, "ioredis");
  dialogue.both("CLIENT SETNAME hitwatch", "+OK\r\n");
  EXPECT_EQ(dialogue.teller.told.back().library, "ioredis");
  EXPECT_TRUE(dialogue.teller.told.back().is_ours);
}

TEST(Conversation, RedirectionsAndRefusalsLookUpNothing) {
  Dialogue dialogue;
  dialogue.both("GET a", "-MOVED 1 127.0.0.1:7001\r\n");
  dialogue.both("GET a", "-NOAUTH Authentication required.\r\n");
  dialogue.both("GET a", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("GET [a] redirected MOVED not executed",
                                            "GET [a] refused NOAUTH not executed",
                                            "GET [a hit] = 1/0/0 failed WRONGTYPE"));
}

TEST(Conversation, EncryptedConnectionsAreNotObservable) {
  Dialogue dialogue;
  dialogue.client("\x16\x03\x01\x02\x01");
  dialogue.server("\x16\x03\x03");
  EXPECT_EQ(dialogue.surroundings.doubts.tls_connections, 1U);
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 0U);
}

TEST(Conversation, ReplicationAndMonitorAreIgnored) {
  Dialogue dialogue;
  dialogue.both("PSYNC ? -1", "+FULLRESYNC abc 0\r\n$10\r\n0123456789");
  Dialogue monitor;
  monitor.both("MONITOR", "+OK\r\n+1.2 [0 x] \"GET\"\r\n");
  EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 1U);
  EXPECT_EQ(monitor.surroundings.doubts.replication_connections, 1U);
  EXPECT_EQ(monitor.surroundings.doubts.contradictions, 0U);
}

TEST(Conversation, WhatReplicationBeginsWithIsNoReply) {
  for (const std::string_view first : {"\n\n", "$EOF:0123", "$10\r\n$-1\r\n$-1\r\n"}) {
    Dialogue dialogue;
    dialogue.client(words("SYNC") + words("GET a") + words("GET b"));
    dialogue.server(first);
    dialogue.server("$-1\r\n$-1\r\n");
    dialogue.both("GET c", "$-1\r\n");
    EXPECT_THAT(dialogue.lines(), IsEmpty());
    EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 1U);
    EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 0U);
  }
  Dialogue waiting;
  waiting.both("PSYNC ? -1", "\n");
  waiting.server("+FULLRESYNC abc 0\r\n");
  EXPECT_EQ(waiting.surroundings.doubts.replication_connections, 1U);
  EXPECT_EQ(waiting.surroundings.doubts.contradictions, 0U);
}

TEST(Conversation, WhereMonitorIsRefusedRepliesFollowStill) {
  for (const std::string_view asked : {"MONITOR", "PSYNC ? -1", "SYNC"}) {
    for (const std::string_view error :
         {"-NOPERM no permissions\r\n", "-NOAUTH Authentication required.\r\n",
          "-ERR unknown command\r\n"}) {
      Dialogue dialogue;
      dialogue.client(words(asked) + words("GET a"));
      dialogue.server(std::string(error) + "$-1\r\n");
      dialogue.both("GET b", "$1\r\nx\r\n");
      EXPECT_EQ(dialogue.lines().size(), 3U);
      EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 0U);
      // That it was asked once does not end it later.
      dialogue.both("GET c", ":1\r\n");
      EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 0U);
    }
  }
}

TEST(Conversation, ATransactionMayRefuseToMonitorWhenItIsExecuted) {
  Dialogue dialogue;
  dialogue.client(words("MULTI") + words("MONITOR") + words("GET a") + words("EXEC"));
  dialogue.server("+OK\r\n+QUEUED\r\n+QUEUED\r\n");
  dialogue.server("*2\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n$-1\r\n");
  dialogue.both("GET b", "$1\r\nx\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("MULTI", "MONITOR failed ERR in transaction",
                                            "GET [a 0/1 miss] = 0/1/0 in transaction", "EXEC",
                                            "GET [b 1/0 hit out 1] = 1/0/0"));
  dialogue.client(words("MULTI") + words("MONITOR") + words("EXEC"));
  dialogue.server("+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n+1.2 [0 x] \"GET\" \"b\"\r\n");
  EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 1U);
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 0U);
}

// Where the reply is not seen it may have been taken over: nothing proves otherwise.
TEST(Conversation, AMonitorWhoseReplyIsMissedIsIgnored) {
  Dialogue dialogue;
  dialogue.client(words("MONITOR"));
  dialogue.conversation.lost(packets::Side::kServer, 5, dialogue.time);
  for (int i = 0; i < 10; ++i) {
    dialogue.wait(6'000'000);
    dialogue.both("TYPE a", "+1.2 [0 x] \"GET\"\r\n");
  }
  EXPECT_THAT(dialogue.lines(), IsEmpty());
  EXPECT_EQ(dialogue.surroundings.doubts.replication_connections, 1U);
}

TEST(Conversation, InlineCommandsAndEmptyOnes) {
  Dialogue dialogue;
  dialogue.client("PING\r\n");
  dialogue.server("+PONG\r\n");
  dialogue.client("\r\n*0\r\n*-1\r\n  \r\nget \"a b\\x41\" \r\n");
  dialogue.server("$-1\r\n");
  dialogue.client("mget 'it\\'s' b\n");
  dialogue.server("*2\r\n$-1\r\n$-1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("PING", "GET [a bA 0/1 miss] = 0/1/0",
                                            "MGET [it's 0/1 miss] [b 0/1 miss] = 0/2/0"));
}

TEST(Conversation, ProxiesSayWhoTheyServeFirst) {
  Dialogue first;
  first.client("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + words("GET a"));
  first.server("$-1\r\n");
  EXPECT_THAT(first.lines(), ElementsAre("GET [a 0/1 miss] = 0/1/0"));
  Dialogue second;
  second.client(std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x03"
                            "abc",
                            19) +
                words("GET a"));
  second.server("$-1\r\n");
  EXPECT_THAT(second.lines(), ElementsAre("GET [a 0/1 miss] = 0/1/0"));
}

TEST(Conversation, ScriptsLookUpWhatIsNotSeen) {
  Dialogue dialogue;
  dialogue.both("EVAL return 2 a b c", "$-1\r\n");
  dialogue.both("FOO.BAR x", ":1\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("EVAL [a] [b] unseen", "FOO.BAR unseen"));
}

TEST(Conversation, KeysAreFoundWhereCommandsHaveThem) {
  Dialogue dialogue;
  dialogue.both("MSET a 1 b 22", "+OK\r\n");
  dialogue.both("MSETEX 2 a 1 b 22 EX 5", ":1\r\n");
  dialogue.both("XREAD COUNT 1 STREAMS s t 0 0", "*-1\r\n");
  dialogue.both("ZUNIONSTORE d 2 a b WEIGHTS 1 2", ":0\r\n");
  dialogue.both("BITOP AND d a b", ":1\r\n");
  dialogue.both("BLPOP a b 1", "*-1\r\n");
  dialogue.both("OBJECT ENCODING a", "$-1\r\n");
  dialogue.both("JSON.MGET a b $.x", "*2\r\n$1\r\n1\r\n$-1\r\n");
  dialogue.both("SET k v EX 10 GET", "$-1\r\n");
  EXPECT_THAT(dialogue.lines(),
              ElementsAre("MSET [a in 1] [b in 2]", "MSETEX [a in 1] [b in 2]",
                          "XREAD [s] [t] unseen", "ZUNIONSTORE [d] [a miss] [b miss] = 0/2/0",
                          "BITOP [d] [a undecided] [b undecided] = 1/0/1", "BLPOP [a] [b]",
                          "OBJECT ENCODING [a miss] = 0/1/0",
                          "JSON.MGET [a 1/0 hit out 1] [b 0/1 undecided] = 1/0/1",
                          "SET [k 0/1 miss in 1] = 0/1/0"));
}

TEST(Conversation, WhatIsNoNameOfACommandIsNotRepeated) {
  Dialogue dialogue;
  dialogue.client(request({"open sesame", "x"}));
  dialogue.server("-ERR unknown command\r\n");
  EXPECT_THAT(dialogue.lines(), ElementsAre("? refused ERR not executed"));
}

// The room that its beginning did not have comes before its end: its end alone is no key.
TEST(Conversation, AKeyInPiecesThatThereWasNoRoomForIsNotTold) {
  Dialogue dialogue;
  const std::string large = request({"GET", std::string(1000, 'a')});
  for (int i = 0; i < 48; ++i) dialogue.client(large);
  dialogue.client("*2\r\n$3\r\nGET\r\n$10\r\nlogin");
  for (int i = 0; i < 48; ++i) dialogue.server("$2\r\nhi\r\n");
  dialogue.client(":7777\r\n");
  dialogue.lines();
  dialogue.server("$2\r\nhi\r\n");
  EXPECT_TRUE(dialogue.teller.told.back().uses.empty());
  EXPECT_GE(dialogue.surroundings.doubts.too_many_keys, 1U);
}

// A SKIP that the server refuses has a reply, and so has what should have been skipped.
TEST(Conversation, ARefusalAfterSkipMayBeThatOfSkip) {
  Dialogue dialogue;
  dialogue.client(words("CLIENT REPLY SKIP") + words("GET a") + words("GET b") + words("GET c") +
                  words("GET d"));
  dialogue.server("-NOPERM no permissions\r\n$1\r\nx\r\n$-1\r\n$1\r\nx\r\n$-1\r\n");
  for (const Told& told : dialogue.teller.told) {
    for (const auto& use : told.uses) EXPECT_EQ(use.hits + use.misses, 0U) << to_string(told);
  }
  EXPECT_FALSE(dialogue.conversation.is_trusted());
}

// --- a connection that is met in its middle

TEST(Pickup, AnUnknownRequestsReplyInASilenceEndsTheProof) {
  Dialogue dialogue(false);
  // The server still owes an earlier reply: each is that of the request before.
  dialogue.client(words("GET a"));
  dialogue.server("$1\r\nx\r\n");
  dialogue.server("$-1\r\n");
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 1U);
  for (int i = 0; i < 4; ++i) {
    dialogue.both("GET b", "$-1\r\n");
    dialogue.wait(6'000'000);
  }
  EXPECT_EQ(dialogue.lines().size(), 1U);
}

// What is enough depends on how long replies take where that is known.
TEST(Pickup, WhereRepliesAreKnownToBeFastShorterSilencesProve) {
  const auto told_after = [](packets::Time slowest) {
    Dialogue dialogue(false);
    dialogue.surroundings.timed = 5000;
    dialogue.surroundings.slowest = slowest;
    for (int i = 0; i < 6; ++i) {
      dialogue.both("GET a", "$-1\r\n");
      dialogue.wait(2'000'000);
    }
    return dialogue.lines().size();
  };
  EXPECT_EQ(told_after(100'000), 3U);
  EXPECT_EQ(told_after(1'000'000), 0U);
}

TEST(Pickup, RepliesOfTrustedConnectionsTellHowLongTheyTake) {
  Dialogue dialogue;
  dialogue.both("GET a", "$-1\r\n");
  EXPECT_EQ(dialogue.surroundings.timed, 1U);
  EXPECT_EQ(dialogue.surroundings.slowest, 100'000);
}

// A file that claims so asks for long silences, and for none that wrapped around.
TEST(Pickup, RepliesThatTakeYearsAreTakenForSlow) {
  constexpr packets::Time kHour = 3'600'000'000'000;
  constexpr packets::Time kCentury = 3'000'000'000'000'000'000;
  Dialogue slow;
  slow.client(words("GET a"));
  slow.wait(kCentury);
  slow.server("$-1\r\n");
  EXPECT_EQ(slow.surroundings.slowest, kHour);
  EXPECT_EQ(slow.teller.told[0].latency, kHour);

  Dialogue dialogue(false);
  dialogue.surroundings.timed = 5000;
  dialogue.surroundings.slowest = slow.surroundings.slowest;
  dialogue.client(words("GET a"));
  dialogue.wait(kCentury);
  dialogue.server("$-1\r\n");
  for (int i = 0; i < 50; ++i) dialogue.both("GET a", "$-1\r\n");
  EXPECT_FALSE(dialogue.conversation.is_trusted());
  for (int i = 0; i < 4; ++i) {
    dialogue.wait(5 * kHour);
    dialogue.both("GET a", "$-1\r\n");
  }
  EXPECT_TRUE(dialogue.conversation.is_trusted());
}

// A connection that never falls silent for long.
TEST(Pickup, ManyQuietMomentsProveToo) {
  Dialogue dialogue(false);
  int turns = 0;
  for (; turns < 1000 && !dialogue.conversation.is_trusted(); ++turns) {
    dialogue.client(words("GET a"));
    dialogue.wait(-950'000);
    dialogue.server("$-1\r\n");
    dialogue.wait(turns % 100 == 0 ? -700'000 : -950'000);
  }
  EXPECT_EQ(turns, 513);
}

TEST(Pickup, ShortSilencesProveNothing) {
  Dialogue dialogue(false);
  for (int i = 0; i < 50; ++i) {
    dialogue.both("GET a", "$-1\r\n");
    dialogue.wait(-900'000);  // a tenth of a millisecond until the next
  }
  EXPECT_FALSE(dialogue.conversation.is_trusted());
  EXPECT_THAT(dialogue.lines(), IsEmpty());
}

TEST(Pickup, SilencesHaveToBeLongerThanTheServerTakes) {
  Dialogue dialogue(false);
  for (int i = 0; i < 50; ++i) {
    dialogue.client(words("GET a"));
    dialogue.wait(600'000);
    dialogue.server("$-1\r\n");
  }
  EXPECT_FALSE(dialogue.conversation.is_trusted());
}

TEST(Pickup, NeedsARequestThatBeginsASegmentWhenAllIsAcknowledged) {
  const std::string bytes = words("GET a");
  const auto pairs_after = [&](packets::Chunk first) {
    Dialogue dialogue(false);
    first.bytes = bytes;
    dialogue.conversation.bytes(first);
    dialogue.server("$-1\r\n");
    dialogue.server("$-1\r\n");  // a contradiction, if pairs are made
    return dialogue.surroundings.doubts.contradictions;
  };
  EXPECT_EQ(pairs_after({.bytes = {}, .begins_segment = true, .behind = 0}), 1U);
  EXPECT_EQ(pairs_after({.bytes = {}, .begins_segment = false, .behind = 0}), 0U);
  EXPECT_EQ(pairs_after({.bytes = {}, .begins_segment = true, .behind = -1}), 0U);
}

TEST(Pickup, InTheMiddleOfATransactionNothingIsPaired) {
  Dialogue dialogue(false);
  dialogue.both("SET a 1", "+QUEUED\r\n");
  dialogue.both("FOO", "+QUEUED\r\n");
  dialogue.both("EXEC", "*2\r\n+OK\r\n+OK\r\n");
  EXPECT_EQ(dialogue.surroundings.doubts.contradictions, 3U);
}

}  // namespace
}  // namespace hitwatch::resp::test
