// The keys of a database by group, as the patterns of `keys.check.groups` name them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collectors/keyspace/lua_pattern.h"

namespace hitwatch::keyspace {

struct KeyGroup {
  std::string name;
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;
  std::uint64_t unmeasured = 0;  // keys of which the memory is not known
};

// Finds the groups of keys: the first pattern that matches names it by its captures.
class GroupNames {
 public:
  static constexpr std::size_t kLongestKey = 4096;  // longer ones match nothing
  static constexpr std::size_t kWorkPerKey = 200'000;
  static constexpr std::size_t kMostCostlyKeys = 100;

  explicit GroupNames(std::vector<LuaPattern> patterns) : patterns_(std::move(patterns)) {}

  bool empty() const { return patterns_.empty(); }
  // "unclassified" if none matches, or if matching took too much work.
  std::string name_of(std::string_view key);
  // Keys that took too much work.
  std::size_t costly_keys() const { return costly_keys_; }
  // Whether there were so many of them that grouping should end.
  bool too_costly() const { return costly_keys_ >= kMostCostlyKeys; }

 private:
  std::vector<LuaPattern> patterns_;
  std::size_t costly_keys_ = 0;
};

// Counts keys by group. Groups beyond a bound are counted as one, "overflow".
class GroupTally {
 public:
  static constexpr std::size_t kMostHeld = 100'000;

  void add(const std::string& group, std::optional<std::uint64_t> bytes);

  // The number of groups; of kMostHeld + 1 and more, that.
  std::size_t distinct() const { return groups_.size(); }
  bool overflowed() const { return overflowed_; }
  // At most `most` groups, those with the most memory (of equals those with more keys, then by
  // name), and "overflow" for the others if there are any. The largest first.
  std::vector<KeyGroup> largest(std::size_t most) const;

 private:
  std::unordered_map<std::string, KeyGroup> groups_;
  bool overflowed_ = false;
};

}  // namespace hitwatch::keyspace
