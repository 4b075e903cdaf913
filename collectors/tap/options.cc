#include "collectors/tap/options.h"

#include <fmt/format.h>

#include <charconv>

namespace hitwatch::tap {

std::expected<std::uint32_t, std::string> parse_sample(std::string_view text) {
  std::uint32_t one_of = 0;
  if (text.starts_with("1/")) {
    const std::string_view number = text.substr(2);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), one_of);
    if (error != std::errc() || end != number.data() + number.size()) one_of = 0;
  }
  if (one_of >= 1 && one_of <= kMaxOneOf) return one_of;
  return std::unexpected(fmt::format(
      "is not a share of the connections from 1/1 to 1/{}: write it like 1/10", kMaxOneOf));
}

}  // namespace hitwatch::tap
