#include "collectors/tap/packets/reassembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/packets/streams.h"

namespace hitwatch::packets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kClientStart = 1000;
constexpr std::uint32_t kServerStart = 5000;

class ReassemblyTest : public ::testing::Test {
 protected:
  // Numbers are counted from the first byte of each side, so the SYN's is -1.
  static Segment segment(Side side, std::int64_t sequence, std::string_view payload,
                         std::int64_t acknowledgement) {
    const bool is_client = side == Side::kClient;
    return {.sequence =
                static_cast<std::uint32_t>((is_client ? kClientStart : kServerStart) + sequence),
            .acknowledgement = static_cast<std::uint32_t>(
                (is_client ? kServerStart : kClientStart) + acknowledgement),
            .ack = true,
            .payload = payload,
            .payload_length = static_cast<std::uint32_t>(payload.size())};
  }
  void client(std::int64_t sequence, std::string_view payload, std::int64_t acknowledgement = 0) {
    connection.take(Side::kClient, segment(Side::kClient, sequence, payload, acknowledgement), log);
  }
  void server(std::int64_t sequence, std::string_view payload, std::int64_t acknowledgement = 0) {
    connection.take(Side::kServer, segment(Side::kServer, sequence, payload, acknowledgement), log);
  }
  void shake_hands() {
    Segment syn = segment(Side::kClient, -1, "", 0);
    syn.syn = true;
    syn.ack = false;
    connection.take(Side::kClient, syn, log);
    Segment answer = segment(Side::kServer, -1, "", 0);
    answer.syn = true;
    connection.take(Side::kServer, answer, log);
    client(0, "");
  }
  void end(Side side, std::int64_t sequence, std::int64_t acknowledgement) {
    Segment fin = segment(side, sequence, "", acknowledgement);
    fin.fin = true;
    connection.take(side, fin, log);
  }

  BufferPool pool{1U << 20};
  Reassembly connection{pool};
  StreamLog log;
};

TEST_F(ReassemblyTest, RequestsAndRepliesAreHandedOnInOrder) {
  shake_hands();
  client(0, "GET a");
  server(0, "$1", 5);
  client(5, "GET b", 2);
  EXPECT_THAT(log.events, ElementsAre("client: GET a", "server: $1", "client: GET b"));
  EXPECT_TRUE(connection.seen_from_start());
  EXPECT_EQ(connection.waiting(), 0U);
}

TEST_F(ReassemblyTest, NothingIsCopiedOrAllocatedForSegmentsInOrder) {
  shake_hands();
  const std::string payload = "GET a";
  client(0, payload);
  ASSERT_EQ(log.chunks.size(), 1U);
  EXPECT_EQ(log.chunks[0].bytes.data(), payload.data());
  EXPECT_EQ(pool.bytes(), 0U);
}

TEST_F(ReassemblyTest, IsSmall) { EXPECT_LE(sizeof(Reassembly), 128U); }

TEST_F(ReassemblyTest, SegmentsThatOvertookOthersWait) {
  shake_hands();
  client(5, "GET b");
  client(10, "GET c");
  EXPECT_THAT(log.events, IsEmpty());
  EXPECT_GT(connection.waiting(), 0U);
  client(0, "GET a");
  EXPECT_THAT(log.events, ElementsAre("client: GET a", "client: GET b", "client: GET c"));
  EXPECT_EQ(connection.waiting(), 0U);
}

TEST_F(ReassemblyTest, AHoleIsLostOnceTheReceiverHasItsBytes) {
  shake_hands();
  server(3, "two");
  EXPECT_THAT(log.events, IsEmpty());
  client(0, "", 6);
  EXPECT_THAT(log.events, ElementsAre("server lost: 3", "server: two"));
}

TEST_F(ReassemblyTest, AReplyToWhatWasMissedTellsThatItWas) {
  shake_hands();
  server(0, "$1", 5);
  EXPECT_THAT(log.events, ElementsAre("client lost: 5", "server: $1"));
}

TEST_F(ReassemblyTest, RequestsThatWaitGoBeforeTheReplyThatRefersToThem) {
  shake_hands();
  client(5, "GET b");
  server(0, "$1", 10);
  EXPECT_THAT(log.events, ElementsAre("client lost: 5", "client: GET b", "server: $1"));
}

