// A report on the keys of a server as JSON: what `hitwatch keys --json` prints and
// /api/v1/keyspace holds.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "collectors/keyspace/report.h"

namespace hitwatch {

struct KeyspaceJsonOptions {
  bool show_keys = false;  // names of keys, and what they begin with, in full instead of redacted
  std::size_t most_groups = 10'000;
};

// Sizes in bytes, times in seconds; an estimate is {"value", "low", "high"}, or null where nothing
// is known. Names that are not UTF-8 have their wrong bytes replaced.
nlohmann::json keyspace_json(const keyspace::Report& report, const KeyspaceJsonOptions& options);

}  // namespace hitwatch
