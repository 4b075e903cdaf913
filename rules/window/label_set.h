// The labels of a series, as pairs of symbols.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <vector>

#include "rules/window/symbols.h"

namespace hitwatch::window {

struct LabelPair {
  Symbol name;
  Symbol value;
  bool operator==(const LabelPair&) const = default;
};

// Immutable. Sorted by the text of the names, each name once, no value empty: a missing label and
// an empty one are the same (Prometheus' data model). Symbols of two sets that are compared must be
// of one table.
class LabelSet {
 public:
  LabelSet() = default;
  // `pairs` must be in order; whoever made them keeps them as long as this is used.
  explicit LabelSet(std::span<const LabelPair> pairs);

  std::span<const LabelPair> pairs() const { return pairs_; }
  bool empty() const { return pairs_.empty(); }
  // Of the symbols' addresses: of use within a process only.
  std::uint64_t hash() const { return hash_; }
  // The empty symbol's place is taken by nullptr: no such label.
  Symbol get(Symbol name) const;

  bool operator==(const LabelSet& other) const {
    return hash_ == other.hash_ && std::ranges::equal(pairs_, other.pairs_);
  }

 private:
  std::span<const LabelPair> pairs_;
  std::uint64_t hash_ = kEmptyHash;
  static constexpr std::uint64_t kEmptyHash = 0x9e3779b97f4a7c15ULL;
};

// By the texts of names, then of values, pair by pair; the shorter one first (the order in which
// Prometheus sorts results). Symbols may be of two tables.
bool less_by_text(const LabelSet& left, const LabelSet& right);

// `{__name__="up", job="redis"}` is written `up{job="redis"}`; values quoted as Go does. Names that
// are not of the classic kind are quoted: `{"cache.hits", "a.b"="x"}`. No labels: `{}`.
std::string to_string(const LabelSet& labels, const Symbols& symbols);
// The same with the name among the labels, as Go programs print labels in error texts:
// `{__name__="up", job="redis"}`.
std::string to_braced_string(const LabelSet& labels);

// A copy whose pairs, and the set itself, lie in `memory`, which is never given back before all of
// it: for what lives as long as a query.
const LabelSet* make_label_set(std::span<const LabelPair> pairs, std::pmr::memory_resource& memory);

// Puts pairs in order, leaves out those without a value and all but the last of a name. All names
// of one table.
void normalize(std::vector<LabelPair>& pairs);

}  // namespace hitwatch::window
