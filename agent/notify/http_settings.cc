#include "agent/notify/http_settings.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "agent/net/base64.h"
#include "agent/net/http_words.h"
#include "agent/net/secret.h"

namespace hitwatch::notify {
namespace {

constexpr int kMostRedirects = 10;

std::expected<void, std::string> set_secret_header(net::HttpRequest& request, std::string_view name,
                                                   std::string_view start,
                                                   const net::SecretSource& source) {
  const auto secret = net::read_secret(source);
  if (!secret) return std::unexpected(fmt::format("{}: {}", name, secret.error().text));
  set_header(request, name, fmt::format("{}{}", start, *secret));
  return {};
}

std::expected<void, std::string> set_basic_auth(net::HttpRequest& request, const std::string& user,
                                                const net::SecretSource& source) {
  const auto password = net::read_secret(source);
  if (!password) return std::unexpected("basic_auth: " + password.error().text);
  set_header(request, "Authorization", "Basic " + net::base64_encode(user + ":" + *password));
  return {};
}

std::expected<net::Proxies, std::string> proxies_of(const HttpSettings& settings) {
  if (!settings.proxy_url.empty()) {
    return net::make_proxies(settings.proxy_url, settings.no_proxy);
  }
  if (!settings.proxy_from_environment) return net::Proxies{};
  return net::proxies_from_environment([](const char* name) { return std::getenv(name); });
}

}  // namespace

void set_header(net::HttpRequest& request, std::string_view name, std::string value) {
  std::erase_if(request.headers,
                [&](const auto& header) { return net::equal_ignoring_case(header.first, name); });
  request.headers.emplace_back(name, std::move(value));
}

std::expected<void, std::string> apply(const HttpSettings& settings, net::HttpRequest& request) {
  request.tls = settings.tls;
  request.max_redirects = settings.follow_redirects ? kMostRedirects : 0;
  auto proxies = proxies_of(settings);
  if (!proxies) return std::unexpected("proxy: " + proxies.error());
  request.proxies = std::move(*proxies);

  std::expected<void, std::string> set;
  if (settings.basic_auth) {
    set = set_basic_auth(request, settings.basic_auth->first, settings.basic_auth->second);
  } else if (!settings.authorization.empty()) {
    set = set_secret_header(request, "Authorization", settings.authorization_type + " ",
                            settings.authorization);
  }
  for (const auto& [name, source] : settings.headers) {
    if (set) set = set_secret_header(request, name, "", source);
    request.secret_headers.push_back(name);
  }
  return set;
}

}  // namespace hitwatch::notify
