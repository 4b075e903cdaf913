#include "rules/window/wanted_set.h"

#include <algorithm>
#include <utility>

namespace hitwatch::window {
namespace {

constexpr std::string_view kName = "__name__";

bool asks_for_name(const Matcher& matcher) {
  return matcher.kind() == Matcher::Kind::kEqual && matcher.name() == kName &&
         !matcher.value().empty();
}

}  // namespace

std::size_t MatchersHash::operator()(const Matchers& matchers) const {
  std::size_t hash = matchers.size();
  const auto mix = [&](std::size_t part) { hash = (hash ^ part) * 0x9e3779b97f4a7c15ULL; };
  for (const Matcher& matcher : matchers) {
    mix(static_cast<std::size_t>(matcher.kind()));
    mix(std::hash<std::string>{}(matcher.name()));
    mix(std::hash<std::string>{}(matcher.value()));
  }
  return hash;
}

WantedSet::WantedSet(std::vector<Wanted> wanted) {
  for (Wanted& one : wanted) {
    const auto place = static_cast<std::uint32_t>(entries_.size());
    const auto [known, fresh] = places_.try_emplace(one.matchers, place);
    if (!fresh) {
      std::int64_t& history = entries_[known->second].wanted.history;
      history = std::max(history, one.history);
      continue;
    }
    const auto named = std::ranges::find_if(one.matchers, asks_for_name);
    if (named != one.matchers.end()) {
      by_name_[named->value()].push_back(place);
    } else {
      of_any_name_.push_back(place);
    }
    entries_.push_back({std::move(one), {}});
  }
}

const WantedSet::Entry* WantedSet::find(const Matchers& matchers) const {
  const auto found = places_.find(matchers);
  return found == places_.end() ? nullptr : &entries_[found->second];
}

const std::vector<std::uint32_t>& WantedSet::match(const ValueOf& value_of) {
  matching_.clear();
  const auto add = [&](const std::vector<std::uint32_t>& places) {
    for (const std::uint32_t place : places) {
      if (std::ranges::all_of(entries_[place].wanted.matchers, [&](const Matcher& matcher) {
            return matcher.matches(value_of(matcher.name()));
          })) {
        matching_.push_back(place);
      }
    }
  };
  if (const auto named = by_name_.find(std::string(value_of(kName))); named != by_name_.end()) {
    add(named->second);
  }
  add(of_any_name_);
  std::ranges::sort(matching_);
  return matching_;
}

}  // namespace hitwatch::window
