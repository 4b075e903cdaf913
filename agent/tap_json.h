// What the tap has seen as JSON: what `hitwatch tap --json` prints and /api/v1/tap holds.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "collectors/tap/report.h"

namespace hitwatch {

struct TapJsonOptions {
  // Names of keys, and words of proposed patterns, in full instead of redacted.
  bool show_keys = false;
  std::size_t most_rows = 1000;  // of each list
};

// Sizes in bytes, latencies in seconds. Ratios and quantiles are null where there is nothing to
// make them of. Names that are not UTF-8 have their wrong bytes replaced.
nlohmann::json tap_json(const tap::Report& report, const TapJsonOptions& options);

}  // namespace hitwatch