TEST_F(ReassemblyTest, AReplyThatWaitsTellsOfMissedRequestsAtOnce) {
  shake_hands();
  server(2, "$2", 5);
  EXPECT_THAT(log.events, ElementsAre("client lost: 5"));
  server(0, "$1", 5);
  EXPECT_THAT(log.events, ElementsAre("client lost: 5", "server: $1", "server: $2"));
}

TEST_F(ReassemblyTest, AcknowledgementOfAPartLeavesTheRestOfAHoleOpen) {
  shake_hands();
  server(6, "three");
  client(0, "", 3);
  EXPECT_THAT(log.events, ElementsAre("server lost: 3"));
  server(3, "two");
  EXPECT_THAT(log.events, ElementsAre("server lost: 3", "server: two", "server: three"));
}

TEST_F(ReassemblyTest, RepeatedBytesAreToldOfAndHandedOnOnce) {
  shake_hands();
  client(0, "GET a");
  client(0, "GET a");
  EXPECT_THAT(log.events, ElementsAre("client: GET a", "client repeated"));
}

TEST_F(ReassemblyTest, TheFirstCopyOfRepeatedBytesCounts) {
  shake_hands();
  client(0, "abc");
  client(0, "ABCdef");
  client(9, "jkl");
  client(6, "ghiJKLmno");
  EXPECT_THAT(log.events,
              ElementsAre("client: abc", "client repeated", "client: def", "client repeated",
                          "client: ghi", "client: jkl", "client: mno"));
}

TEST_F(ReassemblyTest, TheFirstCopyCountsAmongWhatWaits) {
  shake_hands();
  client(2, "cd");
  client(6, "gh");
  client(1, "BCDEFGHI");
  client(0, "a");
  EXPECT_THAT(log.events, ElementsAre("client repeated", "client: a", "client: B", "client: cd",
                                      "client: EF", "client: gh", "client: I"));
}

TEST_F(ReassemblyTest, OnlyTheFirstBytesOfASegmentMayBeginAMessage) {
  shake_hands();
  client(0, "abc");
  client(1, "bcdef");
  client(6, "ghi");
  ASSERT_EQ(log.chunks.size(), 3U);
  EXPECT_TRUE(log.chunks[0].begins_segment);
  EXPECT_FALSE(log.chunks[1].begins_segment);
  EXPECT_TRUE(log.chunks[2].begins_segment);
}

TEST_F(ReassemblyTest, BytesHaveTheTimeOfTheirFirstCopy) {
  shake_hands();
  Segment early = segment(Side::kClient, 3, "def", 0);
  early.time = 10;
  connection.take(Side::kClient, early, log);
  Segment late = segment(Side::kClient, 0, "abcdef", 0);
  late.time = 20;
  connection.take(Side::kClient, late, log);
  ASSERT_EQ(log.chunks.size(), 2U);
  EXPECT_EQ(log.chunks[0].time, 20);
  EXPECT_EQ(log.chunks[1].time, 10);
}

TEST_F(ReassemblyTest, ASenderThatHasNotAllOfTheOtherSideIsBehind) {
  shake_hands();
  client(0, "GET a");
  client(5, "GET b");
  server(0, "$1", 5);
  server(2, "$2", 10);
  ASSERT_EQ(log.chunks.size(), 4U);
  EXPECT_EQ(log.chunks[2].behind, -5);
  EXPECT_EQ(log.chunks[3].behind, 0);
}

TEST_F(ReassemblyTest, ProbesOfAnIdleConnectionAreNoRepetition) {
  shake_hands();
  client(0, "GET a");
  server(0, "$1", 5);
  client(4, "", 2);
  client(4, "x", 2);
  server(2, "", 5);
  EXPECT_THAT(log.events, ElementsAre("client: GET a", "server: $1"));
}

TEST_F(ReassemblyTest, AProbeOfAClosedWindowIsABytePerhapsRepeated) {
  shake_hands();
  server(0, "a");
  server(0, "abc");
  EXPECT_THAT(log.events, ElementsAre("server: a", "server repeated", "server: bc"));
}

