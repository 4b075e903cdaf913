// The trace of a lookup whose latency was counted: what leads from a histogram to a trace.
//
// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md#exemplars
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

#include "agent/trace/context.h"

namespace hitwatch::lookups {

// Of the exported buckets of cache_latency_seconds.
constexpr std::size_t kClassicBuckets = 19;

struct Exemplar {
  trace::TraceId trace = {};
  trace::SpanId span = {};  // not valid: not known
  double seconds = 0;       // what the lookup took
  std::chrono::sys_time<std::chrono::milliseconds> time = {};

  bool operator==(const Exemplar&) const = default;
};

// Appends what follows a sample in OpenMetrics: ` # {trace_id="…",span_id="…"} 0.0123
// 1700000000.5`.
void append_exemplar(std::string& out, const Exemplar& exemplar);

// The latest of each of the classic buckets, however fine those are that are exported.
class LatestExemplars {
 public:
  // One that is older than what its bucket has changes nothing, for Prometheus takes none that goes
  // back in time; one of the future, by `now`, counts as of now.
  void take(Exemplar exemplar, std::chrono::sys_time<std::chrono::milliseconds> now);

  // By bucket; those without have no valid trace.
  const std::array<Exemplar, kClassicBuckets>& all() const { return latest_; }

 private:
  std::array<Exemplar, kClassicBuckets> latest_{};
};

}  // namespace hitwatch::lookups
