// Jittered exponential backoff. Holds no clock and starts no timer.
#pragma once

#include <chrono>
#include <cstdint>

namespace hitwatch::net {

class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  // Delays grow from `first` by doubling up to `most`; 0 < first <= most.
  Backoff(Duration first, Duration most, std::uint64_t seed);

  // The delay before the next try: uniform between half the current step and the step.
  Duration next();
  // After a success: the next delay starts from `first` again.
  void reset();

 private:
  Duration first_;
  Duration most_;
  Duration step_;
  std::uint64_t random_;
};

}  // namespace hitwatch::net
