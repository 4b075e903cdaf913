// The moments at which an expression is evaluated.
#pragma once

#include <cstdint>
#include <limits>

namespace hitwatch::promql {

// Differences of times that stop at the ends of 64 bits.
inline std::int64_t earlier(std::int64_t time, std::int64_t by) {
  std::int64_t result = 0;
  if (!__builtin_sub_overflow(time, by, &result)) return result;
  return by > 0 ? std::numeric_limits<std::int64_t>::min()
                : std::numeric_limits<std::int64_t>::max();
}

// start, start + step, … up to end: those of a query, or of what stands in a subquery.
struct Timeline {
  std::int64_t start;
  std::int64_t end;
  std::int64_t step;  // 0 if there is one moment only

  bool single() const { return step <= 0 || start > earlier(end, step); }
};

// One of them.
struct Moment {
  std::int64_t time;
  const Timeline* timeline;
};

}  // namespace hitwatch::promql
