// Random traffic, cut, repeated, reordered and with gaps: beside a plain reassembly, and against
// the streams that were sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "collectors/tap/packets/reassembly.h"
#include "tests/packets/plain_reassembly.h"
#include "tests/repetitions.h"

namespace hitwatch::packets {
namespace {

// What a tap may do to the segments that it sees.
struct Mishaps {
  double dropped = 0;
  double repeated = 0;
  bool reordered = false;
  bool cut = false;
};

// A segment whose payload is its own.
struct Sent {
  Side side;
  Segment segment;
};

// Two hosts that talk in turns; each has received all that the other one has sent so far.
class Talk {
 public:
  explicit Talk(unsigned seed) : random_(seed) {
    for (std::size_t side = 0; side < 2; ++side) {
      streams[side].resize(20'000);
      for (char& byte : streams[side]) byte = static_cast<char>(random_());
      // Near the wrap of sequence numbers as often as not.
      first[side] = is_likely(0.5) ? static_cast<std::uint32_t>(random_())
                                   : 0U - static_cast<std::uint32_t>(up_to(20'000));
    }
  }

  // The segments of one turn, as the tap sees them.
  std::vector<Sent> turn(Side side, std::size_t longest, const Mishaps& mishaps) {
    std::vector<Sent> burst;
    const auto own = static_cast<std::size_t>(side);
    for (std::size_t count = 1 + up_to(8); count > 0; --count) {
      const std::size_t length = std::min(1 + up_to(longest), streams[own].size() - at_[own]);
      if (length == 0) break;
      add(burst, side, at_[own], length, mishaps);
      at_[own] += length;
      if (is_likely(mishaps.repeated)) {
        const std::size_t begin = at_[own] - std::min(at_[own], 1 + up_to(3 * longest));
        add(burst, side, begin, 1 + up_to(at_[own] - begin - 1), mishaps);
      }
    }
    if (mishaps.reordered) std::ranges::shuffle(burst, random_);
    std::erase_if(burst, [&](const Sent&) { return is_likely(mishaps.dropped); });
    return burst;
  }

  // A segment without bytes, that acknowledges all.
  Sent acknowledgement(Side side) { return make(side, at_[static_cast<std::size_t>(side)], 0); }

  Sent syn(Side side) {
    Sent sent = make(side, 0, 0);
    --sent.segment.sequence;
    sent.segment.syn = true;
    sent.segment.ack = side == Side::kServer;
    return sent;
  }

  std::size_t sent(Side side) const { return at_[static_cast<std::size_t>(side)]; }
  std::size_t up_to(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(random_);
  }
  bool is_likely(double probability) { return std::bernoulli_distribution(probability)(random_); }

  std::array<std::string, 2> streams;
  std::array<std::uint32_t, 2> first{};

 private:
  Sent make(Side side, std::size_t begin, std::size_t length) {
    const auto own = static_cast<std::size_t>(side);
    Segment segment;
    segment.sequence = first[own] + static_cast<std::uint32_t>(begin);
    segment.acknowledgement = first[1 - own] + static_cast<std::uint32_t>(at_[1 - own]);
    segment.ack = true;
    segment.payload = std::string_view(streams[own]).substr(begin, length);
    segment.payload_length = static_cast<std::uint32_t>(segment.payload.size());
    segment.time = ++time_;
    return {side, segment};
  }
  void add(std::vector<Sent>& burst, Side side, std::size_t begin, std::size_t length,
           const Mishaps& mishaps) {
    burst.push_back(make(side, begin, length));
    Segment& segment = burst.back().segment;
    if (mishaps.cut) segment.payload = segment.payload.substr(0, up_to(segment.payload.size()));
  }

  std::mt19937 random_;
  std::array<std::size_t, 2> at_{};
  Time time_ = 0;
};

// Checks what is handed on against what was sent.
class AgainstTruth : public StreamHandler {
 public:
  explicit AgainstTruth(const Talk& talk) : talk_(talk) {}

  void bytes(const Chunk& chunk) override {
    std::size_t& at = position[static_cast<std::size_t>(chunk.side)];
    const std::string& stream = talk_.streams[static_cast<std::size_t>(chunk.side)];
    EXPECT_EQ(chunk.bytes, std::string_view(stream).substr(at, chunk.bytes.size()));
    EXPECT_LE(chunk.behind, 0);
    at += chunk.bytes.size();
  }
  void lost(Side side, std::uint64_t count, Time) override {
    position[static_cast<std::size_t>(side)] += count;
    lost_bytes += count;
  }
  void repeated(Side) override {}

  std::array<std::size_t, 2> position{};
  std::uint64_t lost_bytes = 0;

 private:
  const Talk& talk_;
};

// The whole talk, to whatever takes segments.
template <typename Take>
void converse(Talk& talk, std::size_t longest, const Mishaps& mishaps, const Take& take) {
  take(talk.syn(Side::kClient));
  take(talk.syn(Side::kServer));
  for (int turns = 0; turns < 40; ++turns) {
    const Side side = talk.is_likely(0.5) ? Side::kClient : Side::kServer;
    for (const Sent& sent : talk.turn(side, longest, mishaps)) take(sent);
  }
  take(talk.acknowledgement(Side::kClient));
  take(talk.acknowledgement(Side::kServer));
}

TEST(ReassemblyRandom, ReorderedAndRepeatedStreamsAreHandedOnWhole) {
  for (int seed = 0; seed < repetitions(600); ++seed) {
    Talk talk(static_cast<unsigned>(seed));
    BufferPool pool(1U << 20);
    Reassembly connection(pool);
    AgainstTruth truth(talk);
    converse(talk, 200, {.repeated = 0.3, .reordered = true},
             [&](const Sent& sent) { connection.take(sent.side, sent.segment, truth); });
    ASSERT_EQ(truth.lost_bytes, 0U) << seed;
    ASSERT_EQ(truth.position[0], talk.sent(Side::kClient)) << seed;
    ASSERT_EQ(truth.position[1], talk.sent(Side::kServer)) << seed;
    ASSERT_EQ(connection.waiting(), 0U) << seed;
  }
}

TEST(ReassemblyRandom, WhateverIsMissedNoByteIsWrongOrInAnotherPlace) {
  for (int seed = 0; seed < repetitions(600); ++seed) {
    Talk talk(static_cast<unsigned>(seed));
    BufferPool pool(1U << 20);
    Reassembly connection(pool);
    AgainstTruth truth(talk);
    const Mishaps mishaps{.dropped = 0.1, .repeated = 0.3, .reordered = true, .cut = true};
    converse(talk, 200, mishaps,
             [&](const Sent& sent) { connection.take(sent.side, sent.segment, truth); });
    ASSERT_EQ(truth.position[0], talk.sent(Side::kClient)) << seed;
    ASSERT_EQ(truth.position[1], talk.sent(Side::kServer)) << seed;
    ASSERT_FALSE(HasFailure()) << seed;
  }
}

TEST(ReassemblyRandom, NoByteIsWrongWhereMoreIsMissedThanMayWait) {
  for (int seed = 0; seed < repetitions(300); ++seed) {
    Talk talk(static_cast<unsigned>(seed));
    for (std::string& stream : talk.streams) stream.resize(2'000'000, static_cast<char>(seed));
    BufferPool pool(seed % 2 == 0 ? 1U << 20 : 20'000);
    Reassembly connection(pool);
    AgainstTruth truth(talk);
    const Mishaps mishaps{.dropped = 0.1, .repeated = 0.2, .reordered = true};
    converse(talk, 30'000, mishaps, [&](const Sent& sent) {
      connection.take(sent.side, sent.segment, truth);
      ASSERT_LE(connection.waiting(), Reassembly::kMaxWaiting);
    });
    ASSERT_EQ(truth.position[0], talk.sent(Side::kClient)) << seed;
    ASSERT_EQ(truth.position[1], talk.sent(Side::kServer)) << seed;
    ASSERT_FALSE(HasFailure()) << seed;
  }
}

// Also the order among the sides, times, acknowledgements and what counts as repeated.
TEST(ReassemblyRandom, DoesWhatThePlainReassemblyDoes) {
  for (int seed = 0; seed < repetitions(600); ++seed) {
    Talk talk(static_cast<unsigned>(seed));
    BufferPool pool(1U << 20);
    Reassembly connection(pool);
    PlainReassembly plain;
    Happenings happenings;
    Happenings expected;
    const Mishaps mishaps{.dropped = 0.1, .repeated = 0.4, .reordered = true, .cut = seed % 2 == 0};
    std::vector<Sent> all;
    converse(talk, 30, mishaps, [&](const Sent& sent) { all.push_back(sent); });
    // Across turns, too: acknowledgements may come before what they are of.
    for (std::size_t i = 0; seed % 4 < 2 && i + 1 < all.size(); ++i) {
      if (talk.is_likely(0.2)) std::swap(all[i], all[std::min(i + talk.up_to(5), all.size() - 1)]);
    }
    for (const Sent& sent : all) {
      if (connection.begins_anew(sent.side, sent.segment)) plain.begin_anew();
      connection.take(sent.side, sent.segment, happenings);
      plain.take(sent.side, sent.segment, expected);
      ASSERT_EQ(happenings.all, expected.all) << seed;
      ASSERT_EQ(happenings.repetitions, expected.repetitions) << seed;
      happenings.all.clear();
      expected.all.clear();
    }
  }
}

}  // namespace
}  // namespace hitwatch::packets
