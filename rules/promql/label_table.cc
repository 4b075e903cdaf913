#include "rules/promql/label_table.h"

#include <algorithm>

namespace hitwatch::promql {

using window::LabelPair;
using window::LabelSet;

void put(std::vector<LabelPair>& pairs, LabelPair pair) {
  auto at = std::ranges::find(pairs, pair.name, &LabelPair::name);
  if (pair.value->empty()) {
    if (at != pairs.end()) pairs.erase(at);
  } else if (at != pairs.end()) {
    at->value = pair.value;
  } else {
    at = std::ranges::lower_bound(
        pairs, *pair.name, {},
        [](const LabelPair& each) -> const std::string& { return *each.name; });
    pairs.insert(at, pair);
  }
}

LabelTable::LabelTable(window::Symbol name, std::pmr::memory_resource& memory)
    : name_(name), memory_(memory) {}

const LabelSet* LabelTable::keep(const LabelSet& labels, bool lasting) {
  const std::uint64_t hash = mix(labels.hash(), 0);
  const auto place = static_cast<std::uint32_t>(sets_.size());
  const std::uint32_t known =
      index_.insert(hash, place, [&](std::uint32_t at) { return *sets_[at] == labels; });
  if (known != FlatIndex::kNone) return sets_[known];
  if (lasting) {
    std::pmr::polymorphic_allocator<LabelSet> allocator(&memory_);
    sets_.push_back(allocator.new_object<LabelSet>(labels));
  } else {
    sets_.push_back(window::make_label_set(labels.pairs(), memory_));
  }
  return sets_.back();
}

const LabelSet* LabelTable::make(std::span<const LabelPair> pairs) {
  return keep(LabelSet(pairs), false);
}

const LabelSet* LabelTable::make_of_lasting(std::span<const LabelPair> pairs) {
  return keep(LabelSet(pairs), true);
}

const LabelSet* LabelTable::make_of_unordered(std::vector<LabelPair>& pairs) {
  window::normalize(pairs);
  return make(pairs);
}

const LabelSet* LabelTable::without_name(const LabelSet* labels) {
  const auto pairs = labels->pairs();
  const auto at = std::ranges::find(pairs, name_, &LabelPair::name);
  if (at == pairs.end()) return labels;
  // Mostly the first, before all names in small letters.
  if (at == pairs.begin()) return make_of_lasting(pairs.subspan(1));
  scratch_.assign(pairs.begin(), at);
  scratch_.insert(scratch_.end(), at + 1, pairs.end());
  return make(scratch_);
}

const LabelSet* LabelTable::with(const LabelSet* labels, LabelPair pair) {
  scratch_.assign(labels->pairs().begin(), labels->pairs().end());
  put(scratch_, pair);
  return make(scratch_);
}

const LabelSet* LabelTable::none() { return make({}); }

}  // namespace hitwatch::promql
