// No message below repeats a part of the URL: where a user and password were forgotten in it, a
// piece of them can stand anywhere.
#include "agent/net/http_url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "agent/net/http_words.h"

namespace hitwatch::net {
namespace {

constexpr std::size_t kMaxHttpUrlBytes = 4096;
constexpr std::size_t kMaxHttpHostBytes = 253;
constexpr std::uint16_t kPlainPort = 80;
constexpr std::uint16_t kTlsPort = 443;

std::unexpected<std::string> not_a_url(std::string_view text) {
  return std::unexpected(std::string(text));
}

bool is_http_host(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHttpHostBytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

bool is_ipv6_literal(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// Cuts `http://` or `https://` off and sets what it implies.
bool take_scheme(std::string_view& text, HttpUrl& url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme)) continue;
    text.remove_prefix(scheme.size());
    url.tls = scheme == "https://";
    url.port = url.tls ? kTlsPort : kPlainPort;
    return true;
  }
  return false;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// `host`, `host:port`, `[v6]` or `[v6]:port`.
std::expected<void, std::string> read_authority(std::string_view text, HttpUrl& url) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_literal(text.substr(1, close - 1))) {
      return not_a_url("what stands in brackets is not an IPv6 address");
    }
    url.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (!is_http_host(text.substr(0, colon))) return not_a_url("host is not a name or an address");
    url.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (rest.empty()) return {};
  const auto port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!port) return not_a_url("port is not a number from 1 to 65535");
  url.port = *port;
  return {};
}

// Removes `.` and `..` from an absolute path (RFC 3986, 5.2.4).
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  bool open = false;  // ends with a slash
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    open = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!open) segments.push_back(segment);
  }
  std::string text;
  for (const std::string_view segment : segments) {
    text += '/';
    text += segment;
  }
  if (open || text.empty()) text += '/';
  return text;
}

}  // namespace

std::expected<HttpUrl, std::string> parse_http_url(std::string_view text) {
  if (text.empty()) return not_a_url("URL is empty");
  if (text.size() > kMaxHttpUrlBytes) return not_a_url("URL is longer than 4096 bytes");
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_printable) {
    return not_a_url("URL contains a space or what is not ASCII; percent-encode these");
  }
  HttpUrl url;
  if (!take_scheme(text, url)) return not_a_url("URL must start with http:// or https://");
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view target = text.substr(end);
  // A password may hold a '/', so that its '@' comes later than it should.
  if (text.substr(0, text.find('?')).contains('@')) {
    return not_a_url("URL must not hold a user or password (an '@' in a path is written %40)");
  }
  if (target.contains('#')) return not_a_url("URL must not have a fragment ('#…')");
  if (auto read = read_authority(text.substr(0, end), url); !read) {
    return std::unexpected(std::move(read.error()));
  }
  url.target = target.starts_with('/') ? target : fmt::format("/{}", target);
  return url;
}

std::expected<HttpUrl, std::string> resolve_location(const HttpUrl& base,
                                                     std::string_view location) {
  location = location.substr(0, location.find('#'));
  if (location.find(':') < location.find_first_of("/?")) return parse_http_url(location);
  const std::string_view scheme = base.tls ? "https" : "http";
  if (location.starts_with("//")) return parse_http_url(fmt::format("{}:{}", scheme, location));
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  const std::size_t query = std::min(location.find('?'), location.size());
  std::string path(location.substr(0, query));
  if (path.empty()) {
    path = base_path;
  } else if (!path.starts_with('/')) {
    path = fmt::format("{}/{}", base_path.substr(0, base_path.rfind('/')), path);
  }
  const std::string_view rest = location.empty()
                                    ? std::string_view(base.target).substr(base_path.size())
                                    : location.substr(query);
  return parse_http_url(
      fmt::format("{}://{}{}{}", scheme, base.address(), without_dot_segments(path), rest));
}

std::string HttpUrl::address() const {
  if (host.contains(':')) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

std::string HttpUrl::authority() const {
  std::string text = address();
  if (port == (tls ? kTlsPort : kPlainPort)) text.resize(text.rfind(':'));
  return text;
}

}  // namespace hitwatch::net
