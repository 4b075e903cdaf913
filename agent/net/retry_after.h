// The header Retry-After (RFC 9110, 10.2.3).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hitwatch::net {

// Seconds, or a date in one of the three forms of HTTP (5.6.7): how long that is after `now`, in
// milliseconds since 1970; at most 366 days, and zero for what has passed. Nothing if it is
// neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, std::int64_t now);

}  // namespace hitwatch::net
