#include "collectors/keyspace/pace.h"

#include <algorithm>

namespace hitwatch::keyspace {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kLongestPause{1};
constexpr double kUnusual = 3;       // times what a batch usually takes
constexpr double kMostCaution = 16;  // times the pause that the budget asks for
constexpr double kCalmDown = 0.9;
constexpr double kSmoothing = 0.1;

}  // namespace

void Pace::note_idle(Duration round_trip) { idle_ = std::min(idle_, round_trip); }

Pace::Duration Pace::after(Duration round_trip) {
  const Duration on_the_way = idle_ == Duration::max() ? Duration(0) : idle_;
  // A batch costs something, however quick the way was this time.
  const Seconds busy = std::max<Seconds>(round_trip - on_the_way, Seconds(round_trip) / 10);
  server_time_ += busy;
  if (unpaced()) return Duration(0);
  if (usual_.count() > 0 && busy > usual_ * kUnusual) {
    caution_ = std::min(caution_ * 2, kMostCaution);
  } else {
    caution_ = std::max(caution_ * kCalmDown, 1.0);
  }
  usual_ = usual_.count() > 0 ? usual_ + (busy - usual_) * kSmoothing : busy;
  const Seconds pause = busy * (1 / budget_ - 1) * caution_;
  return std::chrono::duration_cast<Duration>(std::min(pause, kLongestPause));
}

}  // namespace hitwatch::keyspace
