// `hitwatch top`: hits, misses and latencies per tenant and type, live.
#pragma once

#include <chrono>

#include "agent/cli/top_query.h"
#include "agent/cli/top_source.h"

namespace hitwatch::cli {

struct TopOptions {
  DaemonUrl url;
  std::chrono::milliseconds interval{2000};
  TopQuery query;
  bool once = false;  // print one table, as when standard output or input is no terminal
};

// Runs until the user has seen enough. The exit code: 0, or 1 with a message on standard error when
// a single table was asked for and there is none.
int top(const TopOptions& options);

}  // namespace hitwatch::cli
