// The server's TLS context, made of a web configuration.
#pragma once

#include <openssl/ssl.h>

#include <expected>
#include <memory>
#include <string>

#include "agent/web/web_config.h"

namespace hitwatch::web {

// Reads the certificate, key and client authority during the call. Fails with a sentence that
// names the file at fault; no part of a key is in it. The context offers HTTP/1.1 by ALPN, refuses
// renegotiation, and asks for client certificates as `client_auth` says.
std::expected<std::shared_ptr<SSL_CTX>, std::string> make_server_context(const TlsConfig& config);

}  // namespace hitwatch::web
