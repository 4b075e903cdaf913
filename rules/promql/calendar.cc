#include "rules/promql/calendar.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hitwatch::promql {
namespace {

// Go counts from the beginning of this year, unsigned: what lies before it is far in the future.
// Its place in the cycle of 400 years is that of the year 1, whose first day is a Monday.
constexpr std::int64_t kFirstYear = -292277022399;
constexpr std::int64_t kFirstSecond = -9223372028715321600;

constexpr std::int64_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

std::int64_t whole_seconds(double seconds) {
  constexpr double kLimit = 9223372036854775808.0;
  if (seconds >= -kLimit && seconds < kLimit) return static_cast<std::int64_t>(seconds);
  return std::numeric_limits<std::int64_t>::min();
}

std::uint64_t since_first(double seconds) {
  return static_cast<std::uint64_t>(whole_seconds(seconds)) -
         static_cast<std::uint64_t>(kFirstSecond);
}

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

std::int64_t days_of(std::int64_t month, std::int64_t year) {
  return kDays[month] + (month == 1 && is_leap(year) ? 1 : 0);
}

struct Date {
  std::int64_t year = kFirstYear;
  std::int64_t month = 0;         // from 0
  std::int64_t day_of_year = 0;   // from 0
  std::int64_t day_of_month = 0;  // from 0
};

Date date(double seconds) {
  auto day = static_cast<std::int64_t>(since_first(seconds) / 86400);
  Date date;
  const auto take = [&](std::int64_t years, std::int64_t days, std::int64_t most) {
    const std::int64_t count = std::min(day / days, most);
    date.year += count * years;
    day -= count * days;
  };
  take(400, 146097, std::numeric_limits<std::int64_t>::max());
  take(100, 36524, 3);  // the last century of four has a day more
  take(4, 1461, 24);
  take(1, 365, 3);  // and the last year of four
  date.day_of_year = day;
  while (day >= days_of(date.month, date.year)) day -= days_of(date.month++, date.year);
  date.day_of_month = day;
  return date;
}

}  // namespace

double minute(double seconds) {
  const std::uint64_t minutes = since_first(seconds) / 60;
  return static_cast<double>(minutes % 60);
}

double hour(double seconds) {
  const std::uint64_t hours = since_first(seconds) / 3600;
  return static_cast<double>(hours % 24);
}

double day_of_week(double seconds) {
  return static_cast<double>((since_first(seconds) / 86400 + 1) % 7);
}

double day_of_month(double seconds) { return static_cast<double>(date(seconds).day_of_month + 1); }

double day_of_year(double seconds) { return static_cast<double>(date(seconds).day_of_year + 1); }

double days_in_month(double seconds) {
  const Date at = date(seconds);
  return static_cast<double>(days_of(at.month, at.year));
}

double month(double seconds) { return static_cast<double>(date(seconds).month + 1); }

double year(double seconds) { return static_cast<double>(date(seconds).year); }

}  // namespace hitwatch::promql
