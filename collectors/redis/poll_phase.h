// When a target's regular polls come: every interval, at a phase that its name decides, so that
// those of different targets are spread over the interval. Holds no clock.
#pragma once

#include <chrono>
#include <string>

namespace hitwatch::redis {

// How long after `now` the next poll is; interval > 0. A poll that ended a moment after its time is
// that time's.
std::chrono::steady_clock::duration until_tick(std::chrono::steady_clock::time_point now,
                                               std::chrono::milliseconds interval,
                                               const std::string& name);

}  // namespace hitwatch::redis
