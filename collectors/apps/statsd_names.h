// What the names of StatsD lines mean: the configured mapping, then cache.hit, cache.miss,
// cache.error and cache.latency.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/apps/options.h"
#include "collectors/keys/matcher.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

// The first entry that matches decides, at a cost that hardly depends on how many there are. Not
// thread-safe.
class StatsdNames {
 public:
  explicit StatsdNames(const std::vector<StatsdMeaning>& mapping);

  // What `name` means; nothing if nothing. Gives `subject` what the name says of it where the tags
  // said nothing, as views into `name`.
  std::optional<StatsdMeaning::Kind> find(std::string_view name, lookups::Subject& subject);

 private:
  struct Exact {
    std::string name;
    std::size_t position;  // in the mapping, the defaults last
    StatsdMeaning::Kind kind;
  };
  struct Template {
    std::size_t position;
    StatsdMeaning::Kind kind;
    std::optional<std::size_t> operation;  // which element of the pattern captures it
    std::optional<std::size_t> layer;
  };

  const Exact* find_exact(std::string_view name) const;
  void fill(lookups::Subject& subject, const Template& found, const keys::Match& match,
            std::string_view name) const;

  // By length, then by bytes: with a few names this is quicker to search than a hash is to make.
  std::vector<Exact> exact_;
  std::vector<Template> templates_;       // in the order of the matcher's rules
  std::optional<keys::Matcher> matcher_;  // none without templates
};

}  // namespace hitwatch::apps
