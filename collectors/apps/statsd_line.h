// Takes StatsD lines apart: Etsy's grammar, DogStatsD up to protocol 1.5, and tags as Librato,
// InfluxDB, SignalFX and Graphite write them.
//
// https://github.com/statsd/statsd/blob/master/docs/metric_types.md
// https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
//
//   line  := name group ( group )*            further groups are Etsy's several samples of one name
//   group := ( ":" value )+ "|" type ( "|" field )*
//   name  := text | text "#" tags | text "," tags | text ";" tags | text "[" tags "]" [ text ]
//   type  := "c" | "g" | "ms" | "h" | "d" | "s"
//   field := "@" rate | "#" tags | "T" unix | "c:" … | "e:" … | "card:" … | anything else, ignored
//
// A group ends where a ":" follows its type or a rate. Its values share its type and rate; the tags
// of a line are for all of its groups. A group has one rate; of several the first counts.
//
// Tags are `key:value` after `|#`, else `key=value`, and "," stands between them, ";" in Graphite's
// style; a value may contain ":". Where tags stand in the name (other than in brackets), the first
// group has one value and it follows the last ":" before the first "|". Of tags of the same name
// the first that is not empty counts, tags in the name before others; tags that are not ours are
// ignored. Where brackets stand within the name, the name is what is around them.
//
// Every line is checked in full, whatever its name, and is rejected for its first fault from the
// left; of a group, first its values are found, then its type is known, then its values are numbers
// (unless the type is "s"). Only the length of the line is looked at before everything else.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/lookups/lookup.h"

namespace hitwatch::apps {

constexpr std::size_t kMaxLineBytes = 65'535;
constexpr std::size_t kMaxValues = 1024;  // in one line
constexpr double kLeastRate = 1e-9;

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

// One value of a line.
struct StatsdSample {
  std::string_view value;  // as written
  double number = 0;       // finite; 0 for a set
  double rate = 1;         // kLeastRate to 1
  StatsdType type = StatsdType::kCounter;
};

struct StatsdLine {
  std::string_view name;                  // without tags
  lookups::Subject subject;               // from the tags
  std::span<const StatsdSample> samples;  // at least one
};

// Reads one line after the other, at a cost that depends on its length only, and without
// allocating once it has seen a few. Not thread-safe.
class StatsdLineReader {
 public:
  StatsdLineReader() { samples_.reserve(kMaxValues); }

  // `line` comes without its end. What is answered points into it and into the reader, and is good
  // until the next call.
  std::expected<StatsdLine, Rejection> read(std::string_view line);

 private:
  std::vector<StatsdSample> samples_;
  std::string joined_name_;  // of a line with brackets within its name
};

// Whether a line is one that has nothing to say here: empty, an event (`_e{`), a service check
// (`_sc|`).
bool is_skipped_line(std::string_view line);

}  // namespace hitwatch::apps
