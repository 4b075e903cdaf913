// Says in the log what keeps spans from being taken, the first time at once and then no more than
// once a minute for each kind of trouble, and that it is over. Texts have no secrets. One thread at
// a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "agent/log/log.h"

namespace hitwatch::trace {

class ExportLog {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Trouble : std::uint8_t {
    kTriedAgain,  // no answer, or "later"
    kRefused,
    kPartial,  // rejected spans, or a warning of the receiver
    kExpired,
    kQueueFull
  };

  explicit ExportLog(log::Log& log) : log_(log) {}

  // `endpoint`: scheme and host only. `spans`: that are lost, 0 for none.
  void trouble(Trouble trouble, std::string_view endpoint, std::string_view reason,
               std::uint64_t spans, Clock::time_point now);
  // The receiver has taken spans.
  void accepted(std::string_view endpoint);
  // Spans that are left when the daemon ends, or tracing does.
  void left(std::uint64_t spans);

 private:
  struct Said {
    Clock::time_point at;
    std::uint64_t spans = 0;  // lost since then
  };
  log::Log& log_;
  std::map<Trouble, Said> said_;
  bool said_failing_ = false;  // and not yet that it is over
};

}  // namespace hitwatch::trace
