// The configured targets, and who is meant by a name. Immutable.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/targets.h"

namespace hitwatch {

class TargetIndex {
 public:
  // Names are unique.
  explicit TargetIndex(WatchedTargets targets);

  // In the order of the configuration.
  const WatchedTargets& all() const { return targets_; }
  // The target of exactly this name; nullptr if there is none.
  std::shared_ptr<WatchedTarget> named(std::string_view name) const;
  // All targets of this address, or whose server was found there, in the order of the
  // configuration.
  WatchedTargets at(std::string_view address) const;
  // The first target that is called so: by its name, or by any spelling of its address or URL. A
  // URL of another scheme is another target's. nullptr if there is none, and for a name that brings
  // credentials: they are not to be used, nor to be ignored.
  std::shared_ptr<WatchedTarget> find(std::string_view name) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <typename Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  const WatchedTargets targets_;
  ByText<std::size_t> by_name_;                  // places in targets_
  ByText<std::vector<std::size_t>> by_address_;  // ascending
};

}  // namespace hitwatch
