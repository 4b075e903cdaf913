// Parts of dates, compared with a plain walk through the years, and at moments that went wrong
// elsewhere.
#include "rules/promql/calendar.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace hitwatch::promql {
namespace {

TEST(Calendar, KnowsTheEpoch) {
  EXPECT_EQ(year(0), 1970);
  EXPECT_EQ(month(0), 1);
  EXPECT_EQ(day_of_month(0), 1);
  EXPECT_EQ(day_of_year(0), 1);
  EXPECT_EQ(day_of_week(0), 4) << "a Thursday";
  EXPECT_EQ(hour(0), 0);
  EXPECT_EQ(minute(0), 0);
  EXPECT_EQ(days_in_month(0), 31);
}

TEST(Calendar, KnowsLeapYears) {
  constexpr double kNewYearsEve2016 = 1483191420;
  EXPECT_EQ(day_of_year(kNewYearsEve2016), 366);
  EXPECT_EQ(hour(kNewYearsEve2016), 13);
  EXPECT_EQ(minute(kNewYearsEve2016), 37);
  EXPECT_EQ(days_in_month(1454284800), 29) << "February of 2016";
  EXPECT_EQ(days_in_month(1485907200), 28) << "February of 2017";
  EXPECT_EQ(days_in_month(951782400), 29) << "February of 2000";
  EXPECT_EQ(days_in_month(4105900800), 28) << "February of 2100";
}

TEST(Calendar, CutsFractionsTowardsZero) {
  EXPECT_EQ(year(-0.9), 1970);
  EXPECT_EQ(year(-1), 1969);
  EXPECT_EQ(day_of_year(-1), 365);
  EXPECT_EQ(minute(59.999), 0);
}

TEST(Calendar, AgreesWithTheStandardLibraryOnEveryDay) {
  using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;
  const sys_days end(std::chrono::January / 1 / 2405);
  for (sys_days day(std::chrono::January / 1 / 1599); day < end; day += days(1)) {
    const year_month_day expected(day);
    const double time = 86400.0 * day.time_since_epoch().count() + 4711;
    ASSERT_EQ(year(time), static_cast<int>(expected.year()));
    ASSERT_EQ(month(time), static_cast<unsigned>(expected.month()));
    ASSERT_EQ(day_of_month(time), static_cast<unsigned>(expected.day()));
    ASSERT_EQ(day_of_week(time), std::chrono::weekday(day).c_encoding());
    const sys_days first(expected.year() / std::chrono::January / 1);
    ASSERT_EQ(day_of_year(time), (day - first).count() + 1);
  }
}

TEST(Calendar, ShowsWhatIsNoTimeAsGoDoes) {
  for (const double nothing :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
        -std::numeric_limits<double>::infinity(), 1e300, -1e300}) {
    EXPECT_EQ(year(nothing), 292277026596) << nothing;
    EXPECT_EQ(month(nothing), 12);
    EXPECT_EQ(day_of_month(nothing), 4);
    EXPECT_EQ(hour(nothing), 15);
    EXPECT_EQ(minute(nothing), 30);
  }
}

}  // namespace
}  // namespace hitwatch::promql
