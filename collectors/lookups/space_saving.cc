#include "collectors/lookups/space_saving.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "collectors/lookups/hash.h"

namespace hitwatch::lookups {
namespace {

constexpr unsigned kUpperHalf = 32;
constexpr std::size_t kHeapWidth = 4;  // children of a place in the heap: two fit a cache line

std::uint32_t upper_half(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> kUpperHalf);
}

}  // namespace

SpaceSaving::SpaceSaving(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)),
      hash_key_(random_hash_key()),
      cells_(std::bit_ceil(2 * capacity_)) {}

void SpaceSaving::add(std::string_view name, double weight) {
  const std::uint64_t hash = hash_bytes(name, hash_key_);
  if (const Index known = cells_[cell_of(name, hash)].place; known != kNone) {
    places_[known].entry.count += weight;
    return;
  }
  if (places_.size() < capacity_) {
    const auto index = static_cast<Index>(places_.size());
    places_.push_back({.entry = {.name = std::string(name), .count = weight}, .hash = hash});
    order_.push_back({.count = weight, .place = index});
    rise(order_.size() - 1);
    insert_cell(hash, index);
    return;
  }
  const Index index = lightest();
  erase_cell(cell_of(index));
  Place& place = places_[index];
  place.entry.name = name;
  place.entry.error = place.entry.count;
  place.entry.count += weight;
  place.hash = hash;
  insert_cell(hash, index);
}

void SpaceSaving::fade(double factor) {
  for (Place& place : places_) {
    place.entry.count *= factor;
    place.entry.error *= factor;
  }
  for (InOrder& each : order_) each.count *= factor;
}

void SpaceSaving::remove(std::string_view name) {
  const std::size_t cell = cell_of(name, hash_bytes(name, hash_key_));
  const Index index = cells_[cell].place;
  if (index == kNone) return;
  erase_cell(cell);
  const auto last = static_cast<Index>(places_.size() - 1);
  if (index != last) {
    // The last place moves into the gap.
    cells_[cell_of(last)].place = index;
    places_[index] = std::move(places_[last]);
  }
  places_.pop_back();
  order_.clear();
  for (Index each = 0; each < last; ++each) {
    order_.push_back({.count = places_[each].entry.count, .place = each});
    rise(each);
  }
}

std::vector<SpaceSaving::Entry> SpaceSaving::heaviest(std::size_t most) const {
  std::vector<const Entry*> sorted;
  sorted.reserve(places_.size());
  for (const Place& place : places_) sorted.push_back(&place.entry);
  const std::size_t wanted = std::min(most, sorted.size());
  std::ranges::partial_sort(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(wanted),
                            std::greater(), &Entry::certain);
  std::vector<Entry> result;
  result.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) result.push_back(*sorted[i]);
  return result;
}

// That of the name, or the free one where it would be.
std::size_t SpaceSaving::cell_of(std::string_view name, std::uint64_t hash) const {
  const std::uint32_t upper = upper_half(hash);
  std::size_t at = home(upper);
  while (cells_[at].place != kNone) {
    if (cells_[at].hash == upper && places_[cells_[at].place].entry.name == name) break;
    at = (at + 1) & (cells_.size() - 1);
  }
  return at;
}

std::size_t SpaceSaving::cell_of(Index place) const {
  std::size_t at = home(upper_half(places_[place].hash));
  while (cells_[at].place != place) at = (at + 1) & (cells_.size() - 1);
  return at;
}

void SpaceSaving::insert_cell(std::uint64_t hash, Index place) {
  std::size_t at = home(upper_half(hash));
  while (cells_[at].place != kNone) at = (at + 1) & (cells_.size() - 1);
  cells_[at] = {.hash = upper_half(hash), .place = place};
}

// Those after it that would not be found across the gap move into it.
void SpaceSaving::erase_cell(std::size_t at) {
  const std::size_t mask = cells_.size() - 1;
  std::size_t gap = at;
  for (std::size_t next = (gap + 1) & mask; cells_[next].place != kNone; next = (next + 1) & mask) {
    const std::size_t from_home = (next - home(cells_[next].hash)) & mask;
    const std::size_t from_gap = (next - gap) & mask;
    if (from_home < from_gap) continue;
    cells_[gap] = cells_[next];
    gap = next;
  }
  cells_[gap] = {};
}

SpaceSaving::Index SpaceSaving::lightest() {
  while (true) {
    const Index index = order_.front().place;
    const double count = places_[index].entry.count;
    if (order_.front().count == count) return index;
    order_.front().count = count;
    sink(0);
  }
}

void SpaceSaving::sink(std::size_t at) {
  const InOrder sinking = order_[at];
  while (true) {
    const std::size_t first = kHeapWidth * at + 1;
    if (first >= order_.size()) break;
    const std::size_t end = std::min(first + kHeapWidth, order_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (order_[child].count < order_[least].count) least = child;
    }
    if (!(order_[least].count < sinking.count)) break;
    order_[at] = order_[least];
    at = least;
  }
  order_[at] = sinking;
}

void SpaceSaving::rise(std::size_t at) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / kHeapWidth;
    if (order_[parent].count <= order_[at].count) return;
    std::swap(order_[at], order_[parent]);
    at = parent;
  }
}

}  // namespace hitwatch::lookups
