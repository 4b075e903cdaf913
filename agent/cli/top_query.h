// What `hitwatch top` asks the daemon for: order, window, filters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/cli/top_answer.h"

namespace hitwatch::cli {

// In the order of the columns. `kHits` has none.
enum class SortKey : std::uint8_t {
  kTenant,
  kType,
  kLookups,
  kMissRatio,
  kMisses,
  kHits,
  kErrors,
  kP50,
  kP95,
  kP99
};

// "miss_ratio", as the daemon and the command line call it.
std::string_view sort_word(SortKey key);
std::optional<SortKey> parse_sort_key(std::string_view word);
std::vector<std::string> sort_words();
// The neighbour in the order of the columns; after the last comes the first.
SortKey next_sort_key(SortKey key);
SortKey previous_sort_key(SortKey key);

struct TopQuery {
  SortKey sort = SortKey::kMisses;
  bool reverse = false;
  Window window = Window::k5m;
  std::string tenant = "";  // globs; "" for all
  std::string type = "";
  std::string layer = "";  // whole words; "" for all
  std::string source = "";
  unsigned limit = 100;
  unsigned min_lookups = 0;  // in the window that sorts

  bool operator==(const TopQuery&) const = default;
};

// Numbers come largest first and names in alphabetical order, unless reversed.
bool ascending(const TopQuery& query);

// Path and query of the request.
std::string request_target(const TopQuery& query);

}  // namespace hitwatch::cli
