// TLS contexts for clients, from files that may be rotated while the daemon runs.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <string>

#include "agent/net/error.h"

namespace hitwatch::net {

struct TlsOptions {
  std::string ca_file;      // PEM; empty: the system's certificate authorities
  std::string cert_file;    // PEM chain of the client certificate; empty: none
  std::string key_file;     // PEM; required with cert_file
  std::string server_name;  // to send as SNI and to verify; empty: the URL's host
  bool insecure_skip_verify = false;

  bool operator==(const TlsOptions&) const = default;
};

// A context with TLS 1.2 as the minimum that verifies the peer unless told otherwise. The files are
// read during the call. Fails with Reason::kTls naming the file at fault.
std::expected<std::shared_ptr<boost::asio::ssl::context>, Error> make_client_context(
    const TlsOptions& options);

// Why the last handshake failed, in words ("certificate has expired", …), from OpenSSL's error
// `code` and the verification result of `handle`.
std::string describe_tls_failure(SSL* handle, unsigned long code);

}  // namespace hitwatch::net
