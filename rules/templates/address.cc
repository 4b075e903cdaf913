#include "rules/templates/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstddef>
#include <optional>

namespace hitwatch::templates {
namespace {

struct HostAndPort {
  std::string_view host;
  std::string_view port;
};

// As Go's net.SplitHostPort: the port may be anything, but brackets must match and a host with
// colons has them.
std::optional<HostAndPort> split(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  if (address.starts_with('[')) {
    const auto close = address.find(']');
    if (close == std::string_view::npos || close + 1 != colon) return std::nullopt;
    host = address.substr(1, close - 1);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  const auto brackets = address.starts_with('[') ? address.substr(1) : address;
  if (brackets.find('[') != std::string_view::npos) return std::nullopt;
  const auto after = address.starts_with('[') ? address.substr(address.find(']') + 1) : address;
  if (after.find(']') != std::string_view::npos) return std::nullopt;
  return HostAndPort{host, port};
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  if (text.find('\0') != std::string::npos) return false;
  in_addr four{};
  in6_addr six{};
  return inet_pton(AF_INET, text.c_str(), &four) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

}  // namespace

std::string strip_port(std::string_view address) {
  const auto parts = split(address);
  return std::string(parts ? parts->host : address);
}

std::string strip_domain(std::string_view address) {
  const auto parts = split(address).value_or(HostAndPort{address, ""});
  if (is_ip_address(parts.host)) return std::string(address);
  std::string host(parts.host.substr(0, parts.host.find('.')));
  if (parts.port.empty()) return host;
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  return host + ':' + std::string(parts.port);
}

std::string url_path(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const auto slash = url.find('/');
    if (slash == std::string_view::npos) return "";
    url.remove_prefix(slash);
  }
  std::string out;
  for (std::size_t i = 0; i < url.size(); ++i) {
    unsigned int byte = 0;
    const auto* digits = url.data() + i + 1;
    if (url[i] == '%' && i + 2 < url.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += url[i];
    }
  }
  return out;
}

}  // namespace hitwatch::templates
