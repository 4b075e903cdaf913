// How many servers that it did not name a moment ago a source may add: so many at once, and so many
// a minute. Each is a connection, series and events: one that lies, and names others with each
// answer, would else fill the memory.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ratio>

namespace hitwatch::topology {

class Newcomers {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr double kMostAMinute = 200;

  explicit Newcomers(std::size_t at_once = 5000)
      : most_(static_cast<double>(at_once)), left_(most_) {}

  std::size_t left(Clock::time_point now) {
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - counted_).count();
    left_ = std::min(most_, left_ + minutes * kMostAMinute);
    counted_ = now;
    return static_cast<std::size_t>(left_);
  }
  void take(std::size_t count) { left_ = std::max(0.0, left_ - static_cast<double>(count)); }

 private:
  double most_;
  double left_;
  Clock::time_point counted_ = Clock::now();
};

}  // namespace hitwatch::topology