TEST_F(ReassemblyTest, SequenceNumbersWrap) {
  Segment segment{.sequence = 0xfffffffe, .ack = true, .payload = "abcd", .payload_length = 4};
  connection.take(Side::kClient, segment, log);
  segment.sequence = 5;
  segment.payload = "hijk";
  connection.take(Side::kClient, segment, log);
  segment.sequence = 2;
  segment.payload = "efg";
  segment.payload_length = 3;
  connection.take(Side::kClient, segment, log);
  EXPECT_THAT(log.events, ElementsAre("client: abcd", "client: efg", "client: hijk"));
}

TEST_F(ReassemblyTest, ASynMayBringBytes) {
  Segment syn = segment(Side::kClient, -1, "GET a", 0);
  syn.syn = true;
  syn.ack = false;
  connection.take(Side::kClient, syn, log);
  connection.take(Side::kClient, syn, log);
  EXPECT_THAT(log.events, ElementsAre("client: GET a", "client repeated"));
}

TEST_F(ReassemblyTest, AConnectionMetInItsMiddleGoesOnFromThere) {
  client(100, "GET c", 70);
  server(70, "$3", 105);
  EXPECT_THAT(log.events, ElementsAre("client: GET c", "server: $3"));
  EXPECT_FALSE(connection.seen_from_start());
}

TEST_F(ReassemblyTest, OfAConnectionMetAtAReplyTheNextRequestIsKnown) {
  server(70, "$3", 105);
  client(110, "GET e", 72);
  server(72, "$4$5", 115);
  EXPECT_THAT(log.events,
              ElementsAre("server: $3", "client lost: 5", "client: GET e", "server: $4$5"));
}

TEST_F(ReassemblyTest, WhatWasNotCapturedIsLost) {
  shake_hands();
  Segment cut = segment(Side::kServer, 0, "$100", 0);
  cut.payload_length = 106;
  connection.take(Side::kServer, cut, log);
  server(106, "$1");
  EXPECT_THAT(log.events, ElementsAre("server: $100", "server lost: 102", "server: $1"));
}

TEST_F(ReassemblyTest, WhatWasNotCapturedOfABytesThatWaitIsLost) {
  shake_hands();
  Segment cut = segment(Side::kServer, 2, "$100", 0);
  cut.payload_length = 106;
  connection.take(Side::kServer, cut, log);
  server(0, "$1");
  server(108, "$2");
  EXPECT_THAT(log.events,
              ElementsAre("server: $1", "server: $100", "server lost: 102", "server: $2"));
}

TEST_F(ReassemblyTest, IsClosedOnceBothSidesHaveEnded) {
  shake_hands();
  client(0, "QUIT");
  end(Side::kServer, 0, 4);
  EXPECT_FALSE(connection.is_closed());
  end(Side::kClient, 4, 1);
  EXPECT_TRUE(connection.is_closed());
  EXPECT_THAT(log.events, ElementsAre("client: QUIT"));
}

TEST_F(ReassemblyTest, IsNotClosedBeforeTheLastBytesCame) {
  shake_hands();
  end(Side::kClient, 0, 3);
  EXPECT_THAT(log.events, ElementsAre("server lost: 3"));
  end(Side::kServer, 6, 1);
  EXPECT_FALSE(connection.is_closed());
  server(3, "+OK", 1);
  EXPECT_TRUE(connection.is_closed());
}

TEST_F(ReassemblyTest, TheNumberOfAFinIsNoLostByte) {
  shake_hands();
  end(Side::kClient, 5, 0);
  server(0, "", 6);
  EXPECT_THAT(log.events, ElementsAre("client lost: 5"));
}

TEST_F(ReassemblyTest, AResetCloses) {
  shake_hands();
  Segment reset = segment(Side::kServer, 0, "", 0);
  reset.rst = true;
  EXPECT_FALSE(connection.begins_anew(Side::kServer, reset));
  connection.take(Side::kServer, reset, log);
  EXPECT_TRUE(connection.is_closed());
}

