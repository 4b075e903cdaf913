// What the names of StatsD lines mean: the configured mapping, then cache.hit, cache.miss,
// cache.error and cache.latency.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/apps/options.h"
#include "collectors/keys/matcher.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

// The first entry that matches decides, at a cost that does not depend on how many there are. Not
// thread-safe.
class StatsdNames {
 public:
  explicit StatsdNames(const std::vector<StatsdMeaning>& mapping);

  // What `name` means; nothing if nothing. Gives `subject` what the name says of it where the tags
  // said nothing, as views into `name`.
  std::optional<StatsdMeaning::Kind> find(std::string_view name, lookups::Subject& subject);

 private:
  struct Exact {
    std::size_t position;  // in the mapping, the defaults last
    StatsdMeaning::Kind kind;
  };
  struct Template {
    std::size_t position;
    StatsdMeaning::Kind kind;
    std::optional<std::size_t> operation;  // which element of the pattern captures it
    std::optional<std::size_t> layer;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  void fill(lookups::Subject& subject, const Template& found, const keys::Match& match,
            std::string_view name) const;

  std::unordered_map<std::string, Exact, Hash, std::equal_to<>> exact_;
  std::vector<Template> templates_;       // in the order of the matcher's rules
  std::optional<keys::Matcher> matcher_;  // none without templates
};

}  // namespace hitwatch::apps
