#include "agent/net/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "agent/net/base64.h"
#include "agent/net/http_words.h"
#include "agent/net/percent.h"

namespace hitwatch::net {
namespace {

using boost::asio::ip::address;

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ascii_lower);
  return lower;
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string_view without_brackets(std::string_view text) {
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

std::optional<address> literal_address(std::string_view text) {
  boost::system::error_code code;
  const address read = boost::asio::ip::make_address(std::string(without_brackets(text)), code);
  return code ? std::nullopt : std::optional(read);
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <typename Bytes>
bool same_prefix(const Bytes& left, const Bytes& right, int bits) {
  for (std::size_t i = 0; i < left.size() && bits > 0; ++i, bits -= 8) {
    const unsigned mask = bits >= 8 ? 0xffU : 0xffU << (8 - bits) & 0xffU;
    if ((left[i] & mask) != (right[i] & mask)) return false;
  }
  return true;
}

bool in_network(const address& network, int bits, const address& host) {
  if (network.is_v4() != host.is_v4()) return false;
  if (host.is_v4()) return same_prefix(network.to_v4().to_bytes(), host.to_v4().to_bytes(), bits);
  return same_prefix(network.to_v6().to_bytes(), host.to_v6().to_bytes(), bits);
}

// The value of Proxy-Authorization for `user:password`.
std::expected<std::string, std::string> basic_authorization(std::string_view userinfo) {
  const std::size_t colon = std::min(userinfo.find(':'), userinfo.size());
  const auto user = percent_decode(userinfo.substr(0, colon));
  const auto password = percent_decode(userinfo.substr(std::min(colon + 1, userinfo.size())));
  if (!user || !password) return std::unexpected("user or password have a broken '%' escape");
  return fmt::format("Basic {}", base64_encode(fmt::format("{}:{}", *user, *password)));
}

}  // namespace

std::string Proxy::address() const {
  return HttpUrl{.tls = false, .host = host, .port = port, .target = ""}.address();
}

std::expected<Proxy, std::string> parse_proxy_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!equal_ignoring_case(text.substr(0, kScheme.size()), kScheme)) {
    return std::unexpected(
        "a proxy's URL must start with http:// (one that is spoken to over TLS or SOCKS is not "
        "supported)");
  }
  text.remove_prefix(kScheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  Proxy proxy;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    auto authorization = basic_authorization(text.substr(0, at));
    if (!authorization) return std::unexpected(std::move(authorization.error()));
    proxy.authorization = *std::move(authorization);
    text.remove_prefix(at + 1);
  }
  if (text.find_first_of("/?#") != std::string_view::npos) {
    return std::unexpected("a proxy's URL must not have a path");
  }
  auto url = parse_http_url(fmt::format("http://{}", text));
  if (!url) return std::unexpected(std::move(url.error()));
  proxy.host = std::move(url->host);
  proxy.port = url->port;
  return proxy;
}

DirectHosts::DirectHosts(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    add(without_blanks(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

void DirectHosts::add(std::string_view text) {
  if (text.empty()) return;
  if (text == "*") {
    everybody_ = true;
    return;
  }
  Entry entry;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    entry.address = literal_address(text.substr(0, slash));
    const auto bits = whole_number<int>(text.substr(slash + 1));
    if (!entry.address || !bits || *bits < 0 || *bits > (entry.address->is_v4() ? 32 : 128)) return;
    entry.prefix = *bits;
    entries_.push_back(std::move(entry));
    return;
  }
  entry.address = literal_address(text);
  if (const std::size_t colon = text.rfind(':'); !entry.address && colon != text.npos) {
    const auto port = whole_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return;
    entry.port = *port;
    text = text.substr(0, colon);
    entry.address = literal_address(text);
  }
  if (entry.address) {
    entry.prefix = 128;
  } else {
    if (text.starts_with("*.")) text.remove_prefix(1);
    entry.itself = !text.starts_with('.');
    if (!entry.itself) text.remove_prefix(1);
    if (text.empty()) return;
    entry.name = in_lower_case(text);
  }
  entries_.push_back(std::move(entry));
}

bool DirectHosts::contains(const HttpUrl& url) const {
  if (everybody_) return true;
  std::string host = in_lower_case(url.host);
  if (host.ends_with('.')) host.pop_back();
  const std::optional<address> literal = literal_address(host);
  if (host == "localhost" || (literal && literal->is_loopback())) return true;
  return std::ranges::any_of(entries_,
                             [&](const Entry& entry) { return fits(entry, url, host, literal); });
}

bool DirectHosts::fits(const Entry& entry, const HttpUrl& url, std::string_view host,
                       const std::optional<boost::asio::ip::address>& address) {
  if (entry.port != 0 && entry.port != url.port) return false;
  if (entry.address) return address && in_network(*entry.address, entry.prefix, *address);
  if (host == entry.name) return entry.itself;
  return host.size() > entry.name.size() && host.ends_with(entry.name) &&
         host[host.size() - entry.name.size() - 1] == '.';
}

const Proxy* Proxies::of(const HttpUrl& url) const {
  const std::optional<Proxy>& proxy = url.tls ? https : http;
  if (!proxy || (direct && direct->contains(url))) return nullptr;
  return &*proxy;
}

std::expected<Proxies, std::string> make_proxies(std::string_view proxy_url,
                                                 std::string_view no_proxy) {
  auto proxy = parse_proxy_url(proxy_url);
  if (!proxy) return std::unexpected(std::move(proxy.error()));
  Proxies proxies{.http = *proxy, .https = *proxy, .direct = std::nullopt};
  if (!no_proxy.empty()) proxies.direct.emplace(no_proxy);
  return proxies;
}

std::expected<Proxies, std::string> proxies_from_environment(
    const std::function<const char*(const char*)>& variable) {
  const auto value = [&](const char* upper, const char* lower) -> std::string_view {
    for (const char* name : {upper, lower}) {
      const char* found = variable(name);
      if (found != nullptr && *found != '\0') return found;
    }
    return "";
  };
  const auto proxy = [&](const char* upper, const char* lower,
                         std::optional<Proxy>& to) -> std::expected<void, std::string> {
    const std::string_view text = value(upper, lower);
    if (text.empty()) return {};
    auto read =
        parse_proxy_url(text.contains("://") ? std::string(text) : fmt::format("http://{}", text));
    if (!read) return std::unexpected(fmt::format("variable {}: {}", upper, read.error()));
    to = *std::move(read);
    return {};
  };
  Proxies proxies{.http = std::nullopt,
                  .https = std::nullopt,
                  .direct = DirectHosts(value("NO_PROXY", "no_proxy"))};
  if (auto read = proxy("HTTP_PROXY", "http_proxy", proxies.http); !read) {
    return std::unexpected(std::move(read.error()));
  }
  if (auto read = proxy("HTTPS_PROXY", "https_proxy", proxies.https); !read) {
    return std::unexpected(std::move(read.error()));
  }
  return proxies;
}

}  // namespace hitwatch::net
