#include "collectors/tap/shape_tree.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "collectors/lookups/hash.h"
#include "collectors/tap/key_segments.h"

namespace hitwatch::tap {
namespace {

using Kind = ShapeTree::Node::Kind;

constexpr std::size_t kMostWords = 32;  // of a node
constexpr std::size_t kRootFactor = 4;  // a root may have so many times as many
constexpr std::uint32_t kOverflowGroup = 0;
constexpr unsigned kHashBits = 64;

constexpr std::array<ShapeTree::Root, 4> kRoots = {{{0, ':'}, {1, '/'}, {2, '.'}, {3, 0}}};

}  // namespace

void Distinct::add(std::uint64_t hash) {
  const std::uint64_t bit = hash % kBits;
  words_[bit / kHashBits] |= std::uint64_t{1} << (bit % kHashBits);
}

void Distinct::merge(const Distinct& other) {
  for (std::size_t i = 0; i < kWords; ++i) words_[i] |= other.words_[i];
}

std::size_t Distinct::bits() const {
  std::size_t bits = 0;
  for (const std::uint64_t word : words_) bits += static_cast<std::size_t>(std::popcount(word));
  return bits;
}

double Distinct::estimate() const {
  constexpr auto kAll = static_cast<double>(kBits);
  const double zeros = std::max(kAll - static_cast<double>(bits()), 1.0);
  return -kAll * std::log(zeros / kAll);
}

double Distinct::overlap(const Distinct& other) const {
  std::size_t both = 0;
  for (std::size_t i = 0; i < kWords; ++i) {
    both += static_cast<std::size_t>(std::popcount(words_[i] & other.words_[i]));
  }
  const std::size_t fewer = std::min(bits(), other.bits());
  return fewer == 0 ? 0 : static_cast<double>(both) / static_cast<double>(fewer);
}

ShapeTree::ShapeTree()
    : hash_key_(lookups::random_hash_key()),
      nodes_(kRoots.size()),
      groups_(1),
      most_words_(kMostWords) {}

std::span<const ShapeTree::Root> ShapeTree::roots() { return kRoots; }

GroupFigures& ShapeTree::of(std::string_view key) {
  while (true) {
    if (GroupFigures* const found = find(key)) return *found;
    if (most_words_ == 0) return groups_.front();
    squeeze();
  }
}

// Nothing if there is no room for the shape.
GroupFigures* ShapeTree::find(std::string_view key) {
  const char separator = separator_of(key);
  Id at = std::ranges::find(kRoots, separator, &Root::separator)->id;
  std::size_t begin = 0;
  for (std::size_t depth = 0;; ++depth) {
    ++nodes_[at].uses;
    if (depth == kMaxDepth) {
      if (nodes_[at].rest == kNone) nodes_[at].rest = add_child(at, Kind::kRest, {});
      at = nodes_[at].rest;
      break;
    }
    const std::size_t end = separator == 0 ? key.npos : key.find(separator, begin);
    at = step(at, key.substr(begin, end - begin));
    if (at == kNone) return nullptr;
    if (end == key.npos) break;
    begin = end + 1;
  }
  if (at == kNone) return nullptr;
  Node& leaf = nodes_[at];
  ++leaf.uses;
  if (leaf.group != kOverflowGroup) return &groups_[leaf.group];
  if (!free_groups_.empty()) {
    leaf.group = free_groups_.back();
    free_groups_.pop_back();
  } else if (groups_.size() < kMaxGroups) {
    leaf.group = static_cast<std::uint32_t>(groups_.size());
    groups_.emplace_back();
  } else {
    return nullptr;
  }
  return &groups_[leaf.group];
}

// The child that a segment leads to; kNone if there is no room for it.
ShapeTree::Id ShapeTree::step(Id from, std::string_view segment) {
  const bool has_word = is_word(segment);
  if (has_word) {
    if (const Id known = word_child(from, segment); known != kNone) return known;
    if (!nodes_[from].is_closed && nodes_[from].words >= most_words(from)) close(from);
    if (!nodes_[from].is_closed || segment.empty()) return add_child(from, Kind::kWord, segment);
  }
  const Id any = any_child(from);
  if (any == kNone) return kNone;
  nodes_[any].distinct.add(hash_of(segment));
  nodes_[any].has_words = nodes_[any].has_words || has_word;
  return any;
}

ShapeTree::Id ShapeTree::word_child(Id parent, std::string_view word) {
  if (!is_indexed_) index_again();
  const std::uint32_t found = by_key_.find(key_of(parent, word));
  return found == lookups::NumberTable::kNone ? kNone : found;
}

ShapeTree::Id ShapeTree::any_child(Id parent) {
  if (nodes_[parent].any == kNone) nodes_[parent].any = add_child(parent, Kind::kAny, {});
  return nodes_[parent].any;
}

ShapeTree::Id ShapeTree::add_child(Id parent, Kind kind, std::string_view word) {
  Id id = kNone;
  if (!free_nodes_.empty()) {
    id = free_nodes_.back();
    free_nodes_.pop_back();
  } else if (nodes_.size() < kMaxNodes) {
    id = static_cast<Id>(nodes_.size());
    nodes_.emplace_back();
  } else {
    return kNone;
  }
  nodes_[id] = {.kind = kind, .word = std::string(word)};
  link(parent, id);
  if (kind == Kind::kWord) by_key_.add(key_of(parent, word), id);
  return id;
}

void ShapeTree::link(Id parent, Id child) {
  nodes_[child].parent = parent;
  nodes_[child].next_sibling = nodes_[parent].first_child;
  nodes_[parent].first_child = child;
  if (nodes_[child].kind == Kind::kWord) ++nodes_[parent].words;
}

void ShapeTree::unlink(Id child) {
  Node& parent = nodes_[nodes_[child].parent];
  Id* link = &parent.first_child;
  while (*link != child) link = &nodes_[*link].next_sibling;
  *link = nodes_[child].next_sibling;
  if (nodes_[child].kind == Kind::kWord) --parent.words;
}

std::vector<ShapeTree::Id> ShapeTree::children(Id id) const {
  std::vector<Id> all;
  for (Id child = nodes_[id].first_child; child != kNone; child = nodes_[child].next_sibling) {
    all.push_back(child);
  }
  return all;
}

std::vector<ShapeTree::Id> ShapeTree::words(Id id) const {
  std::vector<Id> all = children(id);
  std::erase_if(all, [this](Id child) {
    return nodes_[child].kind != Kind::kWord || nodes_[child].word.empty();
  });
  return all;
}

void ShapeTree::fold(Id parent, std::span<const Id> words) {
  if (words.empty()) return;
  Id any = nodes_[parent].any;
  std::size_t first = 0;
  if (any == kNone) {
    // The first of them becomes "any": there need be no room for another node.
    any = words[first++];
    --nodes_[parent].words;
    nodes_[parent].any = any;
    Node& node = nodes_[any];
    node.kind = Kind::kAny;
    node.distinct.add(hash_of(node.word));
    node.word.clear();
  }
  for (const Id word : words.subspan(first)) {
    nodes_[any].distinct.add(hash_of(nodes_[word].word));
    unlink(word);
    merge(any, word);
  }
  nodes_[any].has_words = true;
  is_indexed_ = false;
}

// What `from`, which is nobody's child any more, has becomes part of `into`.
void ShapeTree::merge(Id into, Id from) {
  nodes_[into].uses += nodes_[from].uses;
  nodes_[into].is_closed = nodes_[into].is_closed || nodes_[from].is_closed;
  nodes_[into].has_words = nodes_[into].has_words || nodes_[from].has_words;
  nodes_[into].distinct.merge(nodes_[from].distinct);
  if (const std::uint32_t group = nodes_[from].group; group != kOverflowGroup) {
    if (nodes_[into].group == kOverflowGroup) {
      nodes_[into].group = group;
    } else {
      groups_[nodes_[into].group].merge(groups_[group]);
      groups_[group] = {};
      free_groups_.push_back(group);
    }
  }
  for (const Id child : children(from)) {
    const auto siblings = children(into);
    const auto same = std::ranges::find_if(siblings, [&](Id sibling) {
      return nodes_[sibling].kind == nodes_[child].kind &&
             nodes_[sibling].word == nodes_[child].word;
    });
    if (same != siblings.end()) {
      merge(*same, child);
      continue;
    }
    link(into, child);
    if (nodes_[child].kind == Kind::kAny) nodes_[into].any = child;
    if (nodes_[child].kind == Kind::kRest) nodes_[into].rest = child;
  }
  nodes_[from] = {};
  free_nodes_.push_back(from);
}

// Of many words at one place those stay that are frequent.
void ShapeTree::close(Id id) {
  const std::uint64_t least = 2 * nodes_[id].uses / std::max<std::size_t>(most_words(id), 1);
  std::vector<Id> rare = words(id);
  if (most_words(id) > 0) {
    std::erase_if(rare, [&](Id word) { return nodes_[word].uses > least; });
  }
  nodes_[id].is_closed = true;
  fold(id, rare);
}

// Makes room: words are fewer from now on.
void ShapeTree::squeeze() {
  most_words_ /= 2;
  // The deepest levels are the widest, but folding an upper one merges those below it.
  for (Id id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].first_child != kNone && nodes_[id].words > most_words(id)) close(id);
  }
}

// Nodes have other parents, or are gone.
void ShapeTree::index_again() {
  is_indexed_ = true;
  by_key_.clear();
  for (Id id = static_cast<Id>(kRoots.size()); id < nodes_.size(); ++id) {
    const Node& node = nodes_[id];
    const bool is_free = node.uses == 0;
    if (!is_free && node.kind == Kind::kWord) by_key_.add(key_of(node.parent, node.word), id);
  }
}

std::size_t ShapeTree::most_words(Id id) const {
  return is_root(id) ? kRootFactor * most_words_ : most_words_;
}

std::uint64_t ShapeTree::key_of(Id parent, std::string_view word) const {
  return lookups::hash_bytes(word, lookups::mixed(hash_key_, parent + 1)) | 1;
}

std::uint64_t ShapeTree::hash_of(std::string_view value) const {
  return lookups::hash_bytes(value, hash_key_);
}

}  // namespace hitwatch::tap
