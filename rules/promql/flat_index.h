// A hash table of small numbers: places in a list that somebody else keeps.
//
// Open addressing in one block of memory, which is used again. It compares hashes; whether what
// lies at two places is really equal, the caller says.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace hitwatch::promql {

// Spreads the low bits of addresses and of other hashes over all 64.
inline std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  std::uint64_t mixed = (seed ^ value) * 0x9e3779b97f4a7c15ULL;
  return mixed ^ (mixed >> 32U);
}

class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  // Forgets everything and makes room for `expected` entries; it grows beyond if it must.
  void reset(std::size_t expected) {
    slots_.assign(std::bit_ceil(std::max<std::size_t>(expected * 2, 8)), Slot{0, kNone});
    size_ = 0;
  }
  std::size_t size() const { return size_; }

  // `equal(place)` is asked of places with the same hash.
  template <class Equal>
  std::uint32_t find(std::uint64_t hash, Equal&& equal) const {
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      const Slot& slot = slots_[at];
      if (slot.place == kNone) return kNone;
      if (slot.tag == tag && equal(slot.place)) return slot.place;
    }
  }

  // The place that is there already, or kNone if `place` was put in.
  template <class Equal>
  std::uint32_t insert(std::uint64_t hash, std::uint32_t place, Equal&& equal) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    const std::size_t mask = slots_.size() - 1;
    const auto tag = static_cast<std::uint32_t>(hash >> 32U);
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.place == kNone) {
        slot = {tag, place};
        hashes_.resize(std::max<std::size_t>(hashes_.size(), place + 1U));
        hashes_[place] = hash;
        ++size_;
        return kNone;
      }
      if (slot.tag == tag && equal(slot.place)) return slot.place;
    }
  }

 private:
  struct Slot {
    std::uint32_t tag;
    std::uint32_t place;
  };

  void grow() {
    std::vector<Slot> old(std::bit_ceil(std::max<std::size_t>(slots_.size() * 2, 8)),
                          Slot{0, kNone});
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.place == kNone) continue;
      std::size_t at = hashes_[slot.place] & mask;
      while (slots_[at].place != kNone) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(8, Slot{0, kNone});
  std::vector<std::uint64_t> hashes_;  // by place: for growing
  std::size_t size_ = 0;
};

}  // namespace hitwatch::promql
