#include "rules/templates/humanize.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "rules/templates/float_text.h"
#include "rules/templates/unicode.h"

namespace hitwatch::templates {
namespace {

std::string four_digits(double value) { return format_float(value, 'g', 4); }

// Fractions get 1000 times larger with each prefix until they are 1 or more.
std::string with_small_prefix(double value) {
  constexpr std::string_view kPrefixes = "munpfazy";
  std::string prefix;
  for (const char next : kPrefixes) {
    if (std::fabs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return four_digits(value) + prefix;
}

std::string with_large_prefix(double value, double step, std::string_view suffix) {
  constexpr std::string_view kPrefixes = "kMGTPEZY";
  std::string prefix;
  for (const char next : kPrefixes) {
    if (std::fabs(value) < step) break;
    prefix = next;
    prefix += suffix;
    value /= step;
  }
  return four_digits(value) + prefix;
}

// As Go's conversion on amd64: what does not fit is the smallest integer.
std::int64_t truncated(double value) {
  if (std::fabs(value) < 0x1p63) return static_cast<std::int64_t>(value);
  return std::numeric_limits<std::int64_t>::min();
}

std::expected<std::int64_t, std::string> nanoseconds_of(double seconds, std::string_view what) {
  if (!std::isfinite(seconds)) return std::unexpected("value is NaN or Inf");
  const double nanoseconds = seconds * 1e9;
  if (nanoseconds > 0x1p63 || nanoseconds < -0x1p63) {
    return std::unexpected(
        fmt::format("{} cannot be represented as a nanoseconds {} since it overflows int64",
                    format_float(seconds, 'g'), what));
  }
  return truncated(nanoseconds);
}

}  // namespace

std::string humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return four_digits(value);
  return std::fabs(value) >= 1 ? with_large_prefix(value, 1000, "") : with_small_prefix(value);
}

std::string humanize1024(double value) {
  if (std::fabs(value) <= 1 || !std::isfinite(value)) return four_digits(value);
  return with_large_prefix(value, 1024, "i");
}

std::string humanize_duration(double seconds) {
  if (!std::isfinite(seconds)) return four_digits(seconds);
  if (seconds == 0) return four_digits(seconds) + "s";
  if (std::fabs(seconds) < 1) return with_small_prefix(seconds) + "s";
  const std::string sign = seconds < 0 ? "-" : "";
  const auto whole = truncated(std::fabs(seconds));
  const auto days = whole / 86400;
  const auto hours = whole / 3600 % 24;
  const auto minutes = whole / 60 % 60;
  if (days != 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, whole % 60);
  if (hours != 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, whole % 60);
  if (minutes != 0) return fmt::format("{}{}m {}s", sign, minutes, whole % 60);
  return sign + four_digits(std::fabs(seconds)) + "s";
}

std::string humanize_percentage(double ratio) { return four_digits(ratio * 100) + "%"; }

std::expected<std::string, std::string> humanize_timestamp(double seconds) {
  if (!std::isfinite(seconds)) return four_digits(seconds);
  const auto moment = moment_of_seconds(seconds);
  if (!moment) return std::unexpected(moment.error());
  return moment_text(*moment);
}

std::expected<Moment, std::string> moment_of_seconds(double seconds) {
  const auto nanoseconds = nanoseconds_of(seconds, "timestamp");
  if (!nanoseconds) return std::unexpected(nanoseconds.error());
  const auto milliseconds = *nanoseconds / 1'000'000;
  auto second = milliseconds / 1000;
  auto rest = milliseconds % 1000;
  if (rest < 0) {
    --second;
    rest += 1000;
  }
  return Moment{second, static_cast<std::int32_t>(rest * 1'000'000)};
}

std::expected<std::int64_t, std::string> duration_of_seconds(double seconds) {
  return nanoseconds_of(seconds, "duration");
}

std::expected<double, std::string> parse_duration(std::string_view text) {
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, std::uint64_t>>({
      {"y", 31'536'000'000},
      {"w", 604'800'000},
      {"d", 86'400'000},
      {"h", 3'600'000},
      {"m", 60'000},
      {"s", 1'000},
      {"ms", 1},
  });
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max() / 1'000'000;
  if (text.empty()) return std::unexpected("empty duration string");
  if (text == "0") return 0;
  const auto invalid = [&] {
    return std::unexpected(fmt::format("not a valid duration string: {}", quote(text)));
  };
  bool too_long = false;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  for (auto rest = text; !rest.empty();) {
    std::uint64_t number = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      number = number * 10 + static_cast<std::uint64_t>(rest[digits] - '0');
      if (number > kLargest) {
        too_long = true;
        number = kLargest;
      }
    }
    rest.remove_prefix(digits);
    const auto unit = rest.substr(0, std::min(rest.find_first_of("0123456789"), rest.size()));
    while (next_unit < kUnits.size() && kUnits[next_unit].first != unit) ++next_unit;
    if (digits == 0 || next_unit == kUnits.size()) return invalid();
    const auto size = kUnits[next_unit++].second;
    if (number > (kLargest - total) / size) {
      too_long = true;
    } else {
      total += number * size;
    }
    rest.remove_prefix(unit.size());
  }
  if (too_long) return std::unexpected("duration out of range");
  return static_cast<double>(total) / 1000;
}

}  // namespace hitwatch::templates
