// Finds series by their labels: a hash table of places in a list of series.
//
// Open addressing with linear steps; half of the slots at most are taken. Nothing is ever taken
// out: who drops series fills the table anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hitwatch::window {

class SeriesTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // The place of the series whose hash is `hash` and of which `same(place)` is true, else kNone.
  std::uint32_t find(std::uint64_t hash, const auto& same) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      if (slots_[at] == kNone || same(slots_[at])) return slots_[at];
    }
  }

  // `hash_of(place)` is asked of those that are in when the table grows.
  void insert(std::uint32_t place, const auto& hash_of) {
    if (2 * (count_ + 1) > slots_.size()) grow(hash_of);
    put(place, hash_of(place));
    ++count_;
  }

  void clear() {
    slots_.clear();
    slots_.shrink_to_fit();
    count_ = 0;
  }

  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  std::size_t mask() const { return slots_.size() - 1; }

  void put(std::uint32_t place, std::uint64_t hash) {
    std::size_t at = hash & mask();
    while (slots_[at] != kNone) at = (at + 1) & mask();
    slots_[at] = place;
  }

  void grow(const auto& hash_of) {
    std::vector<std::uint32_t> old(slots_.empty() ? 16 : 2 * slots_.size(), kNone);
    old.swap(slots_);
    for (const std::uint32_t place : old) {
      if (place != kNone) put(place, hash_of(place));
    }
  }

  std::vector<std::uint32_t> slots_;
  std::size_t count_ = 0;
};

}  // namespace hitwatch::window
