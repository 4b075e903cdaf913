#include "agent/cli/keys_figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace hitwatch::cli {
namespace {

using keyspace::Estimate;

constexpr double kLargest = 1e15;
constexpr double kSecondsPerMinute = 60;
constexpr double kSecondsPerHour = 3600;
constexpr std::int64_t kMinutesPerHour = 60;
constexpr std::int64_t kMinutesPerDay = 24 * 60;

// A number that all of the rest can deal with.
double sane(double number) { return std::isnan(number) ? 0 : std::clamp(number, 0.0, kLargest); }

std::string two_units(std::int64_t large, const char* large_unit, std::int64_t small,
                      const char* small_unit) {
  if (small == 0) return fmt::format("{} {}", large, large_unit);
  return fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
}

std::string estimated(const std::optional<Estimate>& estimate, std::string (*text)(double)) {
  if (!estimate) return "-";
  if (estimate->value == 0 && estimate->high > 0) return "<" + text(std::ceil(estimate->high));
  return text(estimate->value);
}

}  // namespace

std::string whole_number(double number) {
  std::string text = fmt::format("{:.0f}", sane(number));
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string count_of(double number, std::string_view thing) {
  const std::string text = whole_number(number);
  return fmt::format("{} {}{}", text, thing, text == "1" ? "" : "s");
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  constexpr double kStep = 1024;
  double amount = sane(bytes);
  if (amount < kStep - 0.5) return fmt::format("{:.0f} B", amount);
  std::size_t unit = 0;
  amount /= kStep;
  while (amount >= kStep - 0.5 && unit + 1 < kUnits.size()) {
    amount /= kStep;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", amount, amount < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string duration_words(double seconds) {
  seconds = sane(seconds);
  if (seconds < 0.9995e-3 && seconds > 0) return "<1 ms";
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const std::int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return two_units(whole / 60, "min", whole % 60, "s");
  const std::int64_t minutes = std::llround(seconds / kSecondsPerMinute);
  if (minutes < kMinutesPerDay) {
    return two_units(minutes / kMinutesPerHour, "h", minutes % kMinutesPerHour, "min");
  }
  const std::int64_t hours = std::llround(seconds / kSecondsPerHour);
  return two_units(hours / 24, "d", hours % 24, "h");
}

std::string share_text(double part, double whole) {
  if (!(whole > 0)) return "";
  const double percent = sane(part / whole * 100);
  if (percent > 0 && percent < 0.05) return "<0.1%";
  return fmt::format("{:.1f}%", percent);
}

std::string error_text(const std::optional<Estimate>& estimate) {
  const auto ratio = estimate ? estimate->error_ratio() : std::nullopt;
  if (!ratio || !(*ratio > 0)) return "";
  if (*ratio < 0.0995) return fmt::format("±{:.1f}%", *ratio * 100);
  if (*ratio < 9.995) return fmt::format("±{:.0f}%", *ratio * 100);
  return ">±999%";
}

std::string estimated_count(const std::optional<Estimate>& estimate) {
  return estimated(estimate, whole_number);
}

bool is_doubtful(const Estimate& estimate) { return estimate.error_ratio().value_or(0) > 1; }

std::string doubted_count(const std::optional<Estimate>& estimate) {
  if (!estimate || !is_doubtful(*estimate)) return estimated_count(estimate);
  return estimated_count(Estimate{0, 0, estimate->high});
}

std::string estimated_bytes(const std::optional<Estimate>& estimate) {
  return estimated(estimate, bytes_text);
}

std::string estimated_duration(const std::optional<Estimate>& estimate) {
  return estimated(estimate, duration_words);
}

}  // namespace hitwatch::cli
