#include "agent/config/key_selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hitwatch::config {

std::expected<keyspace::KeySelector, std::string> parse_key_selector(std::string_view text) {
  keyspace::KeySelector selector;
  const std::size_t equals = text.find('=');
  if (text.starts_with("db") && equals != text.npos && equals > 2) {
    const std::string_view index = text.substr(2, equals - 2);
    if (std::ranges::all_of(index, [](char c) { return c >= '0' && c <= '9'; })) {
      const auto [end, error] =
          std::from_chars(index.data(), index.data() + index.size(), selector.database);
      if (error != std::errc() || selector.database > kMostDatabase) {
        return std::unexpected(fmt::format("names no database from 0 to {}", kMostDatabase));
      }
      text.remove_prefix(equals + 1);
    }
  }
  if (text.empty()) return std::unexpected("names no key: write it like 'user:*' or 'db0=user:*'");
  if (text.size() > kMaxSelectorBytes) {
    return std::unexpected(fmt::format("is longer than {} bytes", kMaxSelectorBytes));
  }
  selector.text = text;
  return selector;
}

}  // namespace hitwatch::config
