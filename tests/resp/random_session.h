// Random connections: what a client and a server say to each other, and when; as segments.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "collectors/tap/packets/reassembly.h"

namespace hitwatch::resp::test {

// One segment, whose bytes are owned.
struct Piece {
  packets::Side side = packets::Side::kClient;
  std::string bytes;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool is_syn = false;
  packets::Time time = 0;
};

// How a client sends: one after another, in batches, or whenever it likes without waiting. The last
// two wait for each reply for a long time, and then no more: the one sends whenever it likes, the
// other always keeps one request ahead of the reply that it waits for.
enum class Manner : std::uint8_t { kSerial, kBatches, kMultiplexed, kHasty, kOneAhead };

struct Session {
  std::string client;  // the whole streams
  std::string server;
  std::vector<Piece> pieces;  // in the order of their times; with those that only acknowledge
};

Session random_session(std::mt19937_64& random, Manner manner, int commands);

}  // namespace hitwatch::resp::test
