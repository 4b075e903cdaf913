#include "collectors/apps/statsd_number.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace hitwatch::apps {
namespace {

// So many digits are exact in a double.
constexpr std::size_t kExactDigits = 15;

}  // namespace

bool parse_number(std::string_view text, double& out) {
  // Nearly all values are short whole numbers.
  if (!text.empty() && text.size() <= kExactDigits) {
    std::int64_t whole = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      whole = whole * 10 + (text[at] - '0');
    }
    if (at == text.size()) {
      out = static_cast<double>(whole);
      return true;
    }
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end && std::isfinite(out);
}

}  // namespace hitwatch::apps
