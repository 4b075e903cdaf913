#include "rules/promql/range_reader.h"

#include <algorithm>

namespace hitwatch::promql {
namespace {

// Moves `place` to the first point after `time`; a few steps if ranges move on little by little.
void move_after(const std::vector<window::Point>& points, std::int64_t time, std::size_t& place) {
  constexpr std::size_t kSteps = 16;
  if (place > 0 && points[place - 1].time > time) place = 0;
  for (std::size_t i = 0; i < kSteps; ++i) {
    if (place == points.size() || points[place].time > time) return;
    ++place;
  }
  const auto rest = points.begin() + static_cast<std::ptrdiff_t>(place);
  const auto found = std::ranges::upper_bound(rest, points.end(), time, {}, &window::Point::time);
  place = static_cast<std::size_t>(found - points.begin());
}

}  // namespace

void RangeReader::read_rows(Query& query, RangeStore& store, Range range) {
  query_ = &query;
  store_ = &store;
  series_ = nullptr;
  range_ = range;
  at_ = 0;
  failed_ = false;
}

void RangeReader::read_series(Query& query, RangeStore& store,
                              const std::vector<const window::Series*>& series, Range range) {
  read_rows(query, store, range);
  series_ = &series;
}

bool RangeReader::next(RangeSeries& out) {
  if (failed_ || range_.begin >= range_.end) return false;
  return series_ == nullptr ? next_row(out) : next_series(out);
}

bool RangeReader::next_row(RangeSeries& out) {
  std::vector<Row>& rows = *store_->rows;
  while (at_ < rows.size()) {
    Row& row = rows[at_++];
    move_after(row.points, range_.begin, row.begin);
    row.end = std::max(row.end, row.begin);
    move_after(row.points, range_.end, row.end);
    const std::size_t count = row.end - row.begin;
    if (!query_->work(count + 1)) {
      failed_ = true;
      return false;
    }
    if (count == 0) continue;
    query_->samples_read += count;
    out = {row.labels, row.drop_name, Points(row.points).subspan(row.begin, count)};
    return true;
  }
  return false;
}

bool RangeReader::next_series(RangeSeries& out) {
  std::vector<window::Point>& points = store_->points;
  while (at_ < series_->size()) {
    const window::Series& series = *(*series_)[at_++];
    points.clear();
    series.read(range_.begin, range_.end, points);
    if (!query_->work(points.size() + 1) || !query_->hold(points.size())) {
      failed_ = true;
      return false;
    }
    query_->let_go(points.size());
    if (points.empty()) continue;
    query_->samples_read += points.size();
    out = {&series.labels(), false, points};
    return true;
  }
  return false;
}

}  // namespace hitwatch::promql
