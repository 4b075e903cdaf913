#include "rules/promql/sample_cursor.h"

#include <algorithm>

#include "rules/promql/timeline.h"

namespace hitwatch::promql {
namespace {

std::uint64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

// From a time to the first moment that is not before it.
std::uint64_t until_moment(std::int64_t time, const SampleCursor::Moments& moments) {
  if (time <= moments.first) return distance(time, moments.first);
  const auto step = static_cast<std::uint64_t>(moments.step);
  const std::uint64_t over = distance(moments.first, time) % step;
  return over == 0 ? 0 : step - over;
}

}  // namespace

std::size_t SampleCursor::read(const window::Series& series, const Moments& moments) {
  decoded_.clear();
  series.read_marked(earlier(moments.first, moments.lookback), moments.last, decoded_);
  const std::size_t begin = points_.size();
  for (std::size_t i = 0; i < decoded_.size(); ++i) {
    const std::int64_t time = decoded_[i].time;
    const bool followed = i + 1 < decoded_.size();
    if (followed && distance(time, decoded_[i + 1].time) <= until_moment(time, moments)) continue;
    points_.push_back(decoded_[i]);
  }
  series_.push_back({begin, points_.size(), begin});
  return decoded_.size();
}

bool SampleCursor::last(std::size_t series, std::int64_t after, std::int64_t at,
                        window::Point& out) {
  Kept& kept = series_[series];
  if (kept.next > kept.begin && points_[kept.next - 1].time > at) kept.next = kept.begin;
  while (kept.next < kept.end && points_[kept.next].time <= at) ++kept.next;
  if (kept.next == kept.begin || points_[kept.next - 1].time <= after) return false;
  out = points_[kept.next - 1];
  return true;
}

}  // namespace hitwatch::promql