TEST_F(ReassemblyTest, AResetWithNumbersOfNowhereDoesNot) {
  shake_hands();
  Segment reset = segment(Side::kServer, 1'900'000'000, "", 0);
  reset.rst = true;
  connection.take(Side::kServer, reset, log);
  EXPECT_FALSE(connection.is_closed());
}

TEST_F(ReassemblyTest, AnotherSynIsOfALaterConnection) {
  shake_hands();
  Segment syn = segment(Side::kClient, -1, "", 0);
  syn.syn = true;
  EXPECT_FALSE(connection.begins_anew(Side::kClient, syn));
  syn.sequence += 100'000;
  EXPECT_TRUE(connection.begins_anew(Side::kClient, syn));
}

TEST_F(ReassemblyTest, ALaterConnectionTakesNothingOver) {
  shake_hands();
  client(0, "old");
  client(8, "waits");
  end(Side::kServer, 0, 3);
  Segment syn = segment(Side::kClient, 99'999, "", 0);
  syn.syn = true;
  syn.ack = false;
  connection.take(Side::kClient, syn, log);
  EXPECT_EQ(connection.waiting(), 0U);
  EXPECT_FALSE(connection.seen_from_start());
  client(100'000, "new", 777'777);
  server(777'777, "yes", 100'003);
  EXPECT_THAT(log.events, ElementsAre("client: old", "client: new", "server: yes"));
}

TEST_F(ReassemblyTest, ALaterConnectionShowsByItsNumbersWhereItsSynWasMissed) {
  shake_hands();
  client(0, "old");
  const Segment far_ahead = segment(Side::kClient, 2'000'000'000, "GET a", 0);
  EXPECT_TRUE(connection.begins_anew(Side::kClient, far_ahead));
  const Segment far_behind = segment(Side::kClient, -200'000'000, "GET a", 0);
  EXPECT_TRUE(connection.begins_anew(Side::kClient, far_behind));
  const Segment refers_far = segment(Side::kClient, 3, "GET a", -200'000'000);
  EXPECT_TRUE(connection.begins_anew(Side::kClient, refers_far));
  client(2'000'000'000, "GET a", 77);
  server(77, "$1", 2'000'000'005);
  EXPECT_THAT(log.events, ElementsAre("client: old", "client: GET a", "server: $1"));
}

TEST_F(ReassemblyTest, BytesAfterAFinAreOfALaterConnection) {
  shake_hands();
  end(Side::kClient, 0, 0);
  EXPECT_FALSE(connection.begins_anew(Side::kClient, segment(Side::kClient, 1, "", 5)));
  EXPECT_TRUE(connection.begins_anew(Side::kClient, segment(Side::kClient, 1, "GET a", 5)));
}

TEST_F(ReassemblyTest, AHoleIsLostWhenTooMuchWaits) {
  shake_hands();
  const std::string payload(1000, 'x');
  std::int64_t at = 10;
  while (log.events.empty()) {
    client(at, payload);
    at += 1000;
    ASSERT_LE(connection.waiting(), Reassembly::kMaxWaiting);
    ASSERT_LT(at, 100'000);
  }
  EXPECT_EQ(log.events[0], "client lost: 10");
  EXPECT_EQ(log.chunks.size(), static_cast<std::size_t>(at / 1000));
  EXPECT_EQ(connection.waiting(), 0U);
}

TEST_F(ReassemblyTest, BothSidesTogetherHoldNoMoreThanTheBound) {
  shake_hands();
  const std::string payload(1000, 'x');
  for (std::int64_t at = 10; at < 200'000; at += 1000) {
    client(at, payload);
    server(at, payload);
    ASSERT_LE(connection.waiting(), Reassembly::kMaxWaiting);
  }
  EXPECT_GT(log.chunks.size(), 100U);
}

TEST_F(ReassemblyTest, WithoutMemoryHolesAreLostAtOnce) {
  BufferPool empty(0);
  Reassembly poor(empty);
  poor.take(Side::kClient, segment(Side::kClient, 0, "a", 0), log);
  poor.take(Side::kClient, segment(Side::kClient, 3, "def", 0), log);
  EXPECT_THAT(log.events, ElementsAre("client: a", "client lost: 2", "client: def"));
}

TEST_F(ReassemblyTest, ALargestSegmentMayWait) {
  shake_hands();
  const std::string payload(65'160, 'x');
  server(10, payload);
  EXPECT_THAT(log.events, IsEmpty());
  server(0, "0123456789");
  EXPECT_EQ(log.chunks.size(), 2U);
}

}  // namespace
}  // namespace hitwatch::packets
