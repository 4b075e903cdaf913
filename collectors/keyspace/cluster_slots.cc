#include "collectors/keyspace/cluster_slots.h"

#include <cstdint>

namespace hitwatch::keyspace {
namespace {

// CRC-16/XMODEM: polynomial 0x1021, most significant bit first, from 0.
std::uint16_t crc16(std::string_view bytes) {
  std::uint16_t crc = 0;
  for (const char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (static_cast<unsigned char>(byte) << 8));
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = (crc & 0x8000U) != 0;
      crc = static_cast<std::uint16_t>((crc << 1) ^ (carry ? 0x1021 : 0));
    }
  }
  return crc;
}

std::string_view hashed_part(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

// A range is: first slot, last slot, then the nodes that serve it, each an array of which the third
// element is the id.
bool served_by(const redis::Reply& range, std::string_view id) {
  for (std::size_t i = 2; i < range.elements.size(); ++i) {
    const auto& node = range.elements[i].elements;
    if (node.size() > 2 && node[2].string() == id) return true;
  }
  return false;
}

}  // namespace

std::size_t slot_of(std::string_view key) { return crc16(hashed_part(key)) % kSlotsOfCluster; }

std::bitset<kSlotsOfCluster> slots_of_node(const redis::Reply& cluster_slots, std::string_view id) {
  std::bitset<kSlotsOfCluster> slots;
  for (const redis::Reply& range : cluster_slots.elements) {
    if (range.elements.size() < 3 || !served_by(range, id)) continue;
    const auto first = range.elements[0].as_integer();
    const auto last = range.elements[1].as_integer();
    if (!first || !last || *first < 0) continue;
    for (auto slot = static_cast<std::size_t>(*first);
         slot < kSlotsOfCluster && static_cast<std::int64_t>(slot) <= *last; ++slot) {
      slots.set(slot);
    }
  }
  return slots;
}

}  // namespace hitwatch::keyspace
