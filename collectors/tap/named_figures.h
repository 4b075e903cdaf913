// Figures by name, of a bounded number of names: operations, clients, servers.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "collectors/lookups/names.h"

namespace hitwatch::tap {

// `Each` is what is counted of a name. Once there are `most` names, new ones share one place.
// Finding a name that is known allocates nothing.
template <typename Each>
class NamedFigures {
 public:
  explicit NamedFigures(std::size_t most) : most_(most) {
    names_.add("overflow");
    each_.emplace_back();
  }

  // That of the name, or of all those beyond the bound, which is_overflow().
  Each& operator[](std::string_view name) {
    if (latest_ != nullptr && latest_name_ == name) return *latest_;
    const std::uint32_t number = number_of(name);
    latest_ = number == kOverflow ? nullptr : &each_[number];
    latest_name_ = names_[number];
    return each_[number];
  }
  bool is_overflow(const Each& each) const { return &each == &each_.front(); }

  // Calls visit(name, each) for all names, those beyond the bound as "overflow" first.
  template <typename Visit>
  void visit(Visit visit) const {
    for (std::uint32_t number = 0; number < each_.size(); ++number) {
      visit(std::string_view(names_[number]), each_[number]);
    }
  }

 private:
  static constexpr std::uint32_t kOverflow = 0;

  std::uint32_t number_of(std::string_view name) {
    if (const auto number = names_.find(name)) return *number;
    if (names_.size() > most_) return kOverflow;
    each_.emplace_back();
    return names_.add(name);
  }

  std::size_t most_;
  lookups::Names names_;
  std::deque<Each> each_;  // by number
  // As a rule the next is of the same name.
  Each* latest_ = nullptr;  // never that beyond the bound: it has several names
  std::string_view latest_name_;
};

}  // namespace hitwatch::tap
