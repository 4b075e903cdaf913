// TLS contexts for clients, from files that may be rotated while the daemon runs.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <string>
#include <vector>

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

// Client contexts, made once for the same options and files and shared by connections: reading the
// system's authorities takes tens of milliseconds. Not thread-safe.
class TlsContexts {
 public:
  // A context with TLS 1.2 as the minimum that verifies the peer unless told otherwise; made anew
  // when one of its files has changed. Fails with Reason::kTls naming the file at fault.
  std::expected<std::shared_ptr<boost::asio::ssl::context>, Error> get(const TlsOptions& options);

 private:
  struct Entry {
    TlsOptions options;
    std::string files;  // the state of the files when they were read
    std::shared_ptr<boost::asio::ssl::context> context;
  };
  static constexpr std::size_t kMostEntries = 64;
  std::vector<Entry> entries_;
};

// Says, before a handshake, which server is expected: its name goes out as SNI and is verified
// (unless told otherwise). An IP address is verified only. `host` is that of the URL.
void expect_server(SSL* handle, const TlsOptions& options, const std::string& host);

// Why the last handshake failed, in words ("certificate has expired", …), from OpenSSL's error
// `code` and the verification result of `handle`.
std::string describe_tls_failure(SSL* handle, unsigned long code);

}  // namespace hitwatch::net
