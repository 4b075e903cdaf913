// Where a server listens, as configurations write it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::net {

struct ListenAddress {
  std::string host;  // a name or an address without brackets; "" is every interface
  std::uint16_t port = 0;
};

// Reads `host:port`, `[v6]:port` or `:port`. Errors complete the sentence "'…' is", say what a
// right one looks like and do not repeat the text.
std::expected<ListenAddress, std::string> parse_listen_address(std::string_view text);

}  // namespace hitwatch::net
