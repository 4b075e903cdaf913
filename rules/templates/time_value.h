// Points in time and durations as templates see them: Go's time.Time and time.Duration with the
// methods that make sense in a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/templates/value.h"

namespace hitwatch::templates {

struct Moment {
  std::int64_t seconds = 0;      // since 1970; years 0 to 9999
  std::int32_t nanoseconds = 0;  // 0 to 999999999
  // What clocks show there and then: seconds ahead of UTC, and what that is called.
  std::int32_t offset = 0;
  std::string zone = "UTC";
};

// `layout` shows how Go's reference time, Mon Jan 2 15:04:05 2006, would be written.
std::string format_moment(const Moment& moment, std::string_view layout);
// As Go's String method: `2006-01-02 15:04:05.999999999 +0000 UTC`.
std::string moment_text(const Moment& moment);
// As Go's String method: `1h2m3.5s`, `15ms`, `0s`.
std::string duration_text(std::int64_t nanoseconds);

// `pointer`: shown as *time.Time (or *time.Duration) by %T.
Value moment_value(Moment moment, bool pointer);
Value duration_value(std::int64_t nanoseconds, bool pointer);
// Nothing if the value is no point in time.
std::optional<Moment> as_moment(const Value& value);

}  // namespace hitwatch::templates
