// The streams of OTLP points: what was said last in each, so that a point is counted once.
//
// https://opentelemetry.io/docs/specs/otel/metrics/data-model/. A stream is known by a keyed hash
// of 64 bits over resource, scope, metric and attributes: two that share one do not occur.
#pragma once

#include <cstdint>
#include <vector>

#include "collectors/apps/otlp_buckets.h"
#include "collectors/apps/otlp_gaps.h"
#include "collectors/apps/otlp_mapping.h"
#include "collectors/lookups/number_table.h"

namespace hitwatch::apps {

// What to do with a point.
enum class OtlpStep : std::uint8_t {
  kWhole,       // count all of it
  kIncrease,    // count what it has grown by; all of it if it fell
  kBaseline,    // count nothing of it, but what follows from it on
  kOutOfOrder,  // as old as the last one, or older, and of no time that was left out
  kOverlap,     // speaks of a time that was counted already, or of an older start
};

struct OtlpStream {
  std::uint64_t identity = 0;
  std::uint64_t start = 0;       // these two of the last point, in Unix nanoseconds
  std::uint64_t time = 0;        // 0: there was none
  std::uint64_t heard = 0;       // when it came, by our clock
  std::uint32_t generation = 0;  // of the mapping that `lookup` is from
  bool is_cumulative = false;
  double value = 0;          // of a cumulative stream: number or sum
  bool has_buckets = false;  // and of its histogram
  OtlpBuckets buckets;
  OtlpGaps gaps;  // of a stream of deltas
  OtlpLookup lookup;

  // What to do with a point of these times, which are then the last ones unless it is refused, or
  // a delta that comes late.
  // Whoever counts since `complete_since` has missed nothing of a cumulative stream that began
  // then or later; of an older one, or one whose start is not known, the first point is a baseline:
  // else a restart of the daemon would count the application's whole past again.
  OtlpStep step(std::uint64_t point_start, std::uint64_t point_time, std::uint64_t complete_since);
};

// Bounded in number and memory. Pointers to streams stand until the next call of `add` or `forget`.
class OtlpStreams {
 public:
  static constexpr std::size_t kMost = 100'000;
  static constexpr std::size_t kMostBytes = 64U << 20;

  OtlpStream* find(std::uint64_t identity) {
    const std::uint32_t at = table_.find(identity);
    return at == lookups::NumberTable::kNone ? nullptr : &streams_[at];
  }
  bool is_full() const { return streams_.size() >= kMost || bytes_ >= kMostBytes; }
  // `identity` is not there yet, nor 0.
  OtlpStream& add(std::uint64_t identity);
  // What a stream holds has grown by so much; below 0 it has shrunk.
  void note_bytes(std::ptrdiff_t more) { bytes_ += static_cast<std::size_t>(more); }

  // Drops those that were last heard of before `time`. Gives the latest start of the cumulative
  // ones among them, 0 if there were none: should they come back, that is how far the past is
  // known.
  std::uint64_t forget(std::uint64_t time);
  void clear();

  std::size_t size() const { return streams_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  static std::size_t bytes_of(const OtlpStream& stream);

  std::vector<OtlpStream> streams_;
  lookups::NumberTable table_;
  std::size_t bytes_ = 0;
};

}  // namespace hitwatch::apps
