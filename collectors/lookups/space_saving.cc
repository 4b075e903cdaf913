#include "collectors/lookups/space_saving.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace hitwatch::lookups {

SpaceSaving::SpaceSaving(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

void SpaceSaving::add(std::string_view name, double weight) {
  if (const auto found = where_.find(name); found != where_.end()) {
    heap_[found->second].count += weight;
    sink(found->second);
    return;
  }
  if (heap_.size() < capacity_) {
    heap_.push_back({.name = std::string(name), .count = weight});
    where_.emplace(name, heap_.size() - 1);
    rise(heap_.size() - 1);
    return;
  }
  Entry& lightest = heap_.front();
  auto node = where_.extract(where_.find(lightest.name));
  node.key() = name;
  where_.insert(std::move(node));
  lightest.name = name;
  lightest.error = lightest.count;
  lightest.count += weight;
  sink(0);
}

void SpaceSaving::fade(double factor) {
  for (Entry& entry : heap_) {
    entry.count *= factor;
    entry.error *= factor;
  }
}

void SpaceSaving::remove(std::string_view name) {
  const auto found = where_.find(name);
  if (found == where_.end()) return;
  const std::size_t at = found->second;
  swap_entries(at, heap_.size() - 1);
  heap_.pop_back();
  where_.erase(where_.find(name));
  if (at < heap_.size()) {
    sink(at);
    rise(at);
  }
}

std::vector<SpaceSaving::Entry> SpaceSaving::heaviest(std::size_t most) const {
  std::vector<Entry> sorted = heap_;
  std::ranges::sort(sorted, std::greater(), &Entry::certain);
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

void SpaceSaving::swap_entries(std::size_t a, std::size_t b) {
  if (a == b) return;
  std::swap(heap_[a], heap_[b]);
  where_.find(heap_[a].name)->second = a;
  where_.find(heap_[b].name)->second = b;
}

void SpaceSaving::sink(std::size_t at) {
  while (true) {
    std::size_t lightest = at;
    for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
      if (child < heap_.size() && heap_[child].count < heap_[lightest].count) lightest = child;
    }
    if (lightest == at) return;
    swap_entries(at, lightest);
    at = lightest;
  }
}

void SpaceSaving::rise(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (heap_[parent].count <= heap_[at].count) return;
    swap_entries(at, parent);
    at = parent;
  }
}

}  // namespace hitwatch::lookups
