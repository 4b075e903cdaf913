// One series of the window: its labels and its samples.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rules/window/label_set.h"
#include "rules/window/samples.h"

namespace hitwatch::window {

class Series {
 public:
  Series(std::span<const LabelPair> labels, std::int64_t history);
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  const LabelSet& labels() const { return labels_; }
  // The newest sample with after < time <= at, a stale marker included; false if there is none.
  // Constant time if `at` is not before the newest sample.
  bool last(std::int64_t after, std::int64_t at, Point& out) const {
    return samples_.last(after, at, out);
  }
  // Appends to `out` all samples with after < time <= until, without stale markers, in order.
  void read(std::int64_t after, std::int64_t until, std::vector<Point>& out) const {
    samples_.read(after, until, out);
  }
  // The same with the stale markers.
  void read_marked(std::int64_t after, std::int64_t until, std::vector<Point>& out) const {
    samples_.read_marked(after, until, out);
  }
  // Whether there are samples with after < time <= until, stale markers included.
  bool any(std::int64_t after, std::int64_t until) const { return samples_.any(after, until); }

 private:
  friend class Window;

  std::unique_ptr<const LabelPair[]> pairs_;
  LabelSet labels_;
  Samples samples_;
  std::int64_t history_;  // milliseconds, of the wanted selector that looks back furthest
  std::uint32_t id_ = 0;  // its place in the window
};

}  // namespace hitwatch::window
