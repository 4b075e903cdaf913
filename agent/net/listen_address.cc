#include "agent/net/listen_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hitwatch::net {
namespace {

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

}  // namespace

std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  const auto wrong = [](std::string_view why) {
    return std::unexpected(
        fmt::format("not an address to listen on ({}): write it like "
                    "0.0.0.0:9121, [::1]:9121, localhost:9121 or :9121",
                    why));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool in_brackets = host.starts_with('[');
  if (in_brackets) {
    if (!host.ends_with(']')) return wrong("the bracket is not closed before the port");
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return wrong("there is nothing between the brackets");
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address needs brackets");
  }
  // Between brackets, '%' precedes the interface of a link-local address.
  const bool is_host = std::ranges::all_of(host, [&](char c) {
    return is_host_character(c) || (in_brackets && (c == ':' || c == '%'));
  });
  if (!is_host) return wrong("the host has a character that no name or address has");
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return wrong("the port must be a number from 0 to 65535");
  }
  return ListenAddress{std::string(host), port};
}

}  // namespace hitwatch::net
