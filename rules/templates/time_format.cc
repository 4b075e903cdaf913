#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/templates/time_value.h"

namespace hitwatch::templates {
namespace {

constexpr auto kMonths =
    std::to_array<std::string_view>({"January", "February", "March", "April", "May", "June", "July",
                                     "August", "September", "October", "November", "December"});
constexpr auto kDays = std::to_array<std::string_view>(
    {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"});

struct Parts {
  int year, month, day, weekday, day_of_year, hour, minute, second;
  std::int32_t nanoseconds, offset;
  std::string_view zone;
};

Parts parts_of(const Moment& moment) {
  using std::chrono::days;
  using std::chrono::seconds;
  const std::chrono::sys_seconds time{seconds(moment.seconds + moment.offset)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::sys_days new_year = date.year() / 1 / 1;
  const auto in_day = (time - day).count();
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(std::chrono::weekday(day).c_encoding()),
          static_cast<int>((day - new_year).count()) + 1,
          static_cast<int>(in_day / 3600),
          static_cast<int>(in_day / 60 % 60),
          static_cast<int>(in_day % 60),
          moment.nanoseconds,
          moment.offset,
          moment.zone};
}

enum class Part : std::uint8_t {
  kMonthName,
  kMonthShort,
  kDayName,
  kDayShort,
  kZoneName,
  kMonth2,
  kDay2,
  kHour12Padded,
  kMinute2,
  kSecond2,
  kYear2,
  kDayOfYear3,
  kZoneSeconds,
  kZoneColonSeconds,
  kZoneColon,
  kZone,
  kZoneHours,
  kZuluColonSeconds,
  kZuluSeconds,
  kZuluColon,
  kZulu,
  kZuluHours,
  kYear,
  kHour24,
  kMonth,
  kUnderscoreYear,
  kDaySpaceYear3,
  kDaySpace,
  kDay,
  kHour12,
  kMinute,
  kSecond,
  kUpperHalf,
  kLowerHalf,
};

// The longer of two that start alike comes first.
constexpr auto kParts = std::to_array<std::pair<std::string_view, Part>>({
    {"January", Part::kMonthName},
    {"Jan", Part::kMonthShort},
    {"Monday", Part::kDayName},
    {"Mon", Part::kDayShort},
    {"MST", Part::kZoneName},
    {"002", Part::kDayOfYear3},
    {"01", Part::kMonth2},
    {"02", Part::kDay2},
    {"03", Part::kHour12Padded},
    {"04", Part::kMinute2},
    {"05", Part::kSecond2},
    {"06", Part::kYear2},
    {"-07:00:00", Part::kZoneColonSeconds},
    {"-070000", Part::kZoneSeconds},
    {"-07:00", Part::kZoneColon},
    {"-0700", Part::kZone},
    {"-07", Part::kZoneHours},
    {"Z07:00:00", Part::kZuluColonSeconds},
    {"Z070000", Part::kZuluSeconds},
    {"Z07:00", Part::kZuluColon},
    {"Z0700", Part::kZulu},
    {"Z07", Part::kZuluHours},
    {"2006", Part::kYear},
    {"15", Part::kHour24},
    {"1", Part::kMonth},
    {"_2006", Part::kUnderscoreYear},
    {"__2", Part::kDaySpaceYear3},
    {"_2", Part::kDaySpace},
    {"2", Part::kDay},
    {"3", Part::kHour12},
    {"4", Part::kMinute},
    {"5", Part::kSecond},
    {"PM", Part::kUpperHalf},
    {"pm", Part::kLowerHalf},
});

bool is_digit(char character) { return character >= '0' && character <= '9'; }

// `+02:00`; `colon` may be "", and what is after hours may be left out.
std::string offset_text(std::int32_t offset, std::string_view colon, int parts) {
  const auto size = std::abs(offset);
  auto out = fmt::format("{}{:02}", offset < 0 ? '-' : '+', size / 3600);
  if (parts > 1) out += fmt::format("{}{:02}", colon, size / 60 % 60);
  if (parts > 2) out += fmt::format("{}{:02}", colon, size % 60);
  return out;
}

std::string zulu_text(std::int32_t offset, std::string_view colon, int parts) {
  return offset == 0 ? "Z" : offset_text(offset, colon, parts);
}

std::string written(Part part, const Parts& time) {
  const int hour12 = time.hour % 12 == 0 ? 12 : time.hour % 12;
  const auto month = kMonths[static_cast<std::size_t>(time.month - 1)];
  const auto day = kDays[static_cast<std::size_t>(time.weekday)];
  switch (part) {
    case Part::kMonthName:
      return std::string(month);
    case Part::kMonthShort:
      return std::string(month.substr(0, 3));
    case Part::kDayName:
      return std::string(day);
    case Part::kDayShort:
      return std::string(day.substr(0, 3));
    case Part::kZoneName:
      return std::string(time.zone);
    case Part::kMonth2:
      return fmt::format("{:02}", time.month);
    case Part::kDay2:
      return fmt::format("{:02}", time.day);
    case Part::kHour12Padded:
      return fmt::format("{:02}", hour12);
    case Part::kMinute2:
      return fmt::format("{:02}", time.minute);
    case Part::kSecond2:
      return fmt::format("{:02}", time.second);
    case Part::kYear2:
      return fmt::format("{:02}", time.year % 100);
    case Part::kDayOfYear3:
      return fmt::format("{:03}", time.day_of_year);
    case Part::kZoneSeconds:
      return offset_text(time.offset, "", 3);
    case Part::kZoneColonSeconds:
      return offset_text(time.offset, ":", 3);
    case Part::kZoneColon:
      return offset_text(time.offset, ":", 2);
    case Part::kZone:
      return offset_text(time.offset, "", 2);
    case Part::kZoneHours:
      return offset_text(time.offset, "", 1);
    case Part::kZuluColonSeconds:
      return zulu_text(time.offset, ":", 3);
    case Part::kZuluSeconds:
      return zulu_text(time.offset, "", 3);
    case Part::kZuluColon:
      return zulu_text(time.offset, ":", 2);
    case Part::kZulu:
      return zulu_text(time.offset, "", 2);
    case Part::kZuluHours:
      return zulu_text(time.offset, "", 1);
    case Part::kYear:
      return fmt::format("{:04}", time.year);
    case Part::kHour24:
      return fmt::format("{:02}", time.hour);
    case Part::kMonth:
      return fmt::format("{}", time.month);
    case Part::kUnderscoreYear:
      return fmt::format("_{:04}", time.year);
    case Part::kDaySpaceYear3:
      return fmt::format("{:3}", time.day_of_year);
    case Part::kDaySpace:
      return fmt::format("{:2}", time.day);
    case Part::kDay:
      return fmt::format("{}", time.day);
    case Part::kHour12:
      return fmt::format("{}", hour12);
    case Part::kMinute:
      return fmt::format("{}", time.minute);
    case Part::kSecond:
      return fmt::format("{}", time.second);
    case Part::kUpperHalf:
      return time.hour >= 12 ? "PM" : "AM";
    case Part::kLowerHalf:
      return time.hour >= 12 ? "pm" : "am";
  }
  return "";
}

// `.000` or `,999` after a second: how many bytes of the layout that takes, or 0.
std::size_t fraction_size(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',')) return 0;
  if (layout[1] != '0' && layout[1] != '9') return 0;
  const auto end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
  return end < layout.size() && is_digit(layout[end]) ? 0 : end;
}

std::string fraction(std::string_view layout, std::int32_t nanoseconds) {
  auto digits = fmt::format("{:09}", nanoseconds);
  digits.resize(layout.size() - 1, '0');
  if (layout[1] == '9') {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return "";
  }
  return layout[0] + digits;
}

// A name in lower case goes on: `Janet` is no month.
bool goes_on(std::string_view layout, std::string_view name) {
  return name == "Jan" && layout.size() > 3 && layout[3] >= 'a' && layout[3] <= 'z';
}

}  // namespace

std::string format_moment(const Moment& moment, std::string_view layout) {
  const auto time = parts_of(moment);
  std::string out;
  while (!layout.empty()) {
    if (const auto size = fraction_size(layout); size > 0) {
      out += fraction(layout.substr(0, size), time.nanoseconds);
      layout.remove_prefix(size);
      continue;
    }
    std::size_t taken = 0;
    for (const auto& [name, part] : kParts) {
      if (!layout.starts_with(name) || goes_on(layout, name)) continue;
      out += written(part, time);
      taken = name.size();
      break;
    }
    if (taken == 0) {
      out += layout[0];
      taken = 1;
    }
    layout.remove_prefix(taken);
  }
  return out;
}

std::string moment_text(const Moment& moment) {
  return format_moment(moment, "2006-01-02 15:04:05.999999999 -0700 MST");
}

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool negative = nanoseconds < 0;
  const std::uint64_t size = negative ? ~static_cast<std::uint64_t>(nanoseconds) + 1
                                      : static_cast<std::uint64_t>(nanoseconds);
  // A whole number and what is left of it in units of 10^-digits.
  const auto decimal = [](std::uint64_t whole, std::uint64_t rest, int digits) {
    auto out = fmt::format("{}.{:0{}}", whole, rest, digits);
    while (out.back() == '0') out.pop_back();
    if (out.back() == '.') out.pop_back();
    return out;
  };
  std::string out = negative ? "-" : "";
  if (size < 1'000) return out + fmt::format("{}ns", size);
  if (size < 1'000'000) return out + decimal(size / 1'000, size % 1'000, 3) + "µs";
  if (size < 1'000'000'000) return out + decimal(size / 1'000'000, size % 1'000'000, 6) + "ms";
  const auto seconds = size / 1'000'000'000;
  if (seconds >= 3600) out += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) out += fmt::format("{}m", seconds / 60 % 60);
  return out + decimal(seconds % 60, size % 1'000'000'000, 9) + "s";
}

}  // namespace hitwatch::templates
