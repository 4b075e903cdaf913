// How soon a target may be polled because its kept connection was lost.
//
// A lost connection mostly says that the server has gone, so the first one is answered by a poll at
// once. But some servers only close connections (`timeout`, a proxy, CLIENT KILL): while such polls
// find the server well, they come at growing distances, from kFirst up to the poll interval. What
// really was news does not make the distance grow, and a quiet time makes it what it was at first.
// Holds no clock and starts no timer.
#pragma once

#include <chrono>

namespace hitwatch::redis {

class LossPace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirst{2000};
  // A time without such polls is quiet if it is this many distances long.
  static constexpr int kQuiet = 4;

  // `most`: the longest distance, > 0.
  explicit LossPace(std::chrono::milliseconds most);

  // The earliest time of the next such poll.
  Clock::time_point next() const { return next_; }
  // Such a poll begins.
  void polled(Clock::time_point now);
  // It found the server well.
  void was_well();

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds distance_;
  Clock::time_point last_;
  Clock::time_point next_;  // the clock's epoch: at any time
};

}  // namespace hitwatch::redis
