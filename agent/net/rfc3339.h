// Times as RFC 3339 words them: `2026-08-20T10:00:00.123Z`. Milliseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::net {

// What Go prints for, and clients send as, a time that was never set: `0001-01-01T00:00:00Z`.
inline constexpr std::int64_t kNoTime = -62'135'596'800'000;

// A date and a time of the years 0 to 9999 with `Z` or an offset. Digits beyond the milliseconds
// are dropped, a leap second is the next minute's first; a blank may stand for the `T`. Nothing if
// it is anything else.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// In UTC, without the fraction's trailing zeros: `2026-08-20T10:00:00.5Z`, `2026-08-20T10:00:00Z`.
std::string format_rfc3339(std::int64_t milliseconds);
// In UTC, always with three digits: `2026-08-20T10:00:00.000Z`.
std::string format_rfc3339_milliseconds(std::int64_t milliseconds);

}  // namespace hitwatch::net
