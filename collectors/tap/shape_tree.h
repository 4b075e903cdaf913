// The shapes of keys as a tree: a level for each segment, whose nodes are words and, for everything
// else, one node "any". Keys of one shape lead to one node.
//
// Bounded: a node at which too many words meet is closed, which makes those that are few of all the
// same "any" that values are; when the tree is full, all nodes are closed to fewer words. Finding
// the shape of a key allocates nothing once it is known.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/lookups/number_table.h"
#include "collectors/tap/group_figures.h"

namespace hitwatch::tap {

// How many different values there were, about: a bitmap that their hashes fill (linear counting;
// Whang, Vander-Zanden, Taylor 1990). Good to some two thousand.
class Distinct {
 public:
  void add(std::uint64_t hash);
  void merge(const Distinct& other);
  double estimate() const;
  // The share of the smaller one's bits that the other has, too.
  double overlap(const Distinct& other) const;

 private:
  static constexpr std::size_t kWords = 16;
  static constexpr std::size_t kBits = kWords * 64;

  std::size_t bits() const;

  std::array<std::uint64_t, kWords> words_{};
};

// Copies are independent: one may be changed to make patterns of it.
class ShapeTree {
 public:
  static constexpr std::size_t kMaxNodes = 8192;
  static constexpr std::size_t kMaxGroups = 2048;  // shapes with figures
  static constexpr std::size_t kMaxDepth = 12;     // segments; what follows is not looked at

  using Id = std::uint32_t;
  static constexpr Id kNone = 0;  // the first root, which is nobody's child

  struct Node {
    enum class Kind : std::uint8_t { kWord, kAny, kRest };

    Kind kind = Kind::kWord;
    bool is_closed = false;  // takes no more words
    bool has_words = false;  // kAny: words are among its values
    std::string word;        // kWord
    Id parent = kNone;
    Id first_child = kNone;
    Id next_sibling = kNone;
    Id any = kNone;           // the child that is any
    Id rest = kNone;          // the child that is all further segments
    std::uint32_t words = 0;  // children that are words
    std::uint32_t group = 0;  // of the keys that end here; 0: none
    std::uint64_t uses = 0;
    Distinct distinct = {};  // kAny: its values
  };

  ShapeTree();

  // The figures of keys of this shape.
  GroupFigures& of(std::string_view key);

  // The trees of keys with ':', '/', '.' and without any of them, in this order.
  struct Root {
    Id id;
    char separator;
  };
  static std::span<const Root> roots();

  const Node& node(Id id) const { return nodes_[id]; }
  std::vector<Id> children(Id id) const;
  // Children that are words, but for the empty one.
  std::vector<Id> words(Id id) const;
  const GroupFigures& group(std::uint32_t group) const { return groups_[group]; }
  // The figures of keys whose shapes the tree has no room for.
  const GroupFigures& overflow() const { return groups_.front(); }

  // Makes these words, children of `parent`, values of its "any".
  void fold(Id parent, std::span<const Id> words);

 private:
  GroupFigures* find(std::string_view key);
  Id step(Id from, std::string_view segment);
  Id word_child(Id parent, std::string_view word);
  Id any_child(Id parent);
  Id add_child(Id parent, Node::Kind kind, std::string_view word);
  void unlink(Id child);
  void link(Id parent, Id child);
  void merge(Id into, Id from);
  void close(Id id);
  void squeeze();
  void index_again();
  bool is_root(Id id) const { return id < roots().size(); }
  std::size_t most_words(Id id) const;
  std::uint64_t key_of(Id parent, std::string_view word) const;
  std::uint64_t hash_of(std::string_view value) const;

  std::uint64_t hash_key_;
  std::vector<Node> nodes_;
  std::vector<Id> free_nodes_;
  lookups::NumberTable by_key_;  // words by parent and text
  bool is_indexed_ = true;       // by_key_ is as the nodes are
  std::vector<GroupFigures> groups_;
  std::vector<std::uint32_t> free_groups_;
  std::size_t most_words_;
};

}  // namespace hitwatch::tap
