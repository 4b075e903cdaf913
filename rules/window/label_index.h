// From labels to series: for each name and value the ids of the series that have them, in order.
//
// Ids are places in the window's list of series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rules/window/label_set.h"
#include "rules/window/matcher.h"
#include "rules/window/symbols.h"

namespace hitwatch::window {

using Matchers = std::vector<Matcher>;

class LabelIndex {
 public:
  using Id = std::uint32_t;
  using Ids = std::vector<Id>;
  static constexpr Id kGone = 0xffffffff;

  // `symbols` is the table of the labels that are added, and outlives this. One without lists costs
  // nothing to fill: it looks at the labels of all series instead, and knows no names and values.
  explicit LabelIndex(const Symbols& symbols, bool has_lists = true)
      : symbols_(symbols), has_lists_(has_lists) {}
  bool has_lists() const { return has_lists_; }

  // Ids are added in rising order, from 0, without gaps.
  void add(Id id, const LabelSet& labels);
  // The series `id` is called new_ids[id] from now on, or is kGone. The order stays.
  void renumber(std::span<const Id> new_ids);

  // Those that match, in order. `labels_of(id)` are the labels an id was added with. Starts from
  // the shortest list; asks a regular expression once per value at most.
  Ids match(const Matchers& matchers, const std::function<const LabelSet&(Id)>& labels_of) const;

  // In no order.
  std::vector<Symbol> names() const;
  std::vector<Symbol> values(std::string_view name) const;
  // All of its names and values.
  std::unordered_set<Symbol> symbols() const;
  std::size_t bytes() const;  // estimated

 private:
  using Values = std::unordered_map<Symbol, Ids>;
  // The lists of ids that a matcher picks.
  using Lists = std::vector<const Ids*>;

  const Values* values_of(std::string_view name) const;
  Lists lists(const Matcher& matcher) const;

  const Symbols& symbols_;
  bool has_lists_;
  std::unordered_map<Symbol, Values> names_;
  std::size_t count_ = 0;
};

}  // namespace hitwatch::window
