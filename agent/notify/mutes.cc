#include "agent/notify/mutes.h"

namespace hitwatch::notify {

std::vector<std::string> closed_by(const Settings& settings, const Route& route, std::int64_t now) {
  const auto holds = [&](const std::string& name) {
    const TimeInterval* interval = settings.time_interval(name);
    return interval != nullptr && contains(*interval, now);
  };
  std::vector<std::string> muting;
  for (const std::string& name : route.mute_time_intervals) {
    if (holds(name)) muting.push_back(name);
  }
  if (!muting.empty()) return muting;
  for (const std::string& name : route.active_time_intervals) {
    if (holds(name)) return {};
  }
  return route.active_time_intervals;
}

}  // namespace hitwatch::notify
