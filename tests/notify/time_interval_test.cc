#include "agent/notify/time_interval.h"

#include <gmock/gmock.h>

#include <ctime>

namespace hitwatch::notify {
namespace {

using testing::HasSubstr;

// A moment, `2026-11-28 02:15`, of UTC.
std::int64_t utc(const char* text) {
  std::tm parts{};
  EXPECT_NE(strptime(text, "%Y-%m-%d %H:%M", &parts), nullptr) << text;
  return timegm(&parts) * 1000;
}

bool contains(TimeSpec spec, const char* moment) {
  return contains(TimeInterval{"x", {std::move(spec)}}, utc(moment));
}

std::string shown(const std::expected<Span, std::string>& span) {
  return span ? std::to_string(span->first) + ".." + std::to_string(span->last) : span.error();
}

TimeSpec at_times(int first, int last) {
  TimeSpec spec;
  spec.times = {{first, last}};
  return spec;
}

TimeSpec at_days(Span days) {
  TimeSpec spec;
  spec.days_of_month = {days};
  return spec;
}

TEST(NotifyTimeInterval, TimesOfDayHaveTwoDigitsAndEndAt2400) {
  EXPECT_EQ(parse_time_of_day("00:00"), 0);
  EXPECT_EQ(parse_time_of_day("17:30"), 1050);
  EXPECT_EQ(parse_time_of_day("24:00"), 1440);
  for (const auto* text :
       {"", "9:00", "24:01", "12:60", "12-00", "-1:00", "12:00 ", "1200", "ab:cd"}) {
    EXPECT_FALSE(parse_time_of_day(text)) << text;
  }
}

TEST(NotifyTimeInterval, WeekdaysAreWholeWordsAndRunForwardsFromSunday) {
  EXPECT_EQ(shown(parse_weekdays("sunday")), "0..0");
  EXPECT_EQ(shown(parse_weekdays("Monday:FRIDAY")), "1..5");
  EXPECT_EQ(shown(parse_weekdays("saturday:monday")), "ends before it begins");
  for (const auto* text :
       {"", "mon", "1", "monday:", ":", "monday: friday", "mondax", "\x4d\x2f"}) {
    EXPECT_THAT(shown(parse_weekdays(text)), HasSubstr("no weekday")) << text;
  }
}

TEST(NotifyTimeInterval, DaysOfAMonthMayBeCountedFromItsEnd) {
  EXPECT_EQ(shown(parse_days_of_month("1:5")), "1..5");
  EXPECT_EQ(shown(parse_days_of_month("31")), "31..31");
  EXPECT_EQ(shown(parse_days_of_month("-3:-1")), "-3..-1");
  EXPECT_EQ(shown(parse_days_of_month("28:-1")), "28..-1");
  EXPECT_THAT(shown(parse_days_of_month("29:-1")), HasSubstr("ends before it begins"));
  EXPECT_THAT(shown(parse_days_of_month("28:-2")), HasSubstr("ends before it begins"));
  EXPECT_THAT(shown(parse_days_of_month("5:1")), HasSubstr("ends before it begins"));
  EXPECT_THAT(shown(parse_days_of_month("-1:-3")), HasSubstr("ends before it begins"));
  EXPECT_THAT(shown(parse_days_of_month("-3:5")), HasSubstr("must end there, too"));
  for (const auto* text : {"", "0", "32", "-32", "1:2:3", " 1", "5:", "x", "1:0"}) {
    EXPECT_THAT(shown(parse_days_of_month(text)), HasSubstr("is no day")) << text;
  }
}

TEST(NotifyTimeInterval, MonthsAreWordsOrNumbers) {
  EXPECT_EQ(shown(parse_months("may:August")), "5..8");
  EXPECT_EQ(shown(parse_months("5:december")), "5..12");
  EXPECT_EQ(shown(parse_months("3")), "3..3");
  EXPECT_EQ(shown(parse_months("august:may")), "ends before it begins");
  for (const auto* text : {"", "0", "13", "jan"}) {
    EXPECT_THAT(shown(parse_months(text)), HasSubstr("is no month")) << text;
  }
}

TEST(NotifyTimeInterval, YearsAreNumbers) {
  EXPECT_EQ(shown(parse_years("2026:2030")), "2026..2030");
  EXPECT_EQ(shown(parse_years("2026")), "2026..2026");
  EXPECT_EQ(shown(parse_years("2030:2026")), "ends before it begins");
  for (const auto* text : {"", "-1", "20260", "99999999999999999999"}) {
    EXPECT_THAT(shown(parse_years(text)), HasSubstr("is no year")) << text;
  }
}

TEST(NotifyTimeInterval, LocationsAreNamesOfTheDatabase) {
  for (const auto* name : {"", "UTC", "Local", "Europe/Berlin", "Etc/GMT+5", "EST5EDT"}) {
    EXPECT_TRUE(is_location(name)) << name;
  }
  for (const auto* name :
       {"europe/berlin", "Europe", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC", "file:UTC",
        "libc:localtime", "Fixed/UTC+05:00:00", "Fixed/UTC+05", "Mars/Olympus", " UTC", "UTC\n"}) {
    EXPECT_FALSE(is_location(name)) << name;
  }
}

TEST(NotifyTimeInterval, ATimeOfDayEndsBeforeItsEnd) {
  const TimeSpec office = at_times(9 * 60, 17 * 60);
  EXPECT_FALSE(contains(office, "2026-11-28 08:59"));
  EXPECT_TRUE(contains(office, "2026-11-28 09:00"));
  EXPECT_TRUE(contains(office, "2026-11-28 16:59"));
  EXPECT_FALSE(contains(office, "2026-11-28 17:00"));
  EXPECT_TRUE(contains(at_times(0, 1440), "2026-11-28 23:59"));
  EXPECT_TRUE(contains(TimeInterval{"x", {office}}, utc("2026-11-28 16:59") + 59'999));
}

TEST(NotifyTimeInterval, DaysCountedFromTheEndFollowTheMonthsLength) {
  const TimeSpec last = at_days({-1, -1});
  EXPECT_TRUE(contains(last, "2026-02-28 12:00"));
  EXPECT_FALSE(contains(last, "2028-02-28 12:00"));
  EXPECT_TRUE(contains(last, "2028-02-29 12:00"));
  EXPECT_TRUE(contains(last, "2026-04-30 12:00"));
  EXPECT_TRUE(contains(last, "2026-12-31 12:00"));
  EXPECT_FALSE(contains(last, "2026-12-30 12:00"));
  const TimeSpec early = at_days({-31, -27});  // begins before the month does, if that is short
  EXPECT_TRUE(contains(early, "2026-02-01 12:00"));
  EXPECT_TRUE(contains(early, "2026-02-02 12:00"));
  EXPECT_FALSE(contains(early, "2026-02-03 12:00"));
  const TimeSpec late = at_days({31, 31});
  EXPECT_FALSE(contains(late, "2026-04-30 12:00"));
  EXPECT_FALSE(contains(late, "2026-05-01 12:00"));
}

TEST(NotifyTimeInterval, EveryFieldMustHoldAndOfEachOneSpan) {
  TimeSpec spec;
  spec.weekdays = {{0, 0}, {6, 6}};
  spec.months = {{11, 12}};
  spec.years = {{2026, 2026}};
  EXPECT_TRUE(contains(spec, "2026-11-28 12:00"));   // a Saturday
  EXPECT_TRUE(contains(spec, "2026-11-29 12:00"));   // a Sunday
  EXPECT_FALSE(contains(spec, "2026-11-30 12:00"));  // a Monday
  EXPECT_FALSE(contains(spec, "2026-10-31 12:00"));
  EXPECT_FALSE(contains(spec, "2027-11-28 12:00"));
  EXPECT_TRUE(contains(TimeSpec(), "2026-11-28 12:00"));
}

TEST(NotifyTimeInterval, IsAnyOfItsSpecs) {
  const TimeInterval interval{"x", {at_times(0, 60), at_times(120, 180)}};
  EXPECT_TRUE(contains(interval, utc("2026-11-28 00:30")));
  EXPECT_FALSE(contains(interval, utc("2026-11-28 01:30")));
  EXPECT_TRUE(contains(interval, utc("2026-11-28 02:30")));
  EXPECT_FALSE(contains(TimeInterval{"never", {}}, utc("2026-11-28 02:30")));
}

TEST(NotifyTimeInterval, ALocationHasItsOwnDayAndItsSummer) {
  TimeSpec office = at_times(9 * 60, 17 * 60);
  office.location = "Europe/Berlin";
  EXPECT_TRUE(contains(office, "2026-01-15 08:00"));  // 09:00 there
  EXPECT_FALSE(contains(office, "2026-01-15 07:59"));
  EXPECT_TRUE(contains(office, "2026-07-15 07:00"));  // 09:00 in summer
  EXPECT_FALSE(contains(office, "2026-07-15 15:00"));
  TimeSpec monday;
  monday.weekdays = {{1, 1}};
  monday.location = "Pacific/Auckland";
  EXPECT_TRUE(contains(monday, "2026-11-29 12:00"));  // Sunday noon in UTC
  EXPECT_FALSE(contains(monday, "2026-11-30 12:00"));
}

}  // namespace
}  // namespace hitwatch::notify
