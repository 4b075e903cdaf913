// Test scripts of PromQL: load samples, evaluate expressions, say what is expected.
//
// The format is that of Prometheus' own engine tests. A script is a list of commands, each on a
// line of its own and with its details on the lines below, until an empty one. A line that begins
// with # counts as empty.
//   clear                         forgets all samples
//   load 5m                       then a line per series (series_line.h): samples from the epoch
//   on,
//                                 5 minutes apart
//   eval instant at 50m QUERY     then what comes of it: lines `expect …`, and a number or series
//   eval range from 0 to 10m step 5m QUERY
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/scripts/series_line.h"

namespace hitwatch::scripts {

struct Clear {};

// `load_with_nhcb` is a load, too: the native histograms it makes have a name of their own.
struct Load {
  std::int64_t step = 0;  // ms
  bool makes_histograms = false;
  std::vector<SeriesLine> series;
};

// An error or annotation that must come.
struct ExpectedText {
  enum class Match : std::uint8_t { kAny, kExact, kPattern };  // the last: RE2, somewhere in it
  Match match = Match::kAny;
  std::string text;
  bool matches(std::string_view actual) const;
};

struct Steps {
  std::int64_t start = 0;  // ms
  std::int64_t end = 0;
  std::int64_t step = 0;
};

struct Eval {
  std::string query;
  bool range = false;  // else instant, at `steps.start`
  Steps steps;
  bool ordered = false;
  std::optional<ExpectedText> fail;
  std::vector<ExpectedText> warnings;  // none: any
  std::vector<ExpectedText> infos;
  bool no_warnings = false;
  bool no_infos = false;
  std::optional<double> scalar;
  std::optional<std::string> text;
  std::optional<Steps> matrix;  // of an instant query whose result is a range vector
  std::vector<SeriesLine> series;
};

struct Command {
  int line = 0;  // from 1
  std::variant<Clear, Load, Eval> what;
};

struct ScriptFault {
  int line = 0;
  std::string text;  // a sentence
};

// The queries are not looked at. All series together may have five million values.
std::expected<std::vector<Command>, ScriptFault> parse_script(std::string_view text);

}  // namespace hitwatch::scripts
