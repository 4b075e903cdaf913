#include "agent/web/web_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "agent/yaml/document.h"
#include "agent/yaml/section.h"
#include "agent/yaml/suggest.h"

namespace hitwatch::web {
namespace {

using yaml::Mapping;
using yaml::Node;
using yaml::Reader;
using yaml::Value;

constexpr auto kSections = std::to_array<std::string_view>(
    {"tls_server_config", "http_server_config", "basic_auth_users"});

constexpr std::string_view kNotSupported = "not supported here; take it out";

// bcrypt's cost doubles the time with each step: 12 takes 0.2 s, 16 takes 3 s.
constexpr int kMaxBcryptCost = 16;

constexpr auto kClientAuth = std::to_array<std::pair<std::string_view, ClientAuth>>({
    {"NoClientCert", ClientAuth::kNoClientCert},
    {"RequestClientCert", ClientAuth::kRequestClientCert},
    {"RequireAnyClientCert", ClientAuth::kRequireAnyClientCert},
    {"RequireClientCert", ClientAuth::kRequireAnyClientCert},  // an older spelling
    {"VerifyClientCertIfGiven", ClientAuth::kVerifyClientCertIfGiven},
    {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerifyClientCert},
});

constexpr auto kVersions = std::to_array<std::pair<std::string_view, int>>(
    {{"TLS12", TLS1_2_VERSION}, {"TLS13", TLS1_3_VERSION}});

// The suites that Go knows, by their registered names; OpenSSL translates them.
constexpr std::array<std::string_view, 18> kCipherSuites = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
};

constexpr auto kCurves = std::to_array<std::pair<std::string_view, const char*>>({
    {"CurveP256", "P-256"},
    {"CurveP384", "P-384"},
    {"CurveP521", "P-521"},
    {"X25519", "X25519"},
});

struct HeaderRule {
  std::string_view name;
  std::array<std::string_view, 2> values;  // the permitted ones; any if there are none
};
constexpr auto kHeaders = std::to_array<HeaderRule>({
    {"Content-Security-Policy", {}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-Content-Type-Options", {"nosniff"}},
    {"X-XSS-Protection", {}},
    {"Strict-Transport-Security", {}},
});

void append_joined(std::string& list, std::string_view item) {
  if (!list.empty()) list += ':';
  list += item;
}

// The mapping below a key. One without a value is a fault: it looks like protection and is none.
std::optional<Value> take_section(Mapping& parent, std::string_view key) {
  auto section = parent.take(key);
  if (!section || section->node->kind != Node::Kind::kNull) return section;
  parent.reader().fault(*section->node, section->path, "has no value; give one or remove the key");
  return std::nullopt;
}

// Text that may not be empty.
std::optional<std::string> take_text(Mapping& mapping, std::string_view key) {
  const auto value = mapping.take(key);
  if (!value) return std::nullopt;
  auto text = mapping.reader().text(*value->node, value->path);
  if (text && text->empty()) {
    mapping.reader().fault(*value->node, value->path, "is empty; give a value or remove the key");
    return std::nullopt;
  }
  return text;
}

void read_pem(Mapping& mapping, std::string_view text_key, std::string_view file_key, Pem& out) {
  out.text = take_text(mapping, text_key).value_or("");
  if (const auto file = take_text(mapping, file_key)) out.file = mapping.reader().resolve(*file);
  if (!mapping.has(text_key) || !mapping.has(file_key)) return;
  const Value value = *mapping.take(file_key);
  mapping.reader().fault(
      *value.node, value.path,
      fmt::format("given both directly and by a file; keep one of {} and {}", text_key, file_key));
}

void read_version(Mapping& mapping, std::string_view key, int& out) {
  const auto value = mapping.take(key);
  if (value && (value->node->text == "TLS10" || value->node->text == "TLS11")) {
    mapping.reader().fault(
        *value->node, value->path,
        fmt::format("{} is broken and not offered; use TLS12 or TLS13", value->node->text));
    return;
  }
  mapping.read_choice<int>(key, kVersions, out);
}

void read_cipher_suites(Mapping& mapping, TlsConfig& out) {
  Reader& reader = mapping.reader();
  for (const Value& item : mapping.read_items("cipher_suites")) {
    const auto name = reader.text(*item.node, item.path);
    if (!name) continue;
    if (std::ranges::find(kCipherSuites, *name) == kCipherSuites.end()) {
      reader.fault(*item.node, item.path,
                   fmt::format("{} is no cipher suite known here; known: {}", yaml::shown(*name),
                               fmt::join(kCipherSuites, ", ")));
      continue;
    }
    const bool is_13 = name->find("_WITH_") == std::string::npos;
    append_joined(is_13 ? out.cipher_suites_13 : out.cipher_suites,
                  is_13 ? *name : OPENSSL_cipher_name(name->c_str()));
  }
}

void read_curves(Mapping& mapping, std::string& out) {
  Reader& reader = mapping.reader();
  for (const Value& item : mapping.read_items("curve_preferences")) {
    const auto name = reader.text(*item.node, item.path);
    if (!name) continue;
    const auto* known = std::ranges::find(kCurves, *name, &decltype(kCurves)::value_type::first);
    if (known == kCurves.end()) {
      reader.fault(*item.node, item.path,
                   fmt::format("{} is none of {}", yaml::shown(*name),
                               fmt::join(kCurves | std::views::keys, ", ")));
      continue;
    }
    append_joined(out, known->second);
  }
}

// What several keys say together.
void check_tls(Mapping& mapping, const TlsConfig& tls) {
  const auto fault = [&](std::string_view text) {
    mapping.reader().fault(mapping.node(), mapping.path(), text);
  };
  if (!mapping.has("cert") && !mapping.has("cert_file")) fault("cert_file is missing");
  if (!mapping.has("key") && !mapping.has("key_file")) fault("key_file is missing");
  if (tls.min_version > tls.max_version) fault("min_version is above max_version");
  const bool has_ca = mapping.has("client_ca") || mapping.has("client_ca_file");
  const bool verifies = tls.client_auth == ClientAuth::kVerifyClientCertIfGiven ||
                        tls.client_auth == ClientAuth::kRequireAndVerifyClientCert;
  if (verifies && !has_ca) {
    fault("this client_auth_type needs client_ca_file, the authority that signs the clients");
  }
  const auto type = mapping.take("client_auth_type");
  if (has_ca && (!type || type->node->text == "NoClientCert")) {
    fault(
        "client_ca_file has no effect without client_auth_type; set it to "
        "RequireAndVerifyClientCert");
  }
}

void read_tls(Mapping& root, WebConfig& config) {
  const auto section = take_section(root, "tls_server_config");
  if (!section) return;
  TlsConfig& tls = config.tls.emplace();
  Mapping mapping(root.reader(), *section->node, section->path);
  if (section->node->kind != Node::Kind::kMapping) return;
  read_pem(mapping, "cert", "cert_file", tls.certificate);
  read_pem(mapping, "key", "key_file", tls.key);
  read_pem(mapping, "client_ca", "client_ca_file", tls.client_ca);
  mapping.read_choice<ClientAuth>("client_auth_type", kClientAuth, tls.client_auth);
  read_version(mapping, "min_version", tls.min_version);
  read_version(mapping, "max_version", tls.max_version);
  read_cipher_suites(mapping, tls);
  read_curves(mapping, tls.curves);
  mapping.read("prefer_server_cipher_suites", tls.prefer_server_ciphers);
  mapping.refuse("client_allowed_sans", kNotSupported);
  check_tls(mapping, tls);
  mapping.finish();
}

void read_header(Mapping& mapping, const HeaderRule& rule, std::vector<Header>& out) {
  const auto value = mapping.take(rule.name);
  if (!value) return;
  auto text = mapping.reader().text(*value->node, value->path);
  if (!text || text->empty()) return;
  std::string allowed;
  for (const std::string_view word : rule.values) {
    if (!word.empty()) allowed += fmt::format("{}{}", allowed.empty() ? "" : " or ", word);
  }
  if (!allowed.empty() && std::ranges::find(rule.values, *text) == rule.values.end()) {
    mapping.reader().fault(*value->node, value->path, fmt::format("must be {}", allowed));
  }
  if (std::ranges::any_of(*text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    mapping.reader().fault(*value->node, value->path,
                           "a header has one line, without control characters");
  }
  out.push_back({std::string(rule.name), *std::move(text)});
}

void read_http(Mapping& root, std::vector<Header>& headers) {
  const auto section = take_section(root, "http_server_config");
  if (!section) return;
  Mapping mapping(root.reader(), *section->node, section->path);
  bool http2 = false;
  mapping.read("http2", http2);
  if (const auto given = take_section(mapping, "headers")) {
    Mapping entries(root.reader(), *given->node, given->path);
    for (const HeaderRule& rule : kHeaders) read_header(entries, rule, headers);
    entries.finish();
  }
  mapping.finish();
}

// $2b$12$ and 53 characters of bcrypt's own base64.
void check_bcrypt(Reader& reader, const Value& value, std::string_view hash) {
  constexpr std::string_view kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bool shaped =
      hash.size() == 60 &&
      (hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$")) &&
      hash[4] >= '0' && hash[4] <= '3' && hash[5] >= '0' && hash[5] <= '9' && hash[6] == '$' &&
      hash.substr(7).find_first_not_of(kAlphabet) == std::string_view::npos;
  const int cost = shaped ? (hash[4] - '0') * 10 + hash[5] - '0' : 0;
  if (!shaped || cost < 4) {
    reader.fault(*value.node, value.path,
                 "not a bcrypt hash ($2y$10$… of 60 characters); make one with: htpasswd -nBC 10 "
                 "\"\"");
  } else if (cost > kMaxBcryptCost) {
    reader.fault(*value.node, value.path,
                 fmt::format("a bcrypt cost of {} takes too long to check; use at most {}", cost,
                             kMaxBcryptCost));
  }
}

void read_users(Mapping& root, Users& users) {
  const auto section = take_section(root, "basic_auth_users");
  if (!section) return;
  Reader& reader = root.reader();
  Mapping mapping(reader, *section->node, section->path);
  for (const auto& [name, hash] : mapping.read_entries()) {
    if (name->text.find(':') != std::string::npos) {
      reader.fault(*name, section->path,
                   "the user name contains a colon, which basic authentication cannot send");
    }
    auto text = reader.text(*hash.node, hash.path);
    if (!text) continue;
    check_bcrypt(reader, hash, *text);
    users.emplace(name->text, *std::move(text));
  }
}

}  // namespace

std::vector<std::string> WebConfig::files() const {
  std::vector<std::string> names;
  if (!tls) return names;
  for (const Pem* pem : {&tls->certificate, &tls->key, &tls->client_ca}) {
    if (!pem->file.empty()) names.push_back(pem->file);
  }
  return names;
}

std::expected<WebConfig, Faults> parse_web_config(std::string_view text, const std::string& path) {
  const auto document = yaml::parse_document(text, path);
  if (!document) return std::unexpected(Faults{document.error()});
  // Prometheus expands no variables here, and bcrypt hashes are full of dollar signs.
  Reader reader(path, {.expand_environment = false, .top_keys = kSections});
  Mapping root(reader, *document, "");
  WebConfig config;
  read_tls(root, config);
  read_http(root, config.headers);
  read_users(root, config.users);
  root.refuse("rate_limit", kNotSupported);
  root.finish();
  if (reader.has_faults()) return std::unexpected(reader.take_faults());
  return config;
}

std::expected<WebConfig, Faults> load_web_config(const std::string& path) {
  const auto text = yaml::read_document(path);
  if (!text) return std::unexpected(Faults{text.error()});
  return parse_web_config(*text, path);
}

}  // namespace hitwatch::web
