// From packed keys to small numbers: open addressing, a multiplication and as a rule one probe.
#pragma once

#include <cstdint>
#include <vector>

namespace hitwatch::lookups {

// Keys are not 0. Not thread-safe.
class NumberTable {
 public:
  static constexpr std::uint32_t kNone = ~0U;

  NumberTable() : cells_(kLeastCells) {}

  // kNone if the key is not there.
  std::uint32_t find(std::uint64_t key) const {
    const std::size_t mask = cells_.size() - 1;
    for (std::size_t at = home(key); cells_[at].key != 0; at = (at + 1) & mask) {
      if (cells_[at].key == key) return cells_[at].number;
    }
    return kNone;
  }

  // The key must not be there yet.
  void add(std::uint64_t key, std::uint32_t number) {
    if (2 * ++size_ > cells_.size()) {
      std::vector<Cell> former(2 * cells_.size());
      former.swap(cells_);
      for (const Cell& cell : former) {
        if (cell.key != 0) place(cell.key, cell.number);
      }
    }
    place(key, number);
  }

  void clear() {
    cells_.assign(cells_.size(), {});
    size_ = 0;
  }

 private:
  struct Cell {
    std::uint64_t key = 0;
    std::uint32_t number = 0;
  };
  static constexpr std::size_t kLeastCells = 64;

  std::size_t home(std::uint64_t key) const {
    constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
    return ((key * kOdd) >> 32U) & (cells_.size() - 1);
  }
  void place(std::uint64_t key, std::uint32_t number) {
    const std::size_t mask = cells_.size() - 1;
    std::size_t at = home(key);
    while (cells_[at].key != 0) at = (at + 1) & mask;
    cells_[at] = {.key = key, .number = number};
  }

  std::vector<Cell> cells_;  // a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace hitwatch::lookups
