#include "collectors/tap/shapes.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "collectors/tap/key_segments.h"
#include "collectors/tap/shape_levels.h"

namespace hitwatch::tap {
namespace {

using Id = ShapeTree::Id;
using Node = ShapeTree::Node;

constexpr std::size_t kLongestType = 128;
constexpr double kLeastUses = 3;  // of each tenant
constexpr double kMostTenants = 1500;
constexpr double kLeastOverlap = 0.5;

// The way from a root to a shape.
struct Path {
  char separator = ':';
  std::vector<Id> nodes;

  Id leaf() const { return nodes.back(); }
};

class Reader {
 public:
  explicit Reader(const ShapeTree& tree) : tree_(tree) {
    for (const ShapeTree::Root& root : ShapeTree::roots()) {
      walk(root.id, {.separator = root.separator, .nodes = {}});
    }
    for (const Path& path : paths_) {
      if (const Id first = tenant_by_place(path); first != ShapeTree::kNone) tenants_.insert(first);
    }
  }

  std::vector<Row> rows() const {
    std::vector<Row> rows;
    for (const Path& path : paths_) {
      const GroupFigures& group = tree_.group(tree_.node(path.leaf()).group);
      if (group.figures.commands == 0) continue;
      rows.push_back({.pattern = pattern_of(path),
                      .type = type_of(path),
                      .figures = group.figures,
                      .latencies = group.latencies,
                      .examples = group.examples});
    }
    return rows;
  }

 private:
  void walk(Id id, const Path& path) {
    for (const Id child : tree_.children(id)) {
      Path longer = path;
      longer.nodes.push_back(child);
      if (tree_.node(child).group != 0) paths_.push_back(longer);
      walk(child, longer);
    }
  }

  bool is_value(Id id) const { return tree_.node(id).kind == Node::Kind::kAny; }

  std::vector<Id> values(const Path& path) const {
    std::vector<Id> all = path.nodes;
    std::erase_if(all, [this](Id id) { return !is_value(id); });
    return all;
  }

  // The word before a value; "" if there is none.
  std::string_view word_before(Id id) const { return tree_.node(tree_.node(id).parent).word; }

  // The value that looks like a tenant by itself: it has others after it, and is made of words or
  // of few values that come again.
  Id tenant_by_place(const Path& path) const {
    const std::vector<Id> all = values(path);
    const bool goes_on = all.size() > 1 || tree_.node(path.leaf()).kind == Node::Kind::kRest;
    if (all.empty() || !goes_on) return ShapeTree::kNone;
    const Node& first = tree_.node(all.front());
    if (first.has_words) return all.front();
    const double values = first.distinct.estimate();
    const bool come_again =
        values <= kMostTenants && static_cast<double>(first.uses) >= kLeastUses * values;
    const bool is_other_thing = is_common_entity(word_before(all.front()));
    return come_again && !is_other_thing ? all.front() : ShapeTree::kNone;
  }

  // A value that stands alone is the tenant if it is one elsewhere.
  Id tenant_of(const Path& path) const {
    const std::vector<Id> all = values(path);
    if (all.empty()) return ShapeTree::kNone;
    const Id first = all.front();
    if (tenants_.contains(first)) return first;
    const bool is_known = std::ranges::any_of(tenants_, [&](Id tenant) {
      return tree_.node(first).distinct.estimate() <= kMostTenants &&
             tree_.node(tenant).distinct.overlap(tree_.node(first).distinct) >= kLeastOverlap;
    });
    const bool may_be =
        tree_.node(first).has_words || (all.size() > 1 && !is_common_entity(word_before(first)));
    return is_known && may_be ? first : ShapeTree::kNone;
  }

  std::string pattern_of(const Path& path) const {
    const Id tenant = tenant_of(path);
    std::string text;
    std::size_t ids = 0;
    for (const Id id : path.nodes) {
      const Node& node = tree_.node(id);
      if (id != path.nodes.front()) text += path.separator;
      if (node.kind == Node::Kind::kRest) {
        text += '*';
      } else if (node.kind == Node::Kind::kWord) {
        text += node.word;
      } else if (id == tenant) {
        text += "{tenant}";
      } else {
        text += ++ids == 1 ? "{id}" : "{id" + std::to_string(ids) + "}";
      }
    }
    return text;
  }

