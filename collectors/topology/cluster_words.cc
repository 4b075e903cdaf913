#include "collectors/topology/cluster_words.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace hitwatch::topology {
namespace {

constexpr std::size_t kLongestId = 64;
constexpr std::size_t kLongestFlag = 32;

// By ASCII, whatever the locale.
bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_made_of(std::string_view text, std::string_view further) {
  return std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || further.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_node_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId && is_made_of(text, "-_");
}

bool is_host(std::string_view text) {
  return text == "?" || (text.size() <= kLongestWord && is_made_of(text, "-_.:%"));
}

bool is_flag(std::string_view text) {
  return !text.empty() && text.size() <= kLongestFlag && is_made_of(text, "?-_");
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  const auto number = read_number(text);
  if (!number || *number > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace hitwatch::topology
