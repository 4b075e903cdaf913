// A fast hash of short byte strings for tables that strangers fill: keyed, so that nobody outside
// can choose names that collide.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace hitwatch::lookups {

// Mixes two words by a folded 64 by 64 bit multiplication.
inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hash_bytes(std::string_view text, std::uint64_t key) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  std::uint64_t hash = key ^ (text.size() * kOdd);
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t word = 0;
  for (; left >= sizeof word; at += sizeof word, left -= sizeof word) {
    std::memcpy(&word, at, sizeof word);
    hash = mixed(hash ^ word, kOdd);
  }
  if (left > 0) {
    word = 0;
    std::memcpy(&word, at, left);
    hash = mixed(hash ^ word, kOdd);
  }
  return mixed(hash, key | 1);
}

// A key nobody outside knows.
std::uint64_t random_hash_key();

}  // namespace hitwatch::lookups
