#include "collectors/keyspace/seen_keys.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace hitwatch::keyspace {

// Of the hash, or of the free place where it would stand.
std::size_t SeenKeys::place_of(std::uint64_t hash) const {
  const std::size_t mask = hashes_.size() - 1;
  std::size_t place = hash & mask;
  while (hashes_[place] != 0 && hashes_[place] != hash) place = (place + 1) & mask;
  return place;
}

void SeenKeys::grow() {
  constexpr std::size_t kFirst = 256;
  const auto old =
      std::exchange(hashes_, std::vector<std::uint64_t>(std::max(kFirst, hashes_.size() * 2), 0));
  for (const std::uint64_t hash : old) {
    if (hash != 0) hashes_[place_of(hash)] = hash;
  }
}

bool SeenKeys::insert(std::string_view key) {
  const std::uint64_t hash = std::max<std::uint64_t>(std::hash<std::string_view>{}(key), 1);
  if (size_ * 2 >= hashes_.size()) grow();
  const std::size_t place = place_of(hash);
  if (hashes_[place] == hash) return false;
  if (size_ == most_) {
    overflowed_ = true;
    return true;
  }
  hashes_[place] = hash;
  ++size_;
  return true;
}

}  // namespace hitwatch::keyspace
