// A lookup: one read of the cache by an application, as some door of the daemon heard of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hitwatch::lookups {

// Who measured. The views of different sources are never mixed in one series.
enum class Source : std::uint8_t { kStatsd, kHttp, kOtlp, kStatsEndpoint, kTap, kProbe };
constexpr std::size_t kSources = 6;
// The value of the label `source`: "statsd", "http", …
std::string_view source_word(Source source);

enum class Outcome : std::uint8_t { kHit, kMiss, kError };

// What lookups are about, as it arrived: bytes of anybody, neither checked nor cut. Empty means not
// given. Where `key` is given, the key patterns decide on tenant and type, unless these are given
// too. `layer` defaults to "redis".
struct Subject {
  std::string_view tenant = {};
  std::string_view type = {};
  std::string_view key = {};
  std::string_view operation = {};
  std::string_view layer = {};
};

// All that is known of one use of the cache. What is 0 or absent counts nothing.
struct Observation {
  double hits = 0;
  double misses = 0;
  double errors = 0;
  std::optional<double> seconds = std::nullopt;  // 0 to kMaxSeconds, of one lookup
  double bytes_in = 0;                           // of values written to the cache
  double bytes_out = 0;                          // of values read from it
};

// The type of lookups whose key no key pattern matches.
constexpr std::string_view kUnclassifiedType = "unclassified";

// The most lookups that one report may stand for, and the longest time one may take.
constexpr double kMaxWeight = 1e15;
constexpr double kMaxSeconds = 1e6;

}  // namespace hitwatch::lookups
