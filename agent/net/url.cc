// No message below repeats a part of the URL other than its scheme: with a forgotten or unescaped
// character, a piece of the password can stand where the host, the port or the path is expected.
#include "agent/net/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "agent/net/percent.h"

namespace hitwatch::net {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxSocketPathBytes = 107;  // sockaddr_un::sun_path less the final NUL

std::unexpected<std::string> bad(std::string_view text) {
  return std::unexpected(std::string(text));
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::expected<void, std::string> read_user(std::string_view text, RedisUrl& url) {
  const std::size_t colon = text.find(':');
  const auto username = percent_decode(text.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::optional<std::string>("")
                                                        : percent_decode(text.substr(colon + 1));
  if (!username || !password) {
    return bad("user or password has a broken percent escape; write % as %25");
  }
  url.username = *username;
  url.password = *password;
  return {};
}

bool is_host(std::string_view text) {
  return text.size() <= kMaxHostBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
         });
}

// Only link-local addresses have a zone: elsewhere the system ignores it, and it could make an
// address look like the name of another server.
bool is_ipv6(std::string_view text) {
  if (text.size() > kMaxHostBytes) return false;
  const std::size_t percent = text.find('%');
  const std::string literal(text.substr(0, percent));
  in6_addr address{};
  if (inet_pton(AF_INET6, literal.c_str(), &address) != 1) return false;
  if (percent == std::string_view::npos) return true;
  const std::string_view zone = text.substr(percent + 1);
  return IN6_IS_ADDR_LINKLOCAL(&address) && !zone.empty() && is_host(zone);
}

std::expected<void, std::string> read_port(std::string_view text, RedisUrl& url) {
  const auto port = parse_number<std::uint16_t>(text);
  if (!port || *port == 0) {
    return bad(
        "port is not a number from 1 to 65535 (a '/', '?', '#' or '@' in a password must be "
        "percent-encoded)");
  }
  url.port = *port;
  return {};
}

// `host`, `host:port`, `[v6]` or `[v6]:port`.
std::expected<void, std::string> read_host(std::string_view text, RedisUrl& url) {
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) {
      return bad("host in brackets is not an IPv6 address (only link-local ones take a %zone)");
    }
    url.host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return bad("text after the IPv6 address");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
      return bad("more than one ':' in host and port; an IPv6 address is written [::1]:6379");
    }
    if (!is_host(text.substr(0, colon))) return bad("host is not a name or an address");
    url.host = text.substr(0, colon);
    // The registration of the scheme: without a host the server is on this machine.
    if (url.host.empty()) url.host = "localhost";
    has_port = colon != std::string_view::npos;
    if (has_port) port = text.substr(colon + 1);
  }
  return has_port ? read_port(port, url) : std::expected<void, std::string>{};
}

std::expected<void, std::string> read_database(std::string_view text, RedisUrl& url) {
  const auto database = parse_number<int>(text);
  if (!database) {
    return bad(
        "database is not a number (a '/', '?', '#' or '@' in a password must be percent-encoded)");
  }
  url.database = *database;
  return {};
}

std::expected<RedisUrl, std::string> parse_socket_url(std::string_view rest) {
  RedisUrl url;
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    if (!query.starts_with("db=")) return bad("the only parameter of a unix:// URL is ?db=NUMBER");
    if (auto ok = read_database(query.substr(3), url); !ok) return std::unexpected(ok.error());
    rest = rest.substr(0, question);
  }
  const std::size_t slash = rest.find('/');
  const std::string_view before = rest.substr(0, slash);
  if (!before.empty()) {
    if (!before.ends_with('@')) return bad("a unix:// URL needs an absolute path: unix:///run/…");
    if (auto ok = read_user(before.substr(0, before.size() - 1), url); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (slash == std::string_view::npos) {
    return bad("a unix:// URL needs an absolute path: unix:///run/…");
  }
  const auto path = percent_decode(rest.substr(slash));
  if (!path) return bad("the socket's path has a broken percent escape; write % as %25");
  url.socket_path = *path;
  if (url.socket_path.size() > kMaxSocketPathBytes) {
    return bad("the socket's path is longer than the system allows (107 bytes)");
  }
  return url;
}

std::expected<RedisUrl, std::string> parse_network_url(std::string_view rest, bool tls,
                                                       std::uint16_t port) {
  RedisUrl url;
  url.tls = tls;
  url.port = port;
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return bad(
        "parameters ('?…') and fragments ('#…') are not supported (a '?' or '#' in a password "
        "must be percent-encoded)");
  }
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (auto ok = read_user(authority.substr(0, at), url); !ok) return std::unexpected(ok.error());
    authority.remove_prefix(at + 1);
  }
  if (auto ok = read_host(authority, url); !ok) return std::unexpected(ok.error());
  if (slash != std::string_view::npos && slash + 1 < rest.size()) {
    if (auto ok = read_database(rest.substr(slash + 1), url); !ok) {
      return std::unexpected(ok.error());
    }
  }
  return url;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::expected<RedisUrl, std::string> parse_redis_url(std::string_view text, std::uint16_t port) {
  if (text.empty()) return bad("address is empty");
  if (text.size() > kMaxUrlBytes) return bad("address is longer than 4096 bytes");
  const bool has_space = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
  if (has_space) return bad("address contains a space or a control character");
  if (text.front() == '/') {
    if (text.size() > kMaxSocketPathBytes) {
      return bad("the socket's path is longer than the system allows (107 bytes)");
    }
    RedisUrl url;
    url.socket_path = text;
    return url;
  }
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return parse_network_url(text, false, port);
  const std::string scheme = lower(text.substr(0, mark));
  const std::string_view rest = text.substr(mark + 3);
  if (scheme == "redis" || scheme == "valkey") return parse_network_url(rest, false, port);
  if (scheme == "rediss" || scheme == "valkeys") return parse_network_url(rest, true, port);
  if (scheme == "unix") return parse_socket_url(rest);
  const bool is_word = !scheme.empty() && scheme.size() <= 16 &&
                       std::all_of(scheme.begin(), scheme.end(), is_alphanumeric);
  return std::unexpected(
      fmt::format("{} is not a scheme of Redis: use redis, rediss, valkey, valkeys or unix",
                  is_word ? fmt::format("'{}'", scheme) : "what stands before '://'"));
}

std::string RedisUrl::address() const {
  if (is_unix()) return socket_path;
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

std::string RedisUrl::redacted() const {
  const std::string_view scheme = is_unix() ? "unix" : tls ? "rediss" : "redis";
  return fmt::format("{}://{}", scheme, address());
}

}  // namespace hitwatch::net
