// How long something of a target takes, smoothed, and how long to wait for it before it counts as
// lost: the retransmission timer of RFC 6298, sections 2 and 5, with bounds of our own.
// What a target is granted by it: patience.h.
#pragma once

#include <chrono>

namespace hitwatch::redis {

class ResponseTime {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::chrono::milliseconds kLeast{250};
  static constexpr std::chrono::milliseconds kUnknown{1000};  // before anything was measured
  static constexpr std::chrono::seconds kMost{60};

  // It took that long. Ends the doubling.
  void measured(Duration took);
  // It was given up, or timed out: limit() doubles.
  void timed_out();

  // How long it may take: the smoothed time and four deviations, from kLeast to kMost.
  Duration usual() const;
  // The same, doubled for each timed_out() since it was last measured.
  Duration limit() const;

 private:
  bool known_ = false;
  Duration smoothed_{};
  Duration deviation_{};
  int doublings_ = 0;
};

}  // namespace hitwatch::redis
