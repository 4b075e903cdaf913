// The window: the short history in memory that rules read.
//
// It keeps what is wanted (`want`): the series that a selector of a loaded rule matches, each as
// long as the rule that looks back furthest needs it. Samples are compressed (chunk.h). One thread
// writes and reads; for others there is `extract`, which that thread calls, or somebody who holds
// it off.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/metrics/labels.h"
#include "rules/window/label_index.h"
#include "rules/window/matcher.h"
#include "rules/window/series.h"
#include "rules/window/series_table.h"
#include "rules/window/wanted_set.h"

namespace hitwatch::window {

struct Limits {
  std::size_t series = 2'000'000;
  std::size_t label_bytes = 512U << 20;  // of the texts of names and values, each once
};

// Why there is no series.
enum class Refusal : std::uint8_t { kNone, kUnwanted, kNoRoom };

class Window {
 public:
  explicit Window(Limits limits = {});
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Replaces what is kept: `{{}, history}` wants everything. Series that are still wanted keep
  // their samples; the others are dropped.
  void want(std::vector<Wanted> wanted);
  // Changes with every `want`. What was kUnwanted stays so until then: who remembers that asks
  // again when this is another number.
  std::uint64_t wanted_generation() const { return wanted_generation_; }

  // The series with these labels (any order, no name twice, empty values left out); made if it is
  // wanted and there is room, else nullptr and `why`. Valid as long as series_generation() stays.
  Series* find_or_make(metrics::LabelViews labels, Refusal* why = nullptr);
  // Symbols of this window's table.
  Series* find_or_make(std::span<const LabelPair> labels, Refusal* why = nullptr);
  // Changes when series are dropped, by `trim` or `want`: who keeps pointers finds them again then.
  std::uint64_t series_generation() const { return series_generation_; }

  // False if `time` is not after the newest sample of the series.
  bool append(Series& series, std::int64_t time, double value);

  // Forgets what nobody can want any more at `now`, to be called about once per interval of the
  // rules. Each call looks at a part of the series, so a series that gets no more samples is found
  // some calls late; it is dropped together with others like it, ten minutes later at the latest.
  // True if series were dropped.
  bool trim(std::int64_t now);

  // The series that match, in the order of their making; some may have no samples. Valid until
  // `want`, `trim`, or a series is made. Constant time for the selectors that are wanted; others
  // are looked up once and remembered so long. Of a window that nobody changes (an extract),
  // several threads may ask this and everything else that is const.
  const std::vector<const Series*>& select(const Matchers& matchers) const;

  // The series with samples of the time after < t <= until that match any of `selectors`, in the
  // order of their making. No selectors: all series.
  std::vector<const Series*> find(std::span<const Matchers> selectors, std::int64_t after,
                                  std::int64_t until) const;
  // The names of their labels, and the values of one label, sorted by their texts. For no selectors
  // these are taken from the index: the time is not looked at.
  std::vector<Symbol> label_names(std::span<const Matchers> selectors, std::int64_t after,
                                  std::int64_t until) const;
  std::vector<Symbol> label_values(std::string_view name, std::span<const Matchers> selectors,
                                   std::int64_t after, std::int64_t until) const;

  const Symbols& symbols() const { return symbols_; }
  Symbols& symbols() { return symbols_; }

  // A window of its own with the same samples of the series that match any of `selectors`, of the
  // time after < t <= until (and maybe some around it): full chunks are shared, not copied.
  std::unique_ptr<const Window> extract(std::span<const Matchers> selectors, std::int64_t after,
                                        std::int64_t until) const;

  struct Figures {
    std::size_t series = 0;
    std::size_t samples = 0;
    std::size_t sample_bytes = 0;      // of chunks, with what they reserve
    std::size_t bytes = 0;             // all of the window, estimated
    std::uint64_t refused_series = 0;  // wanted, but there was no room: counted with each try
  };
  Figures figures() const;

 private:
  using SeriesList = std::vector<const Series*>;

  // An extract has no lists in its index: it is asked for the selectors it was made for.
  Window(Limits limits, bool has_index);
  Series* find_known(const LabelSet& labels);
  Series* find_expected(metrics::LabelViews labels);
  Series* make(std::vector<LabelPair>& pairs, std::int64_t history,
               std::span<const std::uint32_t> wanted_by);
  std::int64_t history_of(std::span<const std::uint32_t> wanted_by) const;
  bool room_for(std::size_t label_bytes);
  SeriesList look_up(const Matchers& matchers) const;
  // The list that is kept, or else one that is made.
  std::shared_ptr<const SeriesList> listed(const Matchers& matchers) const;
  void drop_if(const auto& unwanted);
  void forget_answers();

  Limits limits_;
  Symbols symbols_;
  std::vector<std::unique_ptr<Series>> series_;  // in the order of their making
  SeriesTable table_;
  LabelIndex index_;
  WantedSet wanted_;
  std::uint64_t wanted_generation_ = 0;
  std::uint64_t series_generation_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t empty_ = 0;      // series without samples
  std::size_t next_trim_ = 0;  // the series that `trim` looks at first
  std::int64_t last_drop_ = INT64_MIN;

  std::vector<LabelPair> pairs_;  // of the series that is being looked for
  std::size_t expected_ = 0;      // the place of the one that is probably looked for next
  // Answers about selectors that are not wanted.
  mutable std::mutex answers_mutex_;
  mutable std::unordered_map<Matchers, std::unique_ptr<const SeriesList>, MatchersHash> answers_;
};

}  // namespace hitwatch::window
