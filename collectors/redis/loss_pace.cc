#include "collectors/redis/loss_pace.h"

#include <algorithm>

namespace hitwatch::redis {

LossPace::LossPace(std::chrono::milliseconds most)
    : first_(std::min(kFirst, most)), most_(most), distance_(first_) {}

void LossPace::polled(Clock::time_point now) {
  if (now - last_ >= kQuiet * distance_) distance_ = first_;
  last_ = now;
  next_ = now + distance_;
}

void LossPace::was_well() { distance_ = std::min(distance_ * 2, most_); }

}  // namespace hitwatch::redis
