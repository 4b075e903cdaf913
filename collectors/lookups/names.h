// Names that series are labelled with, as small numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::lookups {

// Numbers from 0 in order of arrival; those of removed names are given out again. A table of open
// addressing: finding a name takes one hash and, as a rule, one comparison. Not thread-safe.
class Names {
 public:
  Names();

  std::optional<std::uint32_t> find(std::string_view name) const;
  // `name` must not be there yet.
  std::uint32_t add(std::string_view name);
  // Their numbers may be given out again. Takes time in the order of all names.
  void remove(const std::vector<std::uint32_t>& numbers);

  const std::string& operator[](std::uint32_t number) const { return names_[number].text; }
  // Whether the name reads differently in a label, that is, must be escaped.
  bool is_special(std::uint32_t number) const { return names_[number].is_special; }
  std::size_t size() const { return names_.size() - free_.size(); }
  // All numbers are below this.
  std::uint32_t end() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  struct Name {
    std::string text;
    bool is_special = false;
    bool is_free = false;
  };
  struct Cell {
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };
  static constexpr std::uint32_t kNone = ~0U;

  std::uint64_t hash_of(std::string_view name) const;
  void place(std::uint64_t hash, std::uint32_t number);
  void rebuild(std::size_t cells);

  std::uint64_t key_;
  std::vector<Cell> cells_;  // a power of two, at most half full
  std::deque<Name> names_;
  std::vector<std::uint32_t> free_;
};

}  // namespace hitwatch::lookups
