#include "collectors/redis/info.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace hitwatch::redis {
namespace {

// Cuts `rest` at the first `separator` and returns what is before it.
std::string_view cut(std::string_view& rest, char separator) {
  const void* found = std::memchr(rest.data(), separator, rest.size());
  const std::size_t size =
      found == nullptr ? rest.size()
                       : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
  const std::string_view before = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  return before;
}

}  // namespace

bool InfoLines::next(InfoLine& line) {
  while (!rest_.empty()) {
    std::string_view text = cut(rest_, '\n');
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() || text.front() == '#') continue;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    line.field = text.substr(0, colon);
    line.value = text.substr(colon + 1);
    return true;
  }
  return false;
}

bool InfoPairs::next(InfoLine& pair) {
  while (!rest_.empty()) {
    const std::string_view text = cut(rest_, separator_);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    pair.field = text.substr(0, equals);
    pair.value = text.substr(equals + 1);
    return true;
  }
  return false;
}

std::optional<double> parse_number(std::string_view text) {
  // Most values are short counts; from_chars for doubles takes several times as long.
  constexpr std::size_t kExactDigits = 15;
  if (text.size() <= kExactDigits && all_digits(text)) {
    std::int64_t value = 0;
    for (const char digit : text) value = value * 10 + (digit - '0');
    return static_cast<double>(value);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) return {};
  return value;
}

std::optional<double> parse_info_value(std::string_view text) {
  if (text.empty()) return {};
  switch (text.front()) {
    case 'o':
      if (text == "ok") return 1;
      break;
    case 't':
      if (text == "true") return 1;
      break;
    case 'e':
      if (text == "err") return 0;
      break;
    case 'f':
      if (text == "fail" || text == "false") return 0;
      break;
    default:
      break;
  }
  return parse_number(text);
}

int parse_version(std::string_view text) {
  int number = 0;
  for (int part = 0; part < 3; ++part) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) value = 0;
    number = number * 100 + std::min(value, 999);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with('.')) text = {};
    if (!text.empty()) text.remove_prefix(1);
  }
  return number;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace hitwatch::redis
