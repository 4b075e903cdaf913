// What a Reassembly hands on, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collectors/tap/packets/reassembly.h"

namespace hitwatch::packets {

// Writes down what happens: "client: GET a", "server lost: 5", "client repeated".
class StreamLog : public StreamHandler {
 public:
  void bytes(const Chunk& chunk) override {
    events.push_back(name(chunk.side) + ": " + std::string(chunk.bytes));
    chunks.push_back(chunk);
  }
  void lost(Side side, std::uint64_t count, Time) override {
    events.push_back(name(side) + " lost: " + std::to_string(count));
  }
  void repeated(Side side) override { events.push_back(name(side) + " repeated"); }

  std::vector<std::string> events;
  std::vector<Chunk> chunks;  // their bytes are gone

 private:
  static std::string name(Side side) { return side == Side::kClient ? "client" : "server"; }
};

}  // namespace hitwatch::packets
