// The window: the short history in memory that rules read.
//
// It keeps what is wanted (`want`): the series that a selector of a loaded rule matches, each as
// long as the rule that looks back furthest needs it. Samples are compressed (chunk.h). One thread
// writes and reads; for others there is `extract`, which that thread calls, or somebody who holds
// it off.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/window/matcher.h"
#include "rules/window/series.h"

namespace hitwatch::window {

using Matchers = std::vector<Matcher>;

// What somebody reads: series that match all of `matchers`, `history` milliseconds back.
struct Wanted {
  Matchers matchers;
  std::int64_t history;
};

struct Limits {
  std::size_t series = 2'000'000;
  std::size_t label_bytes = 512U << 20;
};

class Window {
 public:
  explicit Window(Limits limits = {});
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Replaces what is kept. Series that nobody wants any more are dropped.
  void want(std::vector<Wanted> wanted);

  // The series with these labels (any order, no name twice, empty values left out); made if it is
  // wanted and there is room, else nullptr. Valid until `trim` drops it: whoever keeps the pointer
  // asks for it again after `trim` has said that series were dropped.
  Series* find_or_make(metrics::LabelViews labels);
  Series* find_or_make(std::span<const LabelPair> labels);  // symbols of this window's table
  // False if `time` is not after the newest sample of the series.
  bool append(Series& series, std::int64_t time, double value);

  // Forgets what nobody can want any more at `now`. True if series were dropped.
  bool trim(std::int64_t now);

  // The series that match, in the order of their making. Valid until the window changes. Fast for
  // the selectors that are wanted: their series are kept in a list.
  const std::vector<const Series*>& select(const Matchers& matchers) const;

  const Symbols& symbols() const;
  Symbols& symbols();

  // A window of its own with the same samples of the series that match any of `selectors`, of the
  // time after < t <= until: full chunks are shared, not copied.
  std::unique_ptr<const Window> extract(std::span<const Matchers> selectors, std::int64_t after,
                                        std::int64_t until) const;

  struct Figures {
    std::size_t series = 0;
    std::size_t samples = 0;
    std::size_t sample_bytes = 0;      // of chunks, with what they reserve
    std::size_t bytes = 0;             // all of the window, estimated
    std::uint64_t refused_series = 0;  // wanted, but there was no room
  };
  Figures figures() const;
};

}  // namespace hitwatch::window
