// Whether an alert is to be left out of what is sent, and by whom.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/notify/alert.h"
#include "agent/notify/settings.h"

namespace hitwatch::notify {

struct Muted {
  std::vector<std::string> silenced_by;   // ids of silences, sorted
  std::vector<std::string> inhibited_by;  // fingerprints of alerts, sorted
  std::vector<std::string> muted_by;      // names of time intervals
  bool any() const { return !silenced_by.empty() || !inhibited_by.empty() || !muted_by.empty(); }
};

// Of an alert on a route at a time. Time intervals mute whole routes.
using MutedOf = std::function<Muted(const Alert& alert, const Route& route, std::int64_t now)>;

// The names of `mute_time_intervals` that hold now; or those of `active_time_intervals` if none of
// them does. Empty: the route is open.
std::vector<std::string> closed_by(const Settings& settings, const Route& route, std::int64_t now);

}  // namespace hitwatch::notify
