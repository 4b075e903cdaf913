#include "agent/net/backoff.h"

#include <algorithm>

namespace hitwatch::net {

Backoff::Backoff(Duration first, Duration most, std::uint64_t seed)
    : first_(first), most_(std::max(first, most)), step_(first), random_(seed | 1) {}

Backoff::Duration Backoff::next() {
  // xorshift64: plenty to spread reconnects.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto half = step_.count() / 2;
  const auto delay = half + static_cast<Duration::rep>(
                                random_ % static_cast<std::uint64_t>(step_.count() - half + 1));
  step_ = std::min(step_ * 2, most_);
  return Duration(delay);
}

void Backoff::reset() { step_ = first_; }

}  // namespace hitwatch::net
