// The heaviest of many names, by a sketch of fixed size.
//
// Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data
// Streams (2005). A name that is not counted takes the place of the lightest and inherits its
// count as its error; whoever has more than 1/capacity of all weight is among those counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hitwatch::lookups {

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
  void remove(std::string_view name);
  // By certain count, the heaviest first.
  std::vector<Entry> heaviest(std::size_t most) const;

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  using Index = std::uint32_t;
  struct Place {
    Entry entry;
    Index in_heap;
  };

  double count_at(std::size_t in_heap) const { return places_[heap_[in_heap]].entry.count; }
  void swap_in_heap(std::size_t a, std::size_t b);
  void sink(std::size_t at);
  void rise(std::size_t at);

  std::size_t capacity_;
  std::vector<Place> places_;
  std::vector<Index> heap_;  // of places, the lightest at the front
  std::unordered_map<std::string, Index, Hash, std::equal_to<>> where_;  // in places_
};

}  // namespace hitwatch::lookups
