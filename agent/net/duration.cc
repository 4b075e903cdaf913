#include "agent/net/duration.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace hitwatch::net {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kDay = 24 * 3600 * kSecond;
constexpr std::array<Unit, 7> kDurationUnits{{{"y", 365 * kDay},
                                              {"w", 7 * kDay},
                                              {"d", kDay},
                                              {"h", 3600 * kSecond},
                                              {"m", 60 * kSecond},
                                              {"s", kSecond},
                                              {"ms", 1}}};
constexpr std::array<Unit, 5> kSizeUnits{
    {{"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"B", 1}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the whole number at the start of `text`; nothing if there is none or it is too large.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::string_view take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && !is_digit(text[length])) ++length;
  const std::string_view unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

}  // namespace

std::expected<std::chrono::milliseconds, std::string> parse_duration(std::string_view text) {
  const auto bad = [] {
    return std::unexpected("not a duration: write it like 250ms, 15s or 1h30m");
  };
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return bad();
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return bad();
    const std::string_view name = take_unit(text);
    while (next_unit < kDurationUnits.size() && kDurationUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kDurationUnits.size()) return bad();
    std::uint64_t part = 0;
    if (__builtin_mul_overflow(*number, kDurationUnits[next_unit].factor, &part) ||
        __builtin_add_overflow(total, part, &total) || total > kMost) {
      return std::unexpected("too long for a duration");
    }
    ++next_unit;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration.count() <= 0) return "0s";
  auto rest = static_cast<std::uint64_t>(duration.count());
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    if (rest < unit.factor) continue;
    // 366 days read better than a year and a day.
    const bool only_if_whole = unit.name == "y" || unit.name == "w";
    if (only_if_whole && rest % unit.factor != 0) continue;
    text += fmt::format("{}{}", rest / unit.factor, unit.name);
    rest %= unit.factor;
  }
  return text;
}

std::string format_milliseconds(std::int64_t milliseconds) {
  return format_duration(std::chrono::milliseconds(milliseconds));
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  const auto bad = [] {
    return std::unexpected("not a size: write it like 512KiB, 64MiB or 2GiB, or as bytes");
  };
  const auto number = take_number(text);
  if (!number) return bad();
  if (text.empty()) return *number;
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != text) continue;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(*number, unit.factor, &bytes)) {
      return std::unexpected("too large for a size");
    }
    return bytes;
  }
  return bad();
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (bytes != 0 && bytes % unit.factor == 0) {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return "0B";
}

}  // namespace hitwatch::net
