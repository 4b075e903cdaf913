// What a full scan would cost the server, before it begins.
#pragma once

#include <cstdint>
#include <string>

#include "collectors/keyspace/report.h"

namespace hitwatch::cli {

struct ScanCost {
  std::uint64_t commands = 0;
  double server_seconds = 0;  // of the server's own time, which is also how long it takes unpaced
  double seconds_at_budget = 0;  // until it is done
};

// An estimate from usual servers: it knows nothing but the number of keys.
ScanCost cost_of_full_scan(std::uint64_t keys, double budget);

// The same in sentences; the report has only the server and its keys.
std::string cost_text(const keyspace::Report& report, double budget);

}  // namespace hitwatch::cli
