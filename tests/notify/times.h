// The time at which tests of notifications begin, and those they name.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/net/rfc3339.h"

namespace hitwatch::notify {

inline constexpr std::int64_t kNow = 1'790'000'000'000;  // 2026-09-21T14:13:20Z
inline constexpr std::int64_t kSecond = 1'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;

// The text must be a valid time.
inline std::int64_t time_of(std::string_view text) { return *net::parse_rfc3339(text); }

}  // namespace hitwatch::notify
