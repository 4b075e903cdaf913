// The newest samples of an instant selector's series at one moment after another.
//
// A series is decoded once for all moments; what is newest at none of them is not kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/window/series.h"

namespace hitwatch::promql {

class SampleCursor {
 public:
  // first, first + step, … up to last, in milliseconds; step > 0.
  struct Moments {
    std::int64_t first;
    std::int64_t last;
    std::int64_t step;
    std::int64_t lookback;
  };

  // Adds a series; returns how many samples were decoded.
  std::size_t read(const window::Series& series, const Moments& moments);
  // Samples that are kept.
  std::size_t size() const { return points_.size(); }

  // As Series::last() of the series that was added at this place, at a moment of those above. Fast
  // if moments come in order.
  bool last(std::size_t series, std::int64_t after, std::int64_t at, window::Point& out);

 private:
  struct Kept {
    std::size_t begin;  // in `points_`
    std::size_t end;
    std::size_t next;  // the first that is after the moment asked for last
  };

  std::vector<window::Point> points_;
  std::vector<Kept> series_;
  std::vector<window::Point> decoded_;
};

}  // namespace hitwatch::promql
