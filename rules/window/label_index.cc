#include "rules/window/label_index.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace hitwatch::window {
namespace {

using Id = LabelIndex::Id;
using Ids = LabelIndex::Ids;

// Leaves in `ids` what is in `other`, too. A much longer list is not walked but searched.
void intersect(Ids& ids, const Ids& other) {
  constexpr std::size_t kMuchLonger = 16;
  auto from = other.begin();
  const bool search = other.size() > kMuchLonger * ids.size();
  std::erase_if(ids, [&](Id id) {
    if (search) {
      from = std::lower_bound(from, other.end(), id);
    } else {
      while (from != other.end() && *from < id) ++from;
    }
    return from == other.end() || *from != id;
  });
}

// Says of series whether one matcher matches, and remembers what it has found out about a value.
class Filter {
 public:
  Filter(const Matcher& matcher, Symbol name)
      : matcher_(matcher), name_(name), matches_missing_(matcher.matches("")) {}

  bool operator()(const LabelSet& labels) {
    const Symbol value = name_ == nullptr ? nullptr : labels.get(name_);
    if (value == nullptr) return matches_missing_;
    const auto [known, fresh] = answers_.try_emplace(value, false);
    if (fresh) known->second = matcher_.matches(*value);
    return known->second;
  }

 private:
  const Matcher& matcher_;
  Symbol name_;
  bool matches_missing_;
  std::unordered_map<Symbol, bool> answers_;
};

}  // namespace

void LabelIndex::add(Id id, const LabelSet& labels) {
  count_ = id + 1;
  if (!has_lists_) return;
  for (const LabelPair& pair : labels.pairs()) names_[pair.name][pair.value].push_back(id);
}

void LabelIndex::renumber(std::span<const Id> new_ids) {
  const auto renumber_list = [&](Ids& ids) {
    std::size_t kept = 0;
    for (const Id id : ids) {
      if (new_ids[id] != kGone) ids[kept++] = new_ids[id];
    }
    const bool shrink = kept < ids.size();
    ids.resize(kept);
    if (shrink) ids.shrink_to_fit();
    return ids.empty();
  };
  for (auto name = names_.begin(); name != names_.end();) {
    Values& values = name->second;
    for (auto value = values.begin(); value != values.end();) {
      value = renumber_list(value->second) ? values.erase(value) : std::next(value);
    }
    name = values.empty() ? names_.erase(name) : std::next(name);
  }
  count_ =
      static_cast<std::size_t>(std::ranges::count_if(new_ids, [](Id id) { return id != kGone; }));
}

const LabelIndex::Values* LabelIndex::values_of(std::string_view name) const {
  const Symbol symbol = symbols_.find(name);
  if (symbol == nullptr) return nullptr;
  const auto found = names_.find(symbol);
  return found == names_.end() ? nullptr : &found->second;
}

LabelIndex::Lists LabelIndex::lists(const Matcher& matcher) const {
  Lists found;
  const Values* const values = values_of(matcher.name());
  if (values == nullptr) return found;
  const auto look_up = [&](std::string_view text) {
    const Symbol symbol = symbols_.find(text);
    if (symbol == nullptr) return;
    if (const auto value = values->find(symbol); value != values->end()) {
      found.push_back(&value->second);
    }
  };
  if (matcher.kind() == Matcher::Kind::kEqual) {
    look_up(matcher.value());
  } else if (matcher.kind() == Matcher::Kind::kMatches && !matcher.literals().empty()) {
    for (const std::string& literal : matcher.literals()) look_up(literal);
  } else {
    for (const auto& [value, ids] : *values) {
      if (matcher.matches(*value)) found.push_back(&ids);
    }
  }
  return found;
}

Ids LabelIndex::match(const Matchers& matchers,
                      const std::function<const LabelSet&(Id)>& labels_of) const {
  // A matcher that a missing label passes picks no lists, but filters what others have picked.
  struct Pick {
    const Matcher* matcher;
    Lists lists;
    std::size_t size = 0;
  };
  std::vector<Pick> picks;
  std::vector<const Matcher*> filters;
  for (const Matcher& matcher : matchers) {
    if (!has_lists_ || matcher.matches("")) {
      filters.push_back(&matcher);
      continue;
    }
    Pick& pick = picks.emplace_back(&matcher, lists(matcher));
    for (const Ids* list : pick.lists) pick.size += list->size();
    if (pick.size == 0) return {};
  }
  std::ranges::sort(picks, {}, &Pick::size);

  Ids ids;
  if (picks.empty()) {
    ids.resize(count_);
    std::iota(ids.begin(), ids.end(), 0);
  } else {
    ids.reserve(picks.front().size);
    for (const Ids* list : picks.front().lists) ids.insert(ids.end(), list->begin(), list->end());
    if (picks.front().lists.size() > 1) std::ranges::sort(ids);
  }
  for (std::size_t i = 1; i < picks.size(); ++i) {
    if (picks[i].lists.size() == 1) {
      intersect(ids, *picks[i].lists.front());
    } else {
      filters.push_back(picks[i].matcher);
    }
  }
  for (const Matcher* matcher : filters) {
    Filter passes(*matcher, symbols_.find(matcher->name()));
    std::erase_if(ids, [&](Id id) { return !passes(labels_of(id)); });
  }
  return ids;
}

std::vector<Symbol> LabelIndex::names() const {
  std::vector<Symbol> found;
  for (const auto& [name, values] : names_) found.push_back(name);
  return found;
}

std::vector<Symbol> LabelIndex::values(std::string_view name) const {
  std::vector<Symbol> found;
  if (const Values* const values = values_of(name)) {
    for (const auto& [value, ids] : *values) found.push_back(value);
  }
  return found;
}

std::unordered_set<Symbol> LabelIndex::symbols() const {
  std::unordered_set<Symbol> found;
  for (const auto& [name, values] : names_) {
    found.insert(name);
    for (const auto& [value, ids] : values) found.insert(value);
  }
  return found;
}

std::size_t LabelIndex::bytes() const {
  constexpr std::size_t kNode = 64;  // of a hash table, with the allocator's part
  std::size_t sum = 0;
  for (const auto& [name, values] : names_) {
    sum += kNode + values.bucket_count() * sizeof(void*);
    for (const auto& [value, ids] : values) sum += kNode + ids.capacity() * sizeof(Id);
  }
  return sum;
}

}  // namespace hitwatch::window
