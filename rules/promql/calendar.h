// Parts of a date in UTC, of Unix seconds, as Go's time package has them.
#pragma once

namespace hitwatch::promql {

// Seconds are cut to a whole number towards zero. NaN, infinite and larger than 64 bits hold are
// what the processors of most servers make of them: the smallest such number, which Go shows as a
// moment in the year 292277026596.
double minute(double seconds);         // 0 to 59
double hour(double seconds);           // 0 to 23
double day_of_week(double seconds);    // 0 is Sunday
double day_of_month(double seconds);   // from 1
double day_of_year(double seconds);    // from 1
double days_in_month(double seconds);  // 28 to 31
double month(double seconds);          // from 1
double year(double seconds);           // of the Gregorian calendar, also before there was one

}  // namespace hitwatch::promql
