#include "agent/net/retry_after.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

namespace hitwatch::net {
namespace {

constexpr std::int64_t kLongestWait = 366LL * 24 * 3600;  // seconds

struct CivilTime {
  std::string month;
  int year = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// The three forms of RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, with dashes and two digits
// of the year, and as C's asctime.
std::optional<CivilTime> read_http_date(std::string_view text) {
  static const RE2 fixed(R"(\w+, (\d\d)[ -](\w{3})[ -](\d{4}|\d\d) (\d\d):(\d\d):(\d\d) GMT)");
  static const RE2 asctime(R"(\w{3} (\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4}))");
  CivilTime time;
  std::string day;
  const re2::StringPiece piece(text.data(), text.size());
  if (RE2::FullMatch(piece, fixed, &day, &time.month, &time.year, &time.hour, &time.minute,
                     &time.second) ||
      RE2::FullMatch(piece, asctime, &time.month, &day, &time.hour, &time.minute, &time.second,
                     &time.year)) {
    time.day = std::stoi(day);
    return time;
  }
  return std::nullopt;
}

std::optional<std::chrono::sys_seconds> moment_of_date(const CivilTime& time,
                                                       std::chrono::sys_seconds now) {
  constexpr auto kMonths = std::to_array<std::string_view>(
      {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
  const auto month = std::ranges::find(kMonths, time.month);
  int year = time.year;
  if (year < 100) {
    // The year with these digits that is at most 50 years ahead.
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    year += 2000;
    if (year > static_cast<int>(today.year()) + 50) year -= 100;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(time.day))};
  if (month == kMonths.end() || !date.ok() || time.hour > 23 || time.minute > 59 ||
      time.second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(time.hour) +
         std::chrono::minutes(time.minute) + std::chrono::seconds(time.second);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text,
                                                           std::int64_t now) {
  using std::chrono::milliseconds;
  constexpr milliseconds kLongest = std::chrono::seconds(kLongestWait);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    if (text.size() > 9) return kLongest;
    return std::min<milliseconds>(std::chrono::seconds(std::stol(std::string(text))), kLongest);
  }
  const auto date = read_http_date(text);
  if (!date) return std::nullopt;
  const std::chrono::sys_time<milliseconds> moment{milliseconds(now)};
  const auto until = moment_of_date(*date, std::chrono::floor<std::chrono::seconds>(moment));
  if (!until) return std::nullopt;
  return std::clamp<milliseconds>(*until - moment, milliseconds(0), kLongest);
}

}  // namespace hitwatch::net
