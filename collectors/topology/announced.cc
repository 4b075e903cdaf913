#include "collectors/topology/announced.h"

#include <fmt/format.h>

#include <string>

namespace hitwatch::topology {
namespace {

constexpr std::int64_t kMostPort = 65535;

// `host` or `host:port` of the map: without a port, that of `announced` stays.
net::RedisUrl led_to(const std::string& place, const net::RedisUrl& announced) {
  const auto url = net::parse_redis_url(place, announced.port);
  if (!url || url->is_unix()) return announced;
  net::RedisUrl result = announced;
  result.host = url->host;
  result.port = url->port;
  return result;
}

}  // namespace

std::optional<net::RedisUrl> announced_url(std::string_view host, std::int64_t port, bool tls) {
  if (port < 1 || port > kMostPort) return std::nullopt;
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  const auto url = net::parse_redis_url(fmt::format(
      fmt::runtime(is_ipv6 ? "{}://[{}]:{}" : "{}://{}:{}"), tls ? "rediss" : "redis", host, port));
  // A host that holds a user, a path or nothing would be read as more, or as another.
  if (!url || url->host != host || url->port != port) return std::nullopt;
  return *url;
}

redis::Target announced_target(const net::RedisUrl& announced, const AddressMap& map) {
  redis::Target target;
  target.url = announced;
  if (const auto exact = map.find(announced.address()); exact != map.end()) {
    target.url = led_to(exact->second, announced);
  } else if (const auto host = map.find(announced.host); host != map.end()) {
    target.url = led_to(host->second, announced);
  }
  if (target.url != announced) target.alias = announced.address();
  return target;
}

}  // namespace hitwatch::topology
