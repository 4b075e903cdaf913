#include "agent/rounds.h"

#include <algorithm>
#include <utility>

namespace hitwatch {

Rounds::Rounds(const boost::asio::any_io_executor& executor, std::function<void()> begin)
    : timer_(executor), begin_(std::move(begin)) {}

void Rounds::start(Clock::duration first_delay, Clock::duration interval) {
  running_ = true;
  under_way_ = false;
  interval_ = interval;
  due_ = Clock::now() + first_delay;
  wait();
}

void Rounds::set_interval(Clock::duration interval) {
  const Clock::duration change = interval - interval_;
  interval_ = interval;
  if (!running_ || under_way_ || change == Clock::duration::zero()) return;
  due_ = std::max(due_ + change, Clock::now());
  wait();
}

void Rounds::ended() {
  if (!running_ || !under_way_) return;
  under_way_ = false;
  due_ = std::max(due_ + interval_, Clock::now());
  wait();
}

void Rounds::stop() {
  running_ = false;
  under_way_ = false;
  timer_.cancel();
}

void Rounds::wait() {
  timer_.expires_at(due_);
  timer_.async_wait([this, life = std::weak_ptr(life_)](const boost::system::error_code& code) {
    // One that ended while it was being set anew finds a later time.
    if (code || life.expired() || !running_ || under_way_ || Clock::now() < due_) return;
    under_way_ = true;
    begin_();
  });
}

Rounds::Clock::duration first_delay(std::string_view name, Rounds::Clock::duration interval,
                                    std::size_t targets) {
  constexpr std::size_t kMany = 100;
  constexpr std::size_t kSteps = 10'000;
  const std::size_t step = std::hash<std::string_view>{}(name) % kSteps;
  const double share =
      static_cast<double>(step) / kSteps * static_cast<double>(std::min(targets, kMany)) / kMany;
  return std::chrono::duration_cast<Rounds::Clock::duration>(interval * share);
}

}  // namespace hitwatch
