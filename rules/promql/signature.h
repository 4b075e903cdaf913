// The part of a label set by which elements are matched or grouped: on(…), ignoring(…), by(…) and
// without(…).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/promql/flat_index.h"
#include "rules/window/label_set.h"

namespace hitwatch::promql {

class Signature {
 public:
  // Of the labels `names` alone; or of all others, never of __name__.
  Signature(bool only, std::span<const std::string> names, window::Symbols& symbols);

  bool keeps(window::Symbol name) const {
    return (std::ranges::find(names_, name) != names_.end()) == only_;
  }
  std::uint64_t hash(const window::LabelSet& labels) const;
  bool equal(const window::LabelSet& left, const window::LabelSet& right) const;
  // Every label set has the same.
  bool trivial() const { return only_ && names_.empty(); }
  // Appends the pairs of the signature, in order.
  void project(const window::LabelSet& labels, std::vector<window::LabelPair>& out) const;

 private:
  bool only_;
  std::vector<window::Symbol> names_;
};

}  // namespace hitwatch::promql
