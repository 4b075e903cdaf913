// Which alerts are meant, as routes and inhibition rules say it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/notify/matcher.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// The keys of one side: mappings of labels to values and to regular expressions (deprecated), and a
// list of matchers.
struct MatcherKeys {
  std::string_view equal;
  std::string_view regex;
  std::string_view list;
};
constexpr MatcherKeys kRouteMatchers = {"match", "match_re", "matchers"};
constexpr MatcherKeys kSourceMatchers = {"source_match", "source_match_re", "source_matchers"};
constexpr MatcherKeys kTargetMatchers = {"target_match", "target_match_re", "target_matchers"};

// Adds those of all three keys.
void read_matchers(yaml::Mapping& mapping, const MatcherKeys& keys, notify::Matchers& out);

// A list of names of labels; duplicates are faults.
std::vector<std::string> read_label_names(yaml::Mapping& mapping, std::string_view key);

}  // namespace hitwatch::config
