// The unit of a metric, as its name says it.
#pragma once

#include <string_view>

namespace hitwatch::reference {

// "seconds" of `redis_uptime_in_seconds`; "" where the name says none: a number of things, or 0 and
// 1.
std::string_view unit_of(std::string_view metric);

}  // namespace hitwatch::reference
