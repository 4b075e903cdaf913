#include "rules/window/samples.h"

#include <algorithm>

namespace hitwatch::window {

bool Samples::append(std::int64_t time, double value, std::int64_t /*history*/) {
  if (!points_.empty() && points_.back().time >= time) return false;
  points_.push_back({time, value});
  return true;
}

bool Samples::last(std::int64_t after, std::int64_t at, Point& out) const {
  const auto end = std::ranges::upper_bound(points_, at, {}, &Point::time);
  if (end == points_.begin() || std::prev(end)->time <= after) return false;
  out = *std::prev(end);
  return true;
}

void Samples::read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const {
  const auto begin = std::ranges::upper_bound(points_, after, {}, &Point::time);
  for (auto point = begin; point != points_.end() && point->time <= until; ++point) {
    if (!is_stale(point->value)) out.push_back(*point);
  }
}

bool Samples::any(std::int64_t after, std::int64_t until) const {
  const auto begin = std::ranges::upper_bound(points_, after, {}, &Point::time);
  return begin != points_.end() && begin->time <= until;
}

void Samples::drop_until(std::int64_t time) {
  points_.erase(points_.begin(), std::ranges::upper_bound(points_, time, {}, &Point::time));
}

Samples Samples::copy(std::int64_t after, std::int64_t until) const {
  Samples copied;
  for (const Point& point : points_) {
    if (point.time > after && point.time <= until) copied.points_.push_back(point);
  }
  return copied;
}

}  // namespace hitwatch::window
