// Addresses of HTTP servers.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::net {

// `http://host[:port][/path][?query]` or https. A user or password in it is refused.
struct HttpUrl {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target;  // path and query, at least "/"

  // host:port, IPv6 in brackets.
  std::string address() const;
  // What the Host header says: the address, without the port that the scheme implies.
  std::string authority() const;
  bool operator==(const HttpUrl&) const = default;
};
// The error says what is wrong without repeating the URL.
std::expected<HttpUrl, std::string> parse_http_url(std::string_view text);

// Where a redirect from `base` leads (RFC 3986, section 5.2); a fragment is dropped. The error says
// what is wrong without repeating the address.
std::expected<HttpUrl, std::string> resolve_location(const HttpUrl& base,
                                                     std::string_view location);

}  // namespace hitwatch::net
