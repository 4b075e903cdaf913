#include "agent/cli/top_figures.h"

#include <fmt/core.h>

namespace hitwatch::cli {
namespace {

constexpr std::size_t kRateColumns = 8;

// Three digits that count, and no more than four characters: "1.23", "12.3", "999".
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

}  // namespace

std::string count_text(double count, std::size_t columns) {
  std::string exact = fmt::format("{:.0f}", count);
  if (exact.size() <= columns) return exact;
  for (const char unit : {'k', 'M', 'G', 'T'}) {
    count /= 1000;
    if (count < 999.5) return three_digits(count) + unit;
  }
  return ">999T";
}

std::string rate_text(double per_second) {
  if (per_second > 0 && per_second < 0.01) return "<0.01";
  if (per_second < 999.5) return three_digits(per_second);
  return count_text(per_second, kRateColumns);
}

std::string percent_text(std::optional<double> ratio) {
  if (!ratio) return "";
  const std::string text = fmt::format("{:.1f}", *ratio * 100);
  return *ratio < 1 && text == "100.0" ? "99.9" : text;
}

std::string margin_text(std::optional<double> low, std::optional<double> high) {
  if (!low || !high) return "";
  return fmt::format("±{:.1f}", (*high - *low) / 2 * 100);
}

std::string latency_text(std::optional<double> seconds) {
  if (!seconds) return "";
  const double s = *seconds;
  if (s < 999.5e-6) return fmt::format("{:.0f}µs", s * 1e6);
  if (s < 9.95e-3) return fmt::format("{:.1f}ms", s * 1e3);
  if (s < 999.5e-3) return fmt::format("{:.0f}ms", s * 1e3);
  if (s < 9.95) return fmt::format("{:.1f}s", s);
  if (s < 9999.5) return fmt::format("{:.0f}s", s);
  return ">2h";
}

}  // namespace hitwatch::cli
