// Patterns of keys, proposed from the keys that are seen, where none are configured.
//
// Keys are sorted by shape as they come (shape_tree.h). When somebody asks, it is decided which
// words are values (shape_levels.h), and what remains is read as patterns: words are literal text,
// values placeholders. The one that is few values again and again, comes before others and is
// shared by several types is called {tenant}, the others {id}, {id2} and so on.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/tap/report.h"
#include "collectors/tap/shape_tree.h"

namespace hitwatch::tap {

class Shapes {
 public:
  // The figures of keys that look like this one.
  GroupFigures& of(std::string_view key) { return tree_.of(key); }
  // A row for each proposed pattern, the busiest kMaxProposals, the others as one of the type
  // "overflow"; the busiest first.
  std::vector<Row> rows() const;

 private:
  ShapeTree tree_;
};

// Rows of proposed patterns as rules, in an order in which each can match: the more literal first,
// of which a key that several match is. Patterns of which others leave no key are left out.
std::vector<keys::Rule> proposed_rules(std::span<const Row> rows);

}  // namespace hitwatch::tap
