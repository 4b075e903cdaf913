// How long something of a target takes, smoothed, and how long to wait for it before it counts as
// lost: the retransmission timer of RFC 6298, sections 2 and 5, with bounds of our own.
//
// A target has one for its connects and one for its first replies. What follows from them:
//  - Where a name has several addresses, an attempt at one of them is given up after limit() in
//    favour of the next one. It is made again when the others have had their turn; the last address
//    that has not failed is waited for until the poll's deadline. So a server that is slow to
//    accept is not called down because others were tried before it, as long as it accepts within
//    what these have left of the deadline.
//  - A target that is known to be down because it did not answer in time is probed for usual() of
//    both together, rather than for all of poll.timeout. At the first sign of life (a byte of a
//    reply, a TLS handshake) the probe has all of poll.timeout, counted from its beginning. Every
//    kFullProbe'th probe has it anyway. So a target that is up is never called down before
//    poll.timeout has passed, and one that was down and now answers within poll.timeout, however
//    slowly, is up again after kFullProbe probes at the latest.
#pragma once

#include <chrono>

namespace hitwatch::redis {

class ResponseTime {
 public:
  using Duration = std::chrono::steady_clock::duration;
  static constexpr std::chrono::milliseconds kLeast{250};
  static constexpr std::chrono::milliseconds kUnknown{1000};  // before anything was measured
  static constexpr std::chrono::seconds kMost{60};
  static constexpr int kFullProbe = 4;

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
