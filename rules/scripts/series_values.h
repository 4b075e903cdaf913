// The notation of a series' samples in test scripts and in unit tests of rules: `1+1x5 _ stale`.
//
// Samples stand at equal distances; whoever reads them knows which. Items are separated by white
// space:
//   3.5        a value: decimal, with exponent and digit separators (1_000), inf and nan in any
//   case 3.5x4      it and four more of it 1+2x4      five values, each 2 more than the one before
//   (1-2x4: less) _  _x4     no sample; four times no sample stale      the staleness marker, also
//   with x
//   {{…}}      a native histogram, also with x, + and -; recognised, not read
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::scripts {

struct SequenceValue {
  enum class Kind : std::uint8_t { kMissing, kNumber, kHistogram };
  Kind kind = Kind::kMissing;
  double value = 0;  // of a number; may be the staleness marker
};

// At most a million values. The error is a sentence that names the item.
std::expected<std::vector<SequenceValue>, std::string> parse_series_values(std::string_view text);

}  // namespace hitwatch::scripts
