// Addresses of Redis servers, as people write them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace hitwatch::net {

// redis://, rediss://, valkey://, valkeys:// and unix:// URLs (the "redis" and "rediss" schemes as
// registered with IANA; database as the path of redis://, as ?db=N of unix://). A bare `host:port`
// or `host` is taken as redis://, a bare absolute path as unix://.
struct RedisUrl {
  bool tls = false;
  std::string host;  // empty for a Unix socket; an IPv6 literal without brackets
  std::uint16_t port = 6379;
  std::string socket_path;  // of a Unix socket, else empty
  std::string username;     // percent-decoded
  std::string password;     // percent-decoded; never print it
  int database = 0;

  bool is_unix() const { return !socket_path.empty(); }
  // `host:port`, `[v6]:port` or the socket's path: the default instance label. No secrets.
  std::string address() const;
  // The URL without user, password and database: scheme://address. No secrets.
  std::string redacted() const;

  bool operator==(const RedisUrl&) const = default;
};

// `port` is that of an address without one. Errors are one sentence for a person and never repeat
// the password.
std::expected<RedisUrl, std::string> parse_redis_url(std::string_view text,
                                                     std::uint16_t port = 6379);

}  // namespace hitwatch::net
