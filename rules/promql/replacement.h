// The replacement text of label_replace(): `$1`, `${name}`, `$$`, as Go's regexp package expands
// them.
#pragma once

#include <re2/re2.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::promql {

class Replacement {
 public:
  // `pattern` is anchored, and outlives this.
  Replacement(std::string_view text, const re2::RE2& pattern);

  // None if the pattern does not match. The end of a text that gets much too long is missing.
  std::optional<std::string> apply(std::string_view value) const;

 private:
  // Literal text, then what a group holds (-1: nothing).
  struct Part {
    std::string text;
    int group = -1;
  };

  int group_of(std::string_view name) const;

  const re2::RE2& pattern_;
  std::vector<Part> parts_;
};

}  // namespace hitwatch::promql
