#include "collectors/redis/poll_phase.h"

#include <algorithm>
#include <functional>

namespace hitwatch::redis {
namespace {

using Duration = std::chrono::steady_clock::duration;

// Polls of different targets are spread in steps of this length: a few at a time cost half the CPU
// of as many alone, each of which finds the processor's caches cold.
constexpr Duration kPhaseStep = std::chrono::milliseconds(125);

}  // namespace

Duration until_tick(std::chrono::steady_clock::time_point now, std::chrono::milliseconds interval,
                    const std::string& name) {
  const Duration whole = interval;
  const auto steps = static_cast<std::size_t>(std::max<Duration::rep>(whole / kPhaseStep, 1));
  const Duration phase =
      static_cast<Duration::rep>(std::hash<std::string>{}(name) % steps) * kPhaseStep;
  const Duration left = whole - (now.time_since_epoch() - phase) % whole;
  return left < whole / 100 ? left + whole : left;
}

}  // namespace hitwatch::redis
