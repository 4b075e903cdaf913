// What is wanted of the window, with the list of series of each selector.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/window/label_index.h"
#include "rules/window/series.h"

namespace hitwatch::window {

constexpr std::int64_t kWithoutEnd = INT64_MAX;

// What somebody reads: series that match all of `matchers` (all there are, if it is empty),
// `history` milliseconds back, or kWithoutEnd.
struct Wanted {
  Matchers matchers;
  std::int64_t history;
};

struct MatchersHash {
  std::size_t operator()(const Matchers& matchers) const;
};

class WantedSet {
 public:
  // A selector that is there twice is wanted as far back as the longer of both.
  explicit WantedSet(std::vector<Wanted> wanted = {});

  struct Entry {
    Wanted wanted;
    std::vector<const Series*> series;  // in the order of their making
  };
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }
  // nullptr if it is not wanted as it is written.
  const Entry* find(const Matchers& matchers) const;

  // The places in entries() of those that match, in order. `value_of(name)` is "" for no label.
  using ValueOf = std::function<std::string_view(std::string_view name)>;
  const std::vector<std::uint32_t>& match(const ValueOf& value_of);

 private:
  std::vector<Entry> entries_;
  std::unordered_map<Matchers, std::uint32_t, MatchersHash> places_;
  // Those that ask for a certain metric name, and those that do not.
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_name_;
  std::vector<std::uint32_t> of_any_name_;
  std::vector<std::uint32_t> matching_;  // the last answer
};

}  // namespace hitwatch::window
