#include "collectors/tap/shape_levels.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collectors/tap/key_segments.h"

namespace hitwatch::tap {
namespace {

using Id = ShapeTree::Id;
using Kind = ShapeTree::Node::Kind;

constexpr std::size_t kLeastNumbered = 3;  // words with digits that are values for it
constexpr std::size_t kLeastAlike = 8;     // words with the same beneath that are values for it
constexpr std::size_t kLeastShared = 2;    // names that several siblings have in common
constexpr std::size_t kSignatureDepth = 4;
constexpr double kClearly = 0.1;

// What lies beneath a node, as a text that is the same for the same.
std::string signature(const ShapeTree& tree, Id id, std::size_t depth = kSignatureDepth) {
  const ShapeTree::Node& node = tree.node(id);
  std::string text = node.group != 0 ? "$" : "";
  if (depth == 0) return text;
  std::set<std::string> parts;
  for (const Id child : tree.children(id)) {
    const ShapeTree::Node& each = tree.node(child);
    const std::string name = each.kind == Kind::kWord ? each.word : "#";
    parts.insert(name + '(' + signature(tree, child, depth - 1) + ')');
  }
  for (const std::string& part : parts) text += part;
  return text;
}

// Words, and the words right beneath them.
class Grid {
 public:
  Grid(const ShapeTree& tree, const std::vector<Id>& rows) : tree_(tree) {
    for (const Id row : rows) {
      for (const Id cell : tree.words(row)) columns_[tree.node(cell).word].emplace_back(row, cell);
    }
    for (const Id row : rows) add_row(row);
  }

  // Of the names beneath, those that several rows have.
  std::set<std::string> shared() const {
    std::set<std::string> names;
    for (const auto& [name, cells] : columns_) {
      if (cells.size() > 1) names.insert(name);
    }
    return names;
  }

  std::size_t rows_with(const std::string& name) const { return columns_.at(name).size(); }
  std::size_t columns() const { return columns_.size(); }

  // How much what follows differs from row to row in the same column, 0 to 1.
  double difference_of_rows() const {
    std::vector<std::vector<std::string>> groups;
    for (const auto& [name, cells] : columns_) {
      auto& group = groups.emplace_back();
      for (const auto& [row, cell] : cells) group.push_back(signature(tree_, cell));
    }
    return difference(groups);
  }
  // The same from column to column in the same row.
  double difference_of_columns() const { return difference(row_signatures_); }

  // The share of common names among the names beneath.
  double common_columns() const {
    if (columns_.empty()) return 0;
    const auto common = std::ranges::count_if(
        columns_, [](const auto& column) { return is_common_name(column.first); });
    return static_cast<double>(common) / static_cast<double>(columns_.size());
  }

 private:
  void add_row(Id row) {
    auto& signatures = row_signatures_.emplace_back();
    for (const Id cell : tree_.words(row)) {
      if (columns_.at(tree_.node(cell).word).size() > 1) {
        signatures.push_back(signature(tree_, cell));
      }
    }
  }

  static double difference(const std::vector<std::vector<std::string>>& groups) {
    double different = 0;
    double compared = 0;
    for (const std::vector<std::string>& group : groups) {
      if (group.size() < 2) continue;
      const std::set<std::string> distinct(group.begin(), group.end());
      different += static_cast<double>(distinct.size() - 1);
      compared += static_cast<double>(group.size() - 1);
    }
    return compared == 0 ? 0 : different / compared;
  }

  const ShapeTree& tree_;
  std::map<std::string, std::vector<std::pair<Id, Id>>> columns_;  // row and cell
  std::vector<std::vector<std::string>> row_signatures_;
};

class Levels {
 public:
  explicit Levels(ShapeTree& tree) : tree_(tree) {}

