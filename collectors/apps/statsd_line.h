// Takes StatsD lines apart: Etsy's grammar, DogStatsD up to protocol 1.5, and tags as Librato,
// InfluxDB, SignalFX and Graphite write them.
//
// https://github.com/statsd/statsd/blob/master/docs/metric_types.md
// https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
//
//   line  := name ( ":" value )+ "|" type ( "|" field )*        values share type and fields
//   more  := line ( ":" value "|" type [ "|@" rate ] )*         Etsy's several samples of one name
//   name  := text | text "#" tags | text "," tags | text ";" tags | text "[" tags "]" [ text ]
//   type  := "c" | "g" | "ms" | "h" | "d" | "s"
//   field := "@" rate | "#" tags | "T" unix | "c:" … | "e:" … | "card:" … | anything else, ignored
//
// Tags are `key:value` after `|#`, else `key=value`; a value may contain ":". Where tags stand in
// the name (other than in brackets), there is one value and it follows the last ":" before the
// first "|". Of tags of the same name the first counts; tags that are not ours are ignored.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

constexpr std::size_t kMaxLineBytes = 65'535;
constexpr std::size_t kMaxValues = 1024;  // in one line

enum class Rejection : std::uint8_t {
  kMalformed,  // no name, no value, no type
  kType,       // a type that StatsD does not have
  kWrongType,  // one that does not go with what the name means (cache.hit as a gauge)
  kValue,      // not a finite number, or out of bounds
  kNegative,   // a count or a time below zero
  kRate,       // a sample rate that is not in 1e-9 to 1
  kTooLong,    // the line, or the number of its values
};
constexpr std::size_t kRejections = 7;
// The value of the label `reason`: "malformed", "type", "wrong_type", …
std::string_view rejection_word(Rejection rejection);

enum class StatsdType : std::uint8_t { kCounter, kGauge, kTiming, kHistogram, kDistribution, kSet };

// One value of a line. The views point into the line.
struct StatsdSample {
  std::string_view name;   // without tags
  std::string_view value;  // as written; not yet a number
  StatsdType type;
  double rate = 1;
  lookups::Subject subject;  // from the tags
};

// Whether a line is one that has nothing to say here: empty, an event (`_e{`), a service check
// (`_sc|`).
bool is_skipped_line(std::string_view line);

}  // namespace hitwatch::apps
