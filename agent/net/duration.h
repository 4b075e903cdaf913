// Durations and sizes as people write them in configurations.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::net {

// Prometheus' durations: whole numbers with the units y, w, d, h, m, s and ms, each at most once
// and from the largest to the smallest (`250ms`, `1h30m`); a bare `0` is zero. A year has 365 days.
// Errors complete the sentence "'…' is" and do not repeat the text.
std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back; negative durations are written as zero.
std::string format_duration(std::chrono::milliseconds duration);
std::string format_milliseconds(std::int64_t milliseconds);  // the same

// Bytes: a whole number with the unit B, KiB, MiB, GiB or TiB, or with none.
// Errors complete the sentence "'…' is" and do not repeat the text.
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);
// The largest unit that leaves a whole number: `64MiB`, `1000B`.
std::string format_size(std::uint64_t bytes);

}  // namespace hitwatch::net
