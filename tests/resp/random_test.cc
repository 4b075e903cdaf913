#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "collectors/tap/packets/reassembly.h"
#include "tests/resp/plain_decoder.h"
#include "tests/resp/random_session.h"
#include "tests/resp/told.h"

namespace hitwatch::resp::test {
namespace {

using packets::Side;

constexpr auto kManners = std::to_array<Manner>(
    {Manner::kSerial, Manner::kBatches, Manner::kMultiplexed, Manner::kHasty, Manner::kOneAhead});

// A tap's view of a connection.
class Follower {
 public:
  // Of each segment at most so many bytes are captured.
  explicit Follower(std::size_t captured = std::string::npos) : captured_(captured) {}

  void take(const Piece& piece) {
    if (piece.is_syn && piece.side == Side::kClient && !has_begun_) {
      dialogue_.conversation.begins();
      has_begun_ = true;
    }
    reassembly_.take(piece.side,
                     {.sequence = piece.sequence,
                      .acknowledgement = piece.acknowledgement,
                      .syn = piece.is_syn,
                      .ack = !piece.is_syn || piece.side == Side::kServer,
                      .payload = std::string_view(piece.bytes).substr(0, captured_),
                      .payload_length = static_cast<std::uint32_t>(piece.bytes.size()),
                      .time = piece.time},
                     dialogue_.conversation);
  }
  Dialogue& dialogue() { return dialogue_; }

 private:
  std::size_t captured_;
  bool has_begun_ = false;
  Dialogue dialogue_{false};
  packets::Reassembly reassembly_{dialogue_.pool};
};

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::ranges::sort(lines);
  return lines;
}

TEST(RandomSessions, WithoutLossAreToldAsThePlainDecoderDoes) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const Session session = random_session(random, kManners[seed % kManners.size()], 60);
    Follower follower;
    for (const Piece& piece : session.pieces) follower.take(piece);
    const auto expected = sorted(plain_decode(session.client, session.server));
    ASSERT_EQ(sorted(follower.dialogue().lines()), expected) << "seed " << seed;
    ASSERT_EQ(follower.dialogue().surroundings.doubts.contradictions, 0U) << "seed " << seed;
    ASSERT_EQ(follower.dialogue().conversation.held(), 0U) << "seed " << seed;
  }
}

TEST(RandomSessions, InSingleBytesAreToldTheSame) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    std::mt19937_64 random(seed);
    const Session session = random_session(random, kManners[seed % kManners.size()], 40);
    Follower follower;
    for (const Piece& piece : session.pieces) {
      if (piece.bytes.empty()) follower.take(piece);
      for (std::size_t i = 0; i < piece.bytes.size(); ++i) {
        Piece byte = piece;
        byte.bytes = piece.bytes.substr(i, 1);
        byte.sequence = piece.sequence + static_cast<std::uint32_t>(i);
        follower.take(byte);
      }
    }
    ASSERT_EQ(sorted(follower.dialogue().lines()),
              sorted(plain_decode(session.client, session.server)))
        << "seed " << seed;
  }
}

// When the last byte of GET's request was seen first.
packets::Time request_time(const Session& session, const std::string& key) {
  const std::size_t end = session.client.find("\r\n" + key + "\r\n") + key.size() + 3;
  std::size_t at = 0;
  for (const Piece& piece : session.pieces) {
    if (piece.side != Side::kClient) continue;
    at += piece.bytes.size();
    if (at > end) return piece.time;
  }
  return -1;
}

void expect_true_latencies(const std::vector<Told>& all, const Session& session) {
  for (const Told& told : all) {
    if (told.name != "GET" || told.latency < 0) continue;
    ASSERT_EQ(told.time - told.latency, request_time(session, told.uses.at(0).key))
        << to_string(told);
  }
}

TEST(RandomSessions, LatenciesBeginWithTheLastByteOfTheRequest) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    const Session session = random_session(random, kManners[seed % kManners.size()], 100);
    Follower follower;
    for (const Piece& piece : session.pieces) {
      if (random() % 50 == 0) continue;
      follower.take(piece);
      if (random() % 50 == 0) follower.take(piece);
    }
    expect_true_latencies(follower.dialogue().teller.told, session);
    if (HasFatalFailure()) return;
  }
}

// What is told of a key that the judge tells of, too; keys are used once.
void expect_only_truth(Dialogue& dialogue, const Session& session, std::uint64_t seed,
                       std::size_t& told, std::size_t& all) {
  std::map<std::string, int> expected;
  for (const std::string& line : plain_decode(session.client, session.server)) {
    ++expected[line];
    ++all;
  }
  for (const std::string& line : dialogue.lines()) {
    ++told;
    ASSERT_GE(--expected[line], 0) << "seed " << seed << ": " << line;
  }
}

// Follows so many random sessions, as `follow` does it. What share of all was told.
double share_of_truth(
    std::uint64_t sessions,
    const std::function<void(std::mt19937_64&, const Session&, Follower&)>& follow,
    std::size_t captured = SIZE_MAX, std::span<const Manner> manners = kManners) {
  std::size_t told = 0;
  std::size_t all = 0;
  for (std::uint64_t seed = 0; seed < sessions && !testing::Test::HasFatalFailure(); ++seed) {
    std::mt19937_64 random(seed);
    const Session session = random_session(random, manners[seed % manners.size()], 200);
    Follower follower(captured);
    follow(random, session, follower);
    expect_only_truth(follower.dialogue(), session, seed, told, all);
  }
  return static_cast<double>(told) / static_cast<double>(all);
}

TEST(RandomSessions, WithLossNothingIsToldThatWasNotSo) {
  std::uint64_t rarity = 20;
  const double share = share_of_truth(
      500, [&rarity](std::mt19937_64& random, const Session& session, Follower& follower) {
        rarity = rarity == 20 ? 100 : 20;
        std::vector<Piece> again;  // is sent once more
        for (const Piece& piece : session.pieces) {
          if (random() % rarity == 0) continue;
          follower.take(piece);
          if (random() % 100 == 0) again.push_back(piece);
          if (!again.empty() && random() % 3 == 0) {
            follower.take(again.back());
            again.pop_back();
          }
        }
      });
  EXPECT_GT(share, 0.2);
}

TEST(RandomSessions, MetInTheirMiddleNothingIsToldThatWasNotSo) {
  const double share =
      share_of_truth(500, [](std::mt19937_64& random, const Session& session, Follower& follower) {
        const std::size_t start = 2 + random() % (session.pieces.size() / 2);
        for (const Piece& piece : std::span(session.pieces).subspan(start)) follower.take(piece);
      });
  EXPECT_GT(share, 0.2);
}

TEST(RandomSessions, OfWhichOnlyTheBeginningOfEachPacketIsCaptured) {
  constexpr std::array kSerial = {Manner::kSerial};
  const double share = share_of_truth(
      100,
      [](std::mt19937_64& /*random*/, const Session& session, Follower& follower) {
        for (const Piece& piece : session.pieces) follower.take(piece);
      },
      160, kSerial);
  EXPECT_GT(share, 0.6);
}

}  // namespace
}  // namespace hitwatch::resp::test
