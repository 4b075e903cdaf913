#include "collectors/topology/early_polls.h"

#include <algorithm>
#include <utility>

namespace hitwatch::topology {

EarlyPolls::EarlyPolls(const boost::asio::any_io_executor& executor, PollNow poll_now)
    : poll_now_(std::move(poll_now)), timer_(executor) {}

void EarlyPolls::add(std::set<std::string> targets) {
  const bool set = !due_.empty();
  due_.merge(targets);
  if (due_.empty() || set) return;
  timer_.expires_at(std::max(Clock::now(), polled_ + Clock::duration(gap_)));
  timer_.async_wait(
      [this, waits = std::weak_ptr<bool>(waits_)](const boost::system::error_code& code) {
        if (!code && !waits.expired()) poll();
      });
}

void EarlyPolls::stop() {
  due_.clear();
  waits_ = std::make_shared<bool>();
  timer_.cancel();
}

void EarlyPolls::poll() {
  const Clock::duration quiet = Clock::now() - std::exchange(polled_, Clock::now());
  gap_ = quiet > 2 * gap_ ? kGap : std::min(2 * gap_, kLongestGap);
  const std::set<std::string> due = std::exchange(due_, {});
  poll_now_({due.begin(), due.end()});
}

}  // namespace hitwatch::topology
