// The label sets that a query makes up: each held once, so that they need no more memory at the
// thousandth step of a range query than at the first.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "rules/promql/flat_index.h"
#include "rules/window/label_set.h"

namespace hitwatch::promql {

// Sets the value of one label of pairs in order, which stay so; an empty text takes it away.
void put(std::vector<window::LabelPair>& pairs, window::LabelPair pair);

class LabelTable {
 public:
  // `name` is the symbol of __name__. Sets lie in `memory`.
  LabelTable(window::Symbol name, std::pmr::memory_resource& memory);

  // The set of these pairs, which are in order.
  const window::LabelSet* make(std::span<const window::LabelPair> pairs);
  // The same of pairs that outlive the query, as those of the window's series: not copied.
  const window::LabelSet* make_of_lasting(std::span<const window::LabelPair> pairs);
  // The set of pairs in any order, normalized.
  const window::LabelSet* make_of_unordered(std::vector<window::LabelPair>& pairs);

  const window::LabelSet* without_name(const window::LabelSet* labels);
  // With the value of one label replaced; it goes if the value is empty.
  const window::LabelSet* with(const window::LabelSet* labels, window::LabelPair pair);
  const window::LabelSet* none();

  std::size_t size() const { return sets_.size(); }

 private:
  const window::LabelSet* keep(const window::LabelSet& labels, bool lasting);

  window::Symbol name_;
  std::pmr::memory_resource& memory_;
  FlatIndex index_;
  std::vector<const window::LabelSet*> sets_;
  std::vector<window::LabelPair> scratch_;
};

}  // namespace hitwatch::promql
