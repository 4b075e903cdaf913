// Calls for a round at every interval, and never for the next before the last has ended: one that
// overruns delays those after it. Of the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace hitwatch {

class Rounds {
 public:
  using Clock = std::chrono::steady_clock;

  // `begin` is told to begin a round, and says by ended() that it is over.
  Rounds(const boost::asio::any_io_executor& executor, std::function<void()> begin);

  void start(Clock::duration first_delay, Clock::duration interval);
  // From the beginning of the last round on.
  void set_interval(Clock::duration interval);
  void ended();
  void stop();

  bool running() const { return running_; }

 private:
  void wait();

  // Gone with this: a timer that has ended calls back all the same.
  std::shared_ptr<void> life_ = std::make_shared<char>();
  boost::asio::steady_timer timer_;
  std::function<void()> begin_;
  Clock::duration interval_{};
  Clock::time_point due_;  // when the round under way, or the next, was or is to begin
  bool running_ = false;
  bool under_way_ = false;
};

// When the first round of one of `targets` is due: a few begin at once, many are spread over the
// interval by their names.
Rounds::Clock::duration first_delay(std::string_view name, Rounds::Clock::duration interval,
                                    std::size_t targets);

}  // namespace hitwatch
