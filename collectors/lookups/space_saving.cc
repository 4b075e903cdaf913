#include "collectors/lookups/space_saving.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace hitwatch::lookups {

SpaceSaving::SpaceSaving(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

void SpaceSaving::add(std::string_view name, double weight) {
  if (const auto found = where_.find(name); found != where_.end()) {
    Place& place = places_[found->second];
    place.entry.count += weight;
    sink(place.in_heap);
    return;
  }
  if (places_.size() < capacity_) {
    const auto index = static_cast<Index>(places_.size());
    places_.push_back({.entry = {.name = std::string(name), .count = weight}, .in_heap = index});
    heap_.push_back(index);
    where_.emplace(name, index);
    rise(index);
    return;
  }
  Entry& lightest = places_[heap_.front()].entry;
  auto node = where_.extract(where_.find(lightest.name));
  node.key() = name;
  where_.insert(std::move(node));
  lightest.name = name;
  lightest.error = lightest.count;
  lightest.count += weight;
  sink(0);
}

void SpaceSaving::fade(double factor) {
  for (Place& place : places_) {
    place.entry.count *= factor;
    place.entry.error *= factor;
  }
}

void SpaceSaving::remove(std::string_view name) {
  const auto found = where_.find(name);
  if (found == where_.end()) return;
  const Index index = found->second;
  where_.erase(found);
  const std::size_t at = places_[index].in_heap;
  swap_in_heap(at, heap_.size() - 1);
  heap_.pop_back();
  if (at < heap_.size()) {
    sink(at);
    rise(at);
  }
  // The last place moves into the gap.
  if (index + 1 < places_.size()) {
    places_[index] = std::move(places_.back());
    heap_[places_[index].in_heap] = index;
    where_.find(places_[index].entry.name)->second = index;
  }
  places_.pop_back();
}

std::vector<SpaceSaving::Entry> SpaceSaving::heaviest(std::size_t most) const {
  std::vector<Entry> sorted;
  sorted.reserve(places_.size());
  for (const Place& place : places_) sorted.push_back(place.entry);
  std::ranges::sort(sorted, std::greater(), &Entry::certain);
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

void SpaceSaving::swap_in_heap(std::size_t a, std::size_t b) {
  std::swap(heap_[a], heap_[b]);
  places_[heap_[a]].in_heap = static_cast<Index>(a);
  places_[heap_[b]].in_heap = static_cast<Index>(b);
}

void SpaceSaving::sink(std::size_t at) {
  while (true) {
    std::size_t lightest = at;
    for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
      if (child < heap_.size() && count_at(child) < count_at(lightest)) lightest = child;
    }
    if (lightest == at) return;
    swap_in_heap(at, lightest);
    at = lightest;
  }
}

void SpaceSaving::rise(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (count_at(parent) <= count_at(at)) return;
    swap_in_heap(at, parent);
    at = parent;
  }
}

}  // namespace hitwatch::lookups