  std::string type_of(const Path& path) const {
    std::string type;
    for (const Id id : path.nodes) {
      const Node& node = tree_.node(id);
      if (node.kind != Node::Kind::kWord || node.word.empty()) continue;
      if (!type.empty()) type += '_';
      type += node.word;
    }
    if (type.size() > kLongestType) type.resize(kLongestType);
    return type.empty() ? "other" : type;
  }

  const ShapeTree& tree_;
  std::vector<Path> paths_;
  std::set<Id> tenants_;
};

void add_overflow(std::vector<Row>& rows, const GroupFigures& group) {
  if (group.figures.commands == 0) return;
  rows.push_back({.pattern = "",
                  .type = "overflow",
                  .figures = group.figures,
                  .latencies = group.latencies,
                  .examples = group.examples});
}

// What a pattern wants, one after another: literal bytes come before placeholders, and these before
// the rest of a key.
std::vector<unsigned> wants(const keys::Pattern& pattern) {
  constexpr unsigned kAnyByte = 256;
  using Part = keys::Pattern::Element::Kind;
  std::vector<unsigned> all;
  for (const keys::Pattern::Element& element : pattern.elements()) {
    if (element.kind == Part::kLiteral) {
      for (const char c : element.text) all.push_back(static_cast<unsigned char>(c));
    } else {
      all.push_back(element.kind == Part::kPlaceholder ? kAnyByte : kAnyByte + 1);
    }
  }
  return all;
}

// Of patterns that begin with a placeholder those of ':' come first: their placeholders take no
// ':', those of others would.
std::size_t separator_rank(const keys::Pattern& pattern) {
  constexpr std::string_view kOrder = ":/.";
  const auto& elements = pattern.elements();
  const auto is_literal = [](const auto& element) {
    return element.kind == keys::Pattern::Element::Kind::kLiteral;
  };
  if (is_literal(elements.front())) return 0;
  const bool has_any = std::ranges::any_of(elements, [&](const auto& element) {
    return is_literal(element) && element.text.contains(pattern.separator());
  });
  return 1 + (has_any ? kOrder.find(pattern.separator()) : kOrder.size());
}

bool comes_first(const keys::Rule& one, const keys::Rule& two) {
  return std::pair(separator_rank(one.pattern), wants(one.pattern)) <
         std::pair(separator_rank(two.pattern), wants(two.pattern));
}

// The last rule that the earlier ones leave no key of; nothing if there is none.
std::optional<std::size_t> unreachable(std::span<const keys::Rule> rules) {
  std::optional<std::size_t> last;
  for (const keys::RuleFinding& finding : keys::examine(rules)) {
    if (finding.kind == keys::RuleFinding::Kind::kUnreachable) last = finding.rule;
  }
  return last;
}

}  // namespace

std::vector<Row> Shapes::rows() const {
  ShapeTree tree = tree_;
  fold_values(tree);
  std::vector<Row> rows = Reader(tree).rows();
  std::ranges::stable_sort(rows, std::greater(),
                           [](const Row& row) { return row.figures.commands; });
  GroupFigures overflow = tree.overflow();
  for (std::size_t i = kMaxProposals; i < rows.size(); ++i) {
    overflow.figures += rows[i].figures;
    for (std::size_t j = 0; j < overflow.latencies.size(); ++j) {
      overflow.latencies[j] += rows[i].latencies[j];
    }
  }
  if (rows.size() > kMaxProposals) rows.resize(kMaxProposals);
  add_overflow(rows, overflow);
  return rows;
}

std::vector<keys::Rule> proposed_rules(std::span<const Row> rows) {
  std::vector<keys::Rule> rules;
  for (const Row& row : rows) {
    auto pattern = keys::Pattern::parse(row.pattern);
    if (pattern) rules.push_back({*std::move(pattern), row.type, false});
  }
  std::ranges::stable_sort(rules, comes_first);  // of equals the busiest
  while (const auto idle = unreachable(rules)) {
    rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(*idle));
  }
  return rules;
}

}  // namespace hitwatch::tap
