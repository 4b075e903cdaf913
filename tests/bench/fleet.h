// A fleet of Redis servers with an hour of history, made up from what a real one says: the same
// samples for everybody who asks, whenever they ask.
//
// A sample is computed from its place alone (target, series, poll), so nothing is kept: two
// processes see the same without talking. Counters grow by a rate of their own, gauges wander about
// the value the real server had, buckets of a histogram share one count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"

namespace hitwatch::bench {

class Fleet {
 public:
  static constexpr std::int64_t kInterval = 15'000;  // ms between two polls of a target
  static constexpr std::size_t kSeriesOfTarget = 250;

  struct Shape {
    std::size_t targets;
    std::int64_t start;  // of the first poll, milliseconds
    std::size_t outage;  // from this poll on, one target in a hundred is down
  };
  // `exposition` is what a daemon says that watches one server: its redis_ and cache_ series become
  // those of every target, its hitwatch_ series are those of the daemon itself.
  Fleet(std::string_view exposition, const Shape& shape);

  // The targets, and after them the daemon itself.
  std::size_t sources() const { return shape_.targets + 1; }
  std::size_t series(std::size_t source) const { return lines(source).size(); }
  std::size_t all_series() const;
  // Sorted by name, `__name__` among them; none is empty.
  metrics::Labels labels(std::size_t source, std::size_t series) const;
  // Polls of a source are kInterval apart, but for a few milliseconds.
  std::int64_t time(std::size_t source, std::size_t poll) const;
  // The beginning of a poll's interval: the samples of all polls before are older.
  std::int64_t begin(std::size_t poll) const;
  // Nothing while the target is down, after one stale marker.
  std::optional<double> value(std::size_t source, std::size_t series, std::size_t poll) const;

 private:
  enum class Kind : std::uint8_t { kConstant, kGauge, kCounter };
  struct Line {
    metrics::Labels labels;  // `__name__` first
    Kind kind = Kind::kConstant;
    bool whole = true;       // no fractions
    double base = 0;         // at the first poll
    double growth = 0;       // of a counter, a poll
    double share = 1;        // of a bucket, of its histogram's count
    std::uint64_t seed = 0;  // the same for buckets of one histogram
  };

  const std::vector<Line>& lines(std::size_t source) const {
    return source < shape_.targets ? of_target_ : of_daemon_;
  }
  void read(std::string_view exposition);
  void add_lookups();
  void cut();
  void add_thresholds();
  bool is_down(std::size_t source, std::size_t poll) const;

  Shape shape_;
  std::vector<Line> of_target_;
  std::vector<Line> of_daemon_;
};

}  // namespace hitwatch::bench
