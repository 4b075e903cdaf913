#include <arpa/inet.h>
#include <glob.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>

#include "agent/config/config.h"

namespace hitwatch::config {
namespace {

// The scheme that `RedisUrl::redacted` has for that of a pattern.
std::string plain_scheme(std::string_view text) {
  std::string scheme(text);
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (scheme == "valkey") return "redis";
  if (scheme == "valkeys") return "rediss";
  return scheme;
}

// Digits, dots and wildcards, as in 10.0.*: meant for addresses.
bool is_numeric(std::string_view host) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::ranges::any_of(host, is_digit) && std::ranges::all_of(host, [&](char c) {
           return is_digit(c) || c == '.' || c == '*' || c == '?';
         });
}

bool is_ipv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

}  // namespace

std::vector<std::string> expand_glob(const std::string& glob) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(glob.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

void apply_credentials(redis::Target& target, const std::vector<Credentials>& credentials) {
  if (!target.password.empty()) return;
  const std::string own = target.username;
  target.password_lookups.clear();
  for (const Credentials& entry : credentials) {
    if (entry.password_map) {
      target.password_lookups.push_back(
          {*entry.password_map, own.empty() ? entry.username : own, own.empty()});
      continue;
    }
    if (!own.empty() || !matches_address(entry.match, target.url)) continue;
    target.username = entry.username;
    target.password = entry.password;
    if (target.tls == net::TlsOptions{}) target.tls = entry.tls;
    return;
  }
}

std::expected<redis::Target, std::string> target_from_url(std::string_view url) {
  auto parsed = net::parse_redis_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  redis::Target target;
  target.url = *std::move(parsed);
  target.username = std::exchange(target.url.username, {});
  target.password.literal = std::exchange(target.url.password, {});
  return target;
}

bool matches_address(std::string_view pattern, const net::RedisUrl& url) {
  const std::size_t mark = pattern.find("://");
  if (mark != std::string_view::npos) {
    const std::string redacted = url.redacted();
    const std::string_view scheme = std::string_view(redacted).substr(0, redacted.find("://"));
    if (!matches_pattern(plain_scheme(pattern.substr(0, mark)), scheme)) return false;
    pattern.remove_prefix(mark + 3);
  }
  // The path of a socket can be made to look like any host.
  if (url.is_unix() && !pattern.starts_with('/') && pattern != "*") return false;
  if (url.host.find('%') != std::string::npos && !pattern.starts_with('[')) return false;
  if (is_numeric(pattern.substr(0, pattern.find(':'))) && !is_ipv4(url.host)) return false;
  return matches_pattern(pattern, url.address());
}

}  // namespace hitwatch::config
