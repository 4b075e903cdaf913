// What lets the daemon into someone else's server, as several sections give it: a secret, TLS.
#pragma once

#include <string_view>

#include "agent/net/secret.h"
#include "agent/net/tls.h"
#include "agent/yaml/section.h"

namespace hitwatch::config {

// The keys of a secret, "" for one that there is not, and what is said of a second one.
struct SecretKeys {
  std::string_view literal;
  std::string_view file;
  std::string_view environment;
  std::string_view second;
};
constexpr SecretKeys kPasswordKeys = {
    "password", "password_file", "password_env",
    "a second password; give one of password, password_file, password_env or the URL's"};
constexpr SecretKeys kServerPasswordKeys = {
    "server_password", "server_password_file", "server_password_env",
    "a second password; give one of server_password, server_password_file, server_password_env"};
constexpr SecretKeys kTokenKeys = {"token", "token_file", "token_env",
                                   "a second token; give one of token, token_file, token_env"};

// The user of a login. A fault where `out` has one already.
void read_username(yaml::Mapping& mapping, std::string_view key, std::string& out);

// A secret that cannot be read now is a fault; so is one where `out` has one already.
void read_secret_source(yaml::Mapping& mapping, const SecretKeys& keys, net::SecretSource& out);

// The same of a bearer token, which must be printable ASCII without spaces.
void read_token(yaml::Mapping& mapping, net::SecretSource& out);

// The mapping `tls`.
void read_tls(yaml::Mapping& parent, net::TlsOptions& out);

}  // namespace hitwatch::config
