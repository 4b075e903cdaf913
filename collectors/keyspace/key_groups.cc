#include "collectors/keyspace/key_groups.h"

#include <algorithm>
#include <tuple>

namespace hitwatch::keyspace {
namespace {

const std::string kUnclassified = "unclassified";
const std::string kOverflow = "overflow";

}  // namespace

std::string GroupNames::name_of(std::string_view key) {
  if (key.size() > kLongestKey) return kUnclassified;
  std::size_t work_left = kWorkPerKey;
  std::string name;
  for (const LuaPattern& pattern : patterns_) {
    switch (pattern.find(key, work_left, name)) {
      case LuaPattern::Outcome::kMatch:
        return name;
      case LuaPattern::Outcome::kTooCostly:
        ++costly_keys_;
        return kUnclassified;
      case LuaPattern::Outcome::kNoMatch:
        break;
    }
  }
  return kUnclassified;
}

void GroupTally::add(const std::string& group, std::optional<std::uint64_t> bytes) {
  const bool held = groups_.size() < kMostHeld || groups_.contains(group);
  if (!held) overflowed_ = true;
  KeyGroup& counted = groups_[held ? group : kOverflow];
  ++counted.keys;
  counted.bytes += bytes.value_or(0);
  if (!bytes) ++counted.unmeasured;
}

std::vector<KeyGroup> GroupTally::largest(std::size_t most) const {
  std::vector<KeyGroup> sorted;
  KeyGroup overflow{.name = kOverflow};
  bool any_overflow = false;
  const auto join_overflow = [&](const KeyGroup& group) {
    overflow.keys += group.keys;
    overflow.bytes += group.bytes;
    overflow.unmeasured += group.unmeasured;
    any_overflow = true;
  };
  for (const auto& [name, group] : groups_) {
    if (name == kOverflow) {
      join_overflow(group);
    } else {
      sorted.push_back({name, group.keys, group.bytes, group.unmeasured});
    }
  }
  std::ranges::sort(sorted, [](const KeyGroup& a, const KeyGroup& b) {
    return std::tie(b.bytes, b.keys, a.name) < std::tie(a.bytes, a.keys, b.name);
  });
  for (std::size_t i = most; i < sorted.size(); ++i) join_overflow(sorted[i]);
  if (sorted.size() > most) sorted.resize(most);
  if (any_overflow) sorted.push_back(overflow);
  return sorted;
}

}  // namespace hitwatch::keyspace
