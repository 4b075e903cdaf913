#include "agent/net/rfc3339.h"

#include <fmt/core.h>

#include <chrono>

namespace hitwatch::net {
namespace {

bool is_time_digit(char character) { return character >= '0' && character <= '9'; }

// Takes `count` digits.
std::optional<int> take_time_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char character : text.substr(0, count)) {
    if (!is_time_digit(character)) return std::nullopt;
    number = number * 10 + (character - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take_one(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// Digits with separators between them, as in `2026-08-20`.
template <std::size_t Count>
bool take_fields(std::string_view& text, char separator, const std::size_t (&digits)[Count],
                 int (&fields)[Count]) {
  for (std::size_t i = 0; i < Count; ++i) {
    if (i > 0 && !take_one(text, {&separator, 1})) return false;
    const auto field = take_time_digits(text, digits[i]);
    if (!field) return false;
    fields[i] = *field;
  }
  return true;
}

// The milliseconds of `.123456`; 0 where there is no fraction.
std::optional<int> take_fraction(std::string_view& text) {
  if (!take_one(text, ".")) return 0;
  int milliseconds = 0;
  int scale = 100;
  std::size_t digits = 0;
  for (; digits < text.size() && is_time_digit(text[digits]); ++digits) {
    milliseconds += (text[digits] - '0') * scale;
    scale /= 10;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return milliseconds;
}

// Minutes east of Greenwich of `Z` or `+02:00`.
std::optional<int> take_zone(std::string_view& text) {
  if (take_one(text, "Zz")) return 0;
  const int sign = text.starts_with('-') ? -1 : 1;
  int fields[2] = {};
  if (!take_one(text, "+-") || !take_fields(text, ':', {2, 2}, fields)) return std::nullopt;
  if (fields[0] > 23 || fields[1] > 59) return std::nullopt;
  return sign * (fields[0] * 60 + fields[1]);
}

struct WrittenTime {
  std::string seconds;  // `2026-08-20T10:00:00`
  std::int64_t milliseconds;
};

WrittenTime write_time(std::int64_t milliseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return {fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      clock.hours().count(), clock.minutes().count(), clock.seconds().count()),
          clock.subseconds().count()};
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  int date[3] = {};
  int clock[3] = {};
  if (!take_fields(text, '-', {4, 2, 2}, date) || !take_one(text, "Tt ") ||
      !take_fields(text, ':', {2, 2, 2}, clock)) {
    return std::nullopt;
  }
  const auto fraction = take_fraction(text);
  const auto zone = fraction ? take_zone(text) : std::nullopt;
  const year_month_day day{year(date[0]), month(unsigned(date[1])),
                           std::chrono::day(unsigned(date[2]))};
  if (!zone || !text.empty() || !day.ok() || clock[0] > 23 || clock[1] > 59 || clock[2] > 60) {
    return std::nullopt;
  }
  const std::int64_t at_midnight = sys_days(day).time_since_epoch() / std::chrono::seconds(1);
  const std::int64_t of_the_day = clock[0] * 3600 + (clock[1] - *zone) * 60 + clock[2];
  return (at_midnight + of_the_day) * 1000 + *fraction;
}

std::string format_rfc3339(std::int64_t milliseconds) {
  const WrittenTime written = write_time(milliseconds);
  std::string fraction = fmt::format(".{:03}", written.milliseconds);
  fraction.resize(fraction.find_last_not_of('0') + 1);
  return written.seconds + (fraction == "." ? "" : fraction) + 'Z';
}

std::string format_rfc3339_milliseconds(std::int64_t milliseconds) {
  const WrittenTime written = write_time(milliseconds);
  return fmt::format("{}.{:03}Z", written.seconds, written.milliseconds);
}

}  // namespace hitwatch::net
