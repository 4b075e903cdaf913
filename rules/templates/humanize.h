// Numbers for people, as Prometheus' template functions of the same names write them.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "rules/templates/time_value.h"

namespace hitwatch::templates {

std::string humanize(double value);      // 2.097M, 15m
std::string humanize1024(double value);  // 2Mi
std::string humanize_duration(double seconds);
std::string humanize_percentage(double ratio);
// `2006-01-02 15:04:05.999 +0000 UTC`; fails where its nanoseconds do not fit 64 bits.
std::expected<std::string, std::string> humanize_timestamp(double seconds);

// To the millisecond.
std::expected<Moment, std::string> moment_of_seconds(double seconds);
// Nanoseconds.
std::expected<std::int64_t, std::string> duration_of_seconds(double seconds);
// Prometheus' durations (`1h30m`), in seconds.
std::expected<double, std::string> parse_duration(std::string_view text);

}  // namespace hitwatch::templates
