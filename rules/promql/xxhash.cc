#include "rules/promql/xxhash.h"

#include <array>
#include <bit>
#include <cstring>

namespace hitwatch::promql {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint64_t kPrime1 = 0x9e3779b185ebca87ULL;
constexpr std::uint64_t kPrime2 = 0xc2b2ae3d27d4eb4fULL;
constexpr std::uint64_t kPrime3 = 0x165667b19e3779f9ULL;
constexpr std::uint64_t kPrime4 = 0x85ebca77c2b2ae63ULL;
constexpr std::uint64_t kPrime5 = 0x27d4eb2f165667c5ULL;

template <class Word>
std::uint64_t take(std::string_view& text) {
  Word word;
  std::memcpy(&word, text.data(), sizeof(word));
  text.remove_prefix(sizeof(word));
  return word;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

// Stripes of 32 bytes go to four lanes, which are joined.
std::uint64_t stripes(std::string_view& text) {
  std::array<std::uint64_t, 4> lanes = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  while (text.size() >= 32) {
    for (std::uint64_t& lane : lanes) lane = round(lane, take<std::uint64_t>(text));
  }
  std::uint64_t hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
                       std::rotl(lanes[3], 18);
  for (const std::uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * kPrime1 + kPrime4;
  return hash;
}

}  // namespace

std::uint64_t xxhash64(std::string_view text) {
  const std::uint64_t size = text.size();
  std::uint64_t hash = size >= 32 ? stripes(text) : kPrime5;
  hash += size;
  while (text.size() >= 8) {
    hash = std::rotl(hash ^ round(0, take<std::uint64_t>(text)), 27) * kPrime1 + kPrime4;
  }
  if (text.size() >= 4) {
    hash = std::rotl(hash ^ take<std::uint32_t>(text) * kPrime1, 23) * kPrime2 + kPrime3;
  }
  while (!text.empty()) {
    hash = std::rotl(hash ^ take<std::uint8_t>(text) * kPrime5, 11) * kPrime1;
  }
  hash = (hash ^ hash >> 33U) * kPrime2;
  hash = (hash ^ hash >> 29U) * kPrime3;
  return hash ^ hash >> 32U;
}

}  // namespace hitwatch::promql
