// The last 15 minutes of every series of lookups, in bounded memory.
//
// Time is cut into slots of ten seconds, of which six become one of a minute when they are older
// than that. A closed slot is one immutable string of bytes: for each series that had a lookup its
// counts and the buckets it touched, as short numbers. When all slots together exceed the bound,
// the two oldest neighbours become one, and the far end of the window gets coarse.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/lookups/latency_buckets.h"
#include "collectors/lookups/lookup.h"

namespace hitwatch::lookups {

constexpr auto kWindows = std::to_array<std::chrono::seconds>(
    {std::chrono::minutes(1), std::chrono::minutes(5), std::chrono::minutes(15)});

// What happened in a window.
struct WindowTotals {
  double hits = 0;
  double misses = 0;
  double errors = 0;
  double timed = 0;  // lookups whose latency is known
  // Seconds, from the fine buckets, linear within one; NaN if nothing was timed.
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

struct RecentRow {
  std::string tenant;
  std::string type;
  std::string layer;
  Source source;
  std::array<WindowTotals, kWindows.size()> windows;  // in the order of kWindows
};

struct RecentRows {
  std::vector<RecentRow> rows;
  // How long each window really is: shorter than asked soon after the start, up to a slot longer
  // else.
  std::array<std::chrono::duration<double>, kWindows.size()> covered;
};

}  // namespace hitwatch::lookups
