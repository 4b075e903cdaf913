// The heaviest of many names, by a sketch of fixed size.
//
// Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
// Streams (2005). A name that is not counted takes the place of the lightest and inherits its
// count as its error; whoever has more than 1/capacity of all weight is among those counted.
//
// Made for names that come by the hundred thousand a second. A name that is counted costs a hash
// and, as a rule, one comparison: the order of the places is put right only when the lightest is
// asked for. Names keep the memory of those whose places they take, so that nothing is allocated
// once the places have held names as long as these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::lookups {

// Not thread-safe.
class SpaceSaving {
 public:
  struct Entry {
    std::string name;
    double count = 0;
    double error = 0;  // `count` is at most this much too high

    double certain() const { return count - error; }
  };

  explicit SpaceSaving(std::size_t capacity);

  void add(std::string_view name, double weight);
  // Multiplies all counts: recent weight counts more than old.
  void fade(double factor);
  // Takes time in the order of the capacity if the name is counted.
  void remove(std::string_view name);
  // By certain count, the heaviest first.
  std::vector<Entry> heaviest(std::size_t most) const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~0U;

  struct Place {
    Entry entry;
    std::uint64_t hash = 0;
  };
  // From a hash to a place: open addressing, at most half full.
  struct Cell {
    std::uint32_t hash = 0;  // its upper half
    Index place = kNone;
  };
  // A place in the order of counts. The count may be of earlier: it is never too high.
  struct InOrder {
    double count;
    Index place;
  };

  std::size_t home(std::uint32_t upper_hash) const { return upper_hash & (cells_.size() - 1); }
  std::size_t cell_of(std::string_view name, std::uint64_t hash) const;
  std::size_t cell_of(Index place) const;
  void insert_cell(std::uint64_t hash, Index place);
  void erase_cell(std::size_t at);
  void sink(std::size_t at);
  void rise(std::size_t at);
  // Puts the order right at its front.
  Index lightest();

  std::size_t capacity_;
  std::uint64_t hash_key_;
  std::vector<Place> places_;
  std::vector<Cell> cells_;
  std::vector<InOrder> order_;  // a heap with the lightest at the front
};

}  // namespace hitwatch::lookups