  void decide(Id id, bool is_root) {
    fold_numbered(id);
    if (tree_.node(id).is_closed && !is_root) fold_all(id);
    if (rows_are_values(id)) {
      fold_rows(id);
    } else {
      fold_shared_beneath(id);
    }
    if (!is_root) fold_alike(id);
    for (const Id child : tree_.children(id)) decide(child, false);
  }

 private:
  const std::string& word(Id id) const { return tree_.node(id).word; }

  void fold_if(Id parent, const auto& is_value) {
    std::vector<Id> values = tree_.words(parent);
    std::erase_if(values, [&](Id id) { return !is_value(id); });
    tree_.fold(parent, values);
  }

  void fold_all(Id parent) {
    fold_if(parent, [](Id) { return true; });
  }

  void fold_numbered(Id id) {
    const auto has_number = [this](Id child) { return is_numbered(word(child)); };
    const bool has_values = tree_.node(id).any != ShapeTree::kNone;
    const auto numbered = std::ranges::count_if(tree_.words(id), has_number);
    if (static_cast<std::size_t>(numbered) >= (has_values ? 1 : kLeastNumbered)) {
      fold_if(id, has_number);
    }
  }

  // Whether the words here, rather than those beneath, are values.
  bool rows_are_values(Id id) const {
    std::vector<Id> rows = tree_.words(id);
    const auto common = std::erase_if(rows, [this](Id row) { return is_common_name(word(row)); });
    if (rows.size() < 2 || rows.size() < common) return false;
    const Grid grid(tree_, rows);
    const auto shared = grid.shared();
    if (shared.empty()) return false;
    const double by_row = grid.difference_of_rows();
    const double by_column = grid.difference_of_columns();
    if (by_row > by_column + kClearly) return false;
    if (by_column > by_row + kClearly) return true;
    constexpr double kMostly = 0.5;
    if (grid.common_columns() >= kMostly) return true;
    return rows.size() > 2 && rows.size() > grid.columns();
  }

  // Values are the words that have names beneath in common with others.
  void fold_rows(Id id) {
    std::vector<Id> rows = tree_.words(id);
    std::erase_if(rows, [this](Id row) { return is_common_name(word(row)); });
    const auto shared = Grid(tree_, rows).shared();
    std::erase_if(rows, [&](Id row) {
      return std::ranges::none_of(tree_.words(row),
                                  [&](Id cell) { return shared.contains(word(cell)); });
    });
    tree_.fold(id, rows);
  }

  // Names that several words here have beneath them are values, unless they are common names. Where
  // they are at least half of what a word has beneath, the others are values as well.
  void fold_shared_beneath(Id id) {
    const std::vector<Id> rows = tree_.words(id);
    std::set<std::string> shared = Grid(tree_, rows).shared();
    std::erase_if(shared, [](const std::string& name) { return is_common_name(name); });
    if (shared.size() < kLeastShared) return;
    for (const Id row : rows) {
      const auto cells = tree_.words(row);
      const auto is_shared = [&](Id cell) { return shared.contains(word(cell)); };
      const auto values = static_cast<std::size_t>(std::ranges::count_if(cells, is_shared));
      if (values == 0) continue;
      const bool are_mostly = 2 * values >= cells.size();
      fold_if(row, [&](Id cell) {
        return is_shared(cell) || (are_mostly && !is_common_name(word(cell)));
      });
    }
  }

  // Many words with the same beneath.
  void fold_alike(Id id) {
    std::map<std::string, std::vector<Id>> alike;
    for (const Id each : tree_.words(id)) {
      if (!is_common_name(word(each))) alike[signature(tree_, each)].push_back(each);
    }
    for (const auto& [beneath, words] : alike) {
      if (words.size() < kLeastAlike) continue;
      tree_.fold(id, words);
      return;
    }
  }

  ShapeTree& tree_;
};

}  // namespace

void fold_values(ShapeTree& tree) {
  Levels levels(tree);
  for (const ShapeTree::Root& root : ShapeTree::roots()) levels.decide(root.id, true);
}

}  // namespace hitwatch::tap
