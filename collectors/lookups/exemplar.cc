#include "collectors/lookups/exemplar.h"

#include <algorithm>

#include "agent/metrics/exposition.h"
#include "collectors/lookups/latency_buckets.h"

namespace hitwatch::lookups {

void append_exemplar(std::string& out, const Exemplar& exemplar) {
  constexpr double kMillisecondsPerSecond = 1000;
  out += " # {trace_id=\"";
  out += trace::to_hex(exemplar.trace);
  if (exemplar.span.valid()) {
    out += "\",span_id=\"";
    out += trace::to_hex(exemplar.span);
  }
  out += "\"} ";
  metrics::append_value(out, exemplar.seconds);
  out += ' ';
  metrics::append_value(
      out, static_cast<double>(exemplar.time.time_since_epoch().count()) / kMillisecondsPerSecond);
}

void LatestExemplars::take(Exemplar exemplar,
                           std::chrono::sys_time<std::chrono::milliseconds> now) {
  exemplar.time = std::min(exemplar.time, now);
  const auto buckets = classic_buckets();
  const auto bucket = std::ranges::upper_bound(buckets, fine_bucket(exemplar.seconds), {},
                                               &ExportedBucket::fine_end);
  Exemplar& latest = latest_[static_cast<std::size_t>(bucket - buckets.begin())];
  // What is of the future was taken before the clock was set back.
  const bool is_newer = exemplar.time >= latest.time || latest.time > now;
  if (!latest.trace.valid() || is_newer) latest = exemplar;
}

}  // namespace hitwatch::lookups
