#include "collectors/redis/response_time.h"

#include <algorithm>

namespace hitwatch::redis {
namespace {

constexpr std::chrono::milliseconds kGranularity{1};  // G of the RFC
constexpr int kMostDoublings = 10;

}  // namespace

void ResponseTime::measured(Duration took) {
  doublings_ = 0;
  if (!known_) {
    known_ = true;
    smoothed_ = took;
    deviation_ = took / 2;
    return;
  }
  const Duration error = took > smoothed_ ? took - smoothed_ : smoothed_ - took;
  deviation_ = (3 * deviation_ + error) / 4;
  smoothed_ = (7 * smoothed_ + took) / 8;
}

void ResponseTime::timed_out() { doublings_ = std::min(doublings_ + 1, kMostDoublings); }

ResponseTime::Duration ResponseTime::usual() const {
  if (!known_) return kUnknown;
  return std::clamp<Duration>(smoothed_ + std::max<Duration>(kGranularity, 4 * deviation_), kLeast,
                              kMost);
}

ResponseTime::Duration ResponseTime::limit() const {
  return std::min<Duration>(usual() * (1 << doublings_), kMost);
}

}  // namespace hitwatch::redis
