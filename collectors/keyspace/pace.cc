#include "collectors/keyspace/pace.h"

#include <algorithm>

namespace hitwatch::keyspace {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kLongestPause{1};
// What a command may cost the server: less is not to be believed, and if it seems to be more,
// others keep the server busy, or the way to it is longer than it was.
constexpr Seconds kLeastForCommand{0.3e-6};
constexpr Seconds kMostForCommand{20e-6};
constexpr double kMostCaution = 4;  // times the pause that the budget asks for
constexpr double kCalmDown = 0.9;

}  // namespace

void Pace::note_idle(Duration round_trip) { idle_ = std::min(idle_, round_trip); }

Pace::Duration Pace::after(Duration round_trip, std::size_t commands) {
  const Duration on_the_way = idle_ == Duration::max() ? Duration(0) : idle_;
  const auto number = static_cast<double>(commands);
  const Seconds seeming = round_trip - on_the_way;
  const Seconds busy =
      std::clamp<Seconds>(seeming, kLeastForCommand * number, kMostForCommand * number);
  server_time_ += busy;
  if (unpaced()) return Duration(0);
  caution_ =
      seeming > busy ? std::min(caution_ * 2, kMostCaution) : std::max(caution_ * kCalmDown, 1.0);
  const Seconds pause = busy * (1 / budget_ - 1) * caution_;
  return std::chrono::duration_cast<Duration>(std::min(pause, kLongestPause));
}

}  // namespace hitwatch::keyspace
