// The web configuration file of Prometheus' exporter-toolkit: TLS, response headers, basic
// authentication. https://prometheus.io/docs/prometheus/latest/configuration/https/
//
// Read strictly: a key that is unknown, written twice or of the wrong type is an error, because
// what is ignored here is a door left open. Not taken, and refused by name: `rate_limit`,
// `client_allowed_sans` and TLS below 1.2. `http2` is accepted; HTTP/1.1 is spoken either way.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/web/server.h"
#include "agent/yaml/fault.h"

namespace hitwatch::web {

// Go's crypto/tls.ClientAuthType, whose names the file uses.
enum class ClientAuth : std::uint8_t {
  kNoClientCert,
  kRequestClientCert,
  kRequireAnyClientCert,
  kVerifyClientCertIfGiven,
  kRequireAndVerifyClientCert,
};

// PEM text, given in the configuration itself or by a file; at most one of the two is set.
struct Pem {
  std::string text;
  std::string file;
  bool empty() const { return text.empty() && file.empty(); }
};

struct TlsConfig {
  Pem certificate;  // a chain, the server's own first
  Pem key;
  Pem client_ca;
  ClientAuth client_auth = ClientAuth::kNoClientCert;
  int min_version = 0x0303;  // as on the wire: TLS 1.2
  int max_version = 0x0304;  // TLS 1.3
  // OpenSSL's names, joined with ':'; "" is OpenSSL's default.
  std::string cipher_suites;     // for TLS 1.2
  std::string cipher_suites_13;  // for TLS 1.3
  std::string curves;
  bool prefer_server_ciphers = true;
};

// User name → bcrypt hash.
using Users = std::map<std::string, std::string, std::less<>>;

struct WebConfig {
  std::optional<TlsConfig> tls;
  std::vector<Header> headers;  // for every response
  Users users;                  // empty: no authentication

  // The files it names.
  std::vector<std::string> files() const;
};

// Everything that is wrong, in the order of its place. Hashes and keys are never quoted.
using Faults = std::vector<yaml::Fault>;

// Reads the text of a configuration; relative paths in it start at the folder of `path`. The files
// that it names are not opened.
std::expected<WebConfig, Faults> parse_web_config(std::string_view text, const std::string& path);
// The same of the file at `path`, of at most 1 MiB.
std::expected<WebConfig, Faults> load_web_config(const std::string& path);

}  // namespace hitwatch::web
