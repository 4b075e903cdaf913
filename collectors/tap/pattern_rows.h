// Figures by configured pattern.
#pragma once

#include <string_view>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/tap/group_figures.h"

namespace hitwatch::tap {

class PatternRows {
 public:
  explicit PatternRows(std::vector<keys::Rule> rules);

  struct Found {
    keys::Match match;
    GroupFigures& group;
  };
  // What a key is, and the figures of its pattern, or of all keys that no pattern matches.
  Found find(std::string_view key);
  // Other rules; figures of those that stay, stay.
  void configure(std::vector<keys::Rule> rules);
  bool has_rules() const { return !matcher_.rules().empty(); }
  // Rows of all patterns that had a command, in no order.
  std::vector<Row> rows() const;

 private:
  keys::Matcher matcher_;
  std::vector<GroupFigures> groups_;  // by rule, and of no rule
};

}  // namespace hitwatch::tap
