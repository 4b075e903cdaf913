// Notices that the system's clock was set: how far it moved beside the clock that nobody sets.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace hitwatch::notify {

class ClockJump {
 public:
  // Both in milliseconds: the system's time, and that of a clock that only goes on. By how much the
  // first was set since the last call; 0 below a minute, which is left to age. A machine that slept
  // is as one whose clock was set forward.
  std::int64_t since_last(std::int64_t system, std::int64_t steady) {
    constexpr std::int64_t kLeast = 60'000;
    const std::int64_t offset = system - steady;
    const std::int64_t jump = known_ ? offset - offset_ : 0;
    known_ = true;
    if (jump != 0 && std::abs(jump) < kLeast) return 0;
    offset_ = offset;
    return jump;
  }

 private:
  bool known_ = false;
  std::int64_t offset_ = 0;
};

}  // namespace hitwatch::notify
