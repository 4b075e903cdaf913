// Which HTTP proxy a request goes through: settings, the variables HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY, and the exceptions that these name.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/http_url.h"

namespace hitwatch::net {

// A proxy that is spoken to over plain TCP; https goes through it in a tunnel.
struct Proxy {
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string authorization;  // of the header Proxy-Authorization, "" for none; never print it

  std::string address() const;  // host:port
  bool operator==(const Proxy&) const = default;
};
// `http://[user[:password]@]host[:port]`, user and password percent-encoded. The error says what is
// wrong without repeating the URL.
std::expected<Proxy, std::string> parse_proxy_url(std::string_view text);

// Who is reached without a proxy, as NO_PROXY lists it, comma separated: `*` (everybody), an
// address, a network (`10.0.0.0/8`), a name with all below it (`example.com`), or only what is
// below it (`.example.com`, `*.example.com`); names and addresses with a port (`example.com:8080`)
// mean that port alone. What is none of these fits nobody.
class DirectHosts {
 public:
  explicit DirectHosts(std::string_view list);
  // Also localhost and loopback addresses, which no list needs to name.
  bool contains(const HttpUrl& url) const;

 private:
  struct Entry {
    std::optional<boost::asio::ip::address> address;
    int prefix = 0;          // bits of the address that count
    std::string name;        // in lower case
    bool itself = true;      // not only what is below the name
    std::uint16_t port = 0;  // 0: any
  };
  void add(std::string_view text);
  static bool fits(const Entry& entry, const HttpUrl& url, std::string_view host,
                   const std::optional<boost::asio::ip::address>& address);

  bool everybody_ = false;
  std::vector<Entry> entries_;
};

// The proxies of a client; none by default.
struct Proxies {
  std::optional<Proxy> http;
  std::optional<Proxy> https;
  std::optional<DirectHosts> direct;  // none: everything goes through the proxy, loopback too

  const Proxy* of(const HttpUrl& url) const;  // null: none
};
// `proxy_url` for everything but what `no_proxy` lists (without a list: for everything, as
// Prometheus does it).
std::expected<Proxies, std::string> make_proxies(std::string_view proxy_url,
                                                 std::string_view no_proxy);
// From variables, in upper case or else in lower case; a proxy's scheme may be missing there.
// `variable` answers null for one that is not set (std::getenv).
std::expected<Proxies, std::string> proxies_from_environment(
    const std::function<const char*(const char*)>& variable);

}  // namespace hitwatch::net
