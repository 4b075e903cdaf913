#include "agent/sharding.h"

namespace hitwatch {
namespace {

// FNV-1a with 64 bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

// The last steps of splitmix64: every bit of the result depends on every bit of the input.
std::uint64_t mix(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

}  // namespace

std::uint64_t shard_weight(std::string_view unit, int shard) {
  return mix(hash_of(unit) + static_cast<std::uint64_t>(shard) * 0x9e3779b97f4a7c15);
}

int shard_of(std::string_view unit, int count) {
  int best = 1;
  for (int shard = 2; shard <= count; ++shard) {
    if (shard_weight(unit, shard) > shard_weight(unit, best)) best = shard;
  }
  return best;
}

std::string shard_unit(const redis::Target& target) {
  return target.place.group.empty() ? target.name() : target.place.group;
}

bool is_of_shard(std::string_view unit, const config::Shard& shard) {
  return shard.count == 1 || shard_of(unit, shard.count) == shard.number;
}

bool belongs_to(const redis::Target& target, const config::Shard& shard) {
  return is_of_shard(shard_unit(target), shard);
}

}  // namespace hitwatch
