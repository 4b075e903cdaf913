#include "agent/config/http_config_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "agent/config/access_entry.h"
#include "agent/config/schema.h"
#include "agent/net/http_words.h"
#include "agent/net/proxy.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::config {
namespace {

using notify::HttpSettings;
using yaml::Mapping;
using yaml::Reader;
using yaml::Value;

constexpr SecretKeys kBasicPasswordKeys = {
    "password", "password_file", "", "a second password; give one of password, password_file"};
constexpr SecretKeys kCredentialsKeys = {
    "credentials", "credentials_file", "",
    "a second secret; give one of credentials, credentials_file"};
constexpr SecretKeys kBearerKeys = {"bearer_token", "bearer_token_file", "",
                                    "a second token; give one of bearer_token, bearer_token_file"};

// In lower case: headers that the sender sets itself.
constexpr auto kOwnHeaders = std::to_array<std::string_view>(
    {"accept-encoding", "authorization", "connection", "content-encoding", "content-length",
     "content-type", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
     "trailer", "transfer-encoding", "upgrade", "user-agent", "webhook-id", "webhook-signature",
     "webhook-timestamp", "www-authenticate"});

void read_basic_auth(Mapping& parent, HttpSettings& out) {
  const auto value = parent.take("basic_auth");
  if (!value) return;
  Mapping mapping(parent.reader(), *value->node, value->path, kBasicAuthSchema);
  auto& [username, password] = out.basic_auth.emplace();
  mapping.read("username", username);
  if (username.contains(':')) {
    const auto name = *mapping.take("username");
    parent.reader().fault(*name.node, name.path, "must not hold a ':' (RFC 7617)");
  }
  read_secret_source(mapping, kBasicPasswordKeys, password);
  mapping.finish();
}

void read_authorization(Mapping& parent, HttpSettings& out) {
  const auto value = parent.take("authorization");
  if (!value) return;
  Mapping mapping(parent.reader(), *value->node, value->path, kAuthorizationSchema);
  mapping.read("type", out.authorization_type);
  read_secret_source(mapping, kCredentialsKeys, out.authorization);
  mapping.finish();
  const auto type = mapping.take("type");
  if (!type) return;
  std::string lower = out.authorization_type;
  std::ranges::transform(lower, lower.begin(), net::ascii_lower);
  if (lower == "basic") {
    parent.reader().fault(*type->node, type->path, "is what basic_auth is for");
  } else if (!net::is_header_name(lower)) {
    parent.reader().fault(*type->node, type->path, "is no word like Bearer");
  }
}

// Of the ways to say who asks, one.
void read_who_asks(Mapping& mapping, HttpSettings& out) {
  read_basic_auth(mapping, out);
  read_authorization(mapping, out);
  if (mapping.has("bearer_token") || mapping.has("bearer_token_file")) {
    net::SecretSource token;
    read_secret_source(mapping, kBearerKeys, token);
    if (out.authorization.empty()) out.authorization = std::move(token);
  }
  std::string_view first;
  for (const std::string_view key :
       {"basic_auth", "authorization", "bearer_token", "bearer_token_file"}) {
    if (!mapping.has(key)) continue;
    // Two tokens are a fault already.
    if (!first.empty() && !(first == "bearer_token" && key == "bearer_token_file")) {
      const Value second = *mapping.take(key);
      mapping.reader().fault(*second.node, second.path,
                             fmt::format("not allowed beside '{}'; one is sent", first));
    }
    if (first.empty()) first = key;
  }
}

// TLS 1.2 is the least, and the sides agree on the highest that both have: nothing else can be had.
void check_tls_version(Mapping& mapping, std::string_view key, std::string_view allowed) {
  const auto value = mapping.take(key);
  if (!value) return;
  const auto text = mapping.reader().text(*value->node, value->path);
  if (!text || *text == allowed) return;
  mapping.reader().fault(*value->node, value->path,
                         fmt::format("can only be {}: TLS 1.2 and 1.3 are spoken", allowed));
}

void read_tls_config(Mapping& parent, net::TlsOptions& out) {
  const auto value = parent.take("tls_config");
  if (!value) return;
  Reader& reader = parent.reader();
  Mapping mapping(reader, *value->node, value->path, kHttpTlsSchema);
  mapping.read_file("ca_file", out.ca_file);
  mapping.read_file("cert_file", out.cert_file);
  mapping.read_file("key_file", out.key_file);
  mapping.read("server_name", out.server_name);
  mapping.read("insecure_skip_verify", out.insecure_skip_verify);
  check_tls_version(mapping, "min_version", "TLS12");
  check_tls_version(mapping, "max_version", "TLS13");
  for (const std::string_view key : {"ca", "cert", "key", "ca_ref", "cert_ref", "key_ref"}) {
    mapping.refuse(key, "certificates and keys stand in files: ca_file, cert_file, key_file");
  }
  if (mapping.has("cert_file") != mapping.has("key_file")) {
    reader.fault(*value->node, value->path, "cert_file and key_file need each other");
  }
  mapping.finish();
}

void read_proxy(Mapping& mapping, HttpSettings& out) {
  Reader& reader = mapping.reader();
  mapping.read("proxy_url", out.proxy_url);
  mapping.read("no_proxy", out.no_proxy);
  mapping.read("proxy_from_environment", out.proxy_from_environment);
  mapping.refuse("proxy_connect_header", "headers for proxies are not supported");
  if (const auto value = mapping.take("proxy_url"); value && !out.proxy_url.empty()) {
    if (out.proxy_from_environment) {
      reader.fault(*value->node, value->path, "not allowed beside 'proxy_from_environment'");
    } else if (const auto proxy = net::parse_proxy_url(out.proxy_url); !proxy) {
      reader.fault(*value->node, value->path, proxy.error());
    }
  }
  const auto value = mapping.take("no_proxy");
  if (!value || out.no_proxy.empty()) return;
  if (out.proxy_from_environment) {
    reader.fault(*value->node, value->path,
                 "not allowed beside 'proxy_from_environment', which reads NO_PROXY");
  } else if (out.proxy_url.empty()) {
    reader.fault(*value->node, value->path, "needs a proxy_url");
  }
}

void read_header(Reader& reader, const yaml::Entry& entry, HttpSettings& out) {
  const std::string& name = entry.key->text;
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), net::ascii_lower);
  if (!net::is_header_name(name)) {
    reader.fault(*entry.key, entry.value.path, "is not the name of a header");
  } else if (std::ranges::find(kOwnHeaders, lower) != kOwnHeaders.end()) {
    reader.fault(*entry.key, entry.value.path, "is a header that the sender sets itself");
  }
  Mapping mapping(reader, *entry.value.node, entry.value.path, kHttpHeaderSchema);
  for (const std::string_view key : {"values", "secrets"}) {
    for (const Value& item : mapping.read_items(key)) {
      auto text = reader.text(*item.node, item.path);
      if (text)
        out.headers.emplace_back(
            name, net::SecretSource{.literal = *std::move(text), .file = {}, .environment = {}});
    }
  }
  for (const Value& item : mapping.read_items("files")) {
    const auto text = reader.text(*item.node, item.path);
    if (!text) continue;
    net::SecretSource source;
    source.file = reader.resolve(*text);
    if (const auto secret = net::read_secret(source); !secret) {
      reader.fault(*item.node, item.path, secret.error().text);
    }
    out.headers.emplace_back(name, std::move(source));
  }
  mapping.finish();
}

void read_http_headers(Mapping& parent, HttpSettings& out) {
  const auto value = parent.take("http_headers");
  if (!value) return;
  Mapping mapping(parent.reader(), *value->node, value->path);
  for (const yaml::Entry& entry : mapping.read_entries()) read_header(parent.reader(), entry, out);
}

}  // namespace

void read_http_keys(Mapping& mapping, HttpSettings& out) {
  read_who_asks(mapping, out);
  read_tls_config(mapping, out.tls);
  read_proxy(mapping, out);
  mapping.read("follow_redirects", out.follow_redirects);
  bool ignored = true;  // HTTP/1.1 is spoken, which every receiver understands
  mapping.read("enable_http2", ignored);
  read_http_headers(mapping, out);
  mapping.refuse("oauth2", "OAuth 2 is not supported; use basic_auth or authorization");
}

void read_http_config(Mapping& parent, HttpSettings& out) {
  const auto value = parent.take("http_config");
  if (!value) return;
  out = {};
  Mapping mapping(parent.reader(), *value->node, value->path, kHttpConfigSchema);
  read_http_keys(mapping, out);
  mapping.finish();
}

}  // namespace hitwatch::config
