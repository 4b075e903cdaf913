// Polls of servers of which a source says something new: at once. What changes again and again is
// polled less and less often: the gap doubles, from kGap to kLongestGap, and is kGap again after a
// quiet time. On the executor's thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace hitwatch::topology {

class EarlyPolls {
 public:
  static constexpr std::chrono::milliseconds kGap{250};
  static constexpr std::chrono::milliseconds kLongestGap{5000};

  using PollNow = std::function<void(std::vector<std::string> targets)>;

  // `poll_now` is called from the executor, and not after the end of this.
  EarlyPolls(const boost::asio::any_io_executor& executor, PollNow poll_now);

  // Polls these, together with those that wait, as soon as the gap allows.
  void add(std::set<std::string> targets);
  // Forgets those that wait.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  void poll();

  const PollNow poll_now_;
  std::set<std::string> due_;
  Clock::time_point polled_;
  std::chrono::milliseconds gap_ = kGap;
  std::shared_ptr<bool> waits_ = std::make_shared<bool>();  // the timer holds it weakly
  boost::asio::steady_timer timer_;
};

}  // namespace hitwatch::topology
