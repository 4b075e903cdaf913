// An index from names to values for the one thing done most often: looking up each line of each
// INFO. Open addressing over a small table of numbers, so that a look-up touches few cache lines;
// between two polls of a target other work has emptied the caches.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace hitwatch::redis {

// Filled once, then only read. The names must outlive it.
template <typename Value>
class NameIndex {
 public:
  // Adds `name` with a default value if it is new; returns its value, valid until the next call.
  Value& operator[](std::string_view name) {
    if (2 * (entries_.size() + 1) > slots_.size()) grow();
    std::uint16_t& slot = slots_[slot_of(name)];
    if (slot == kEmpty) {
      entries_.push_back({name, {}});
      slot = static_cast<std::uint16_t>(entries_.size());
    }
    return entries_[slot - 1].value;
  }

  // nullptr if there is no such name.
  const Value* find(std::string_view name) const {
    if (slots_.empty()) return nullptr;
    const std::uint16_t slot = slots_[slot_of(name)];
    return slot == kEmpty ? nullptr : &entries_[slot - 1].value;
  }

 private:
  struct Entry {
    std::string_view name;
    Value value;
  };
  static constexpr std::uint16_t kEmpty = 0;  // other slots hold an entry's number plus one

  // Names differ in length, beginning or end.
  static std::size_t hash(std::string_view name) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    const std::size_t size = name.size() < sizeof begin ? name.size() : sizeof begin;
    std::memcpy(&begin, name.data(), size);
    std::memcpy(&end, name.data() + name.size() - size, size);
    const std::uint64_t mixed =
        (begin + name.size()) * 0x9e3779b97f4a7c15 ^ (end + begin) * 0xc2b2ae3d27d4eb4f;
    return mixed >> 40;
  }

  // Where the name's number is, or would be. Half of the slots are empty, so the search ends.
  std::size_t slot_of(std::string_view name) const {
    std::size_t at = hash(name);
    while (true) {
      at &= slots_.size() - 1;
      const std::uint16_t slot = slots_[at];
      if (slot == kEmpty || entries_[slot - 1].name == name) return at;
      ++at;
    }
  }

  void grow() {
    slots_.assign(slots_.empty() ? 64 : 2 * slots_.size(), kEmpty);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      slots_[slot_of(entries_[i].name)] = static_cast<std::uint16_t>(i + 1);
    }
  }

  std::vector<std::uint16_t> slots_;  // as many as a power of two
  std::vector<Entry> entries_;
};

}  // namespace hitwatch::redis
