// Recurring times, `time_intervals:` of Alertmanager's configuration.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::notify {

struct Span {
  int first = 0;
  int last = 0;  // inclusive; of times of day exclusive
  bool operator==(const Span&) const = default;
};

// All fields that are given must hold; of a field's spans, one.
struct TimeSpec {
  std::vector<Span> times;          // minutes of the day, `09:00` to `24:00`
  std::vector<Span> weekdays;       // 0: Sunday
  std::vector<Span> days_of_month;  // negative ones count from the month's end: -1 is its last day
  std::vector<Span> months;         // 1 to 12
  std::vector<Span> years;
  std::string location;  // a name of the time zone database; "" for UTC
  bool operator==(const TimeSpec&) const = default;
};

struct TimeInterval {
  std::string name;
  std::vector<TimeSpec> specs;  // one of them
  bool operator==(const TimeInterval&) const = default;
};

// The texts of the configuration; errors are sentences that complete "'…' ". A span may not run
// backwards; of days of a month, not even in one of 28 days.
std::expected<int, std::string> parse_time_of_day(std::string_view text);     // `17:30`: minutes
std::expected<Span, std::string> parse_weekdays(std::string_view text);       // `monday:friday`
std::expected<Span, std::string> parse_days_of_month(std::string_view text);  // `1:5`, `-3:-1`
std::expected<Span, std::string> parse_months(std::string_view text);         // `may:august`, `3`
std::expected<Span, std::string> parse_years(std::string_view text);          // `2026:2030`
// A name that this machine's time zone database has; `Local` is the zone of the machine itself.
bool is_location(const std::string& name);

// Whether a moment, in milliseconds since 1970, lies within.
bool contains(const TimeInterval& interval, std::int64_t time);

}  // namespace hitwatch::notify
