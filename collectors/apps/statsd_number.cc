#include "collectors/apps/statsd_number.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace hitwatch::apps {
namespace {

// So many digits are exact in a double.
constexpr std::size_t kExactDigits = 15;

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  // Nearly all values are short whole numbers.
  if (!text.empty() && text.size() <= kExactDigits) {
    std::int64_t whole = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      whole = whole * 10 + (text[at] - '0');
    }
    if (at == text.size()) return static_cast<double>(whole);
  }
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace hitwatch::apps
