#include "agent/net/tls.h"

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "agent/net/small_file.h"

namespace hitwatch::net {
namespace {

namespace ssl = boost::asio::ssl;

Error tls_error(std::string_view what, const std::string& file,
                const boost::system::error_code& code) {
  return {Reason::kTls, fmt::format("cannot use the {} {}: {}", what, file, code.message())};
}

std::string state_of_files(const TlsOptions& options) {
  const std::string own = file_state(options.cert_file) + ";" + file_state(options.key_file) + ";";
  if (!options.ca_file.empty()) return own + file_state(options.ca_file);
  return own + file_state(X509_get_default_cert_file()) + ";" +
         file_state(X509_get_default_cert_dir());
}

std::expected<std::shared_ptr<ssl::context>, Error> make_context(const TlsOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code code;
  context->set_verify_mode(options.insecure_skip_verify ? ssl::verify_none : ssl::verify_peer,
                           code);
  if (!options.ca_file.empty()) {
    context->load_verify_file(options.ca_file, code);
    if (code) return std::unexpected(tls_error("CA file", options.ca_file, code));
  } else if (!options.insecure_skip_verify) {
    context->set_default_verify_paths(code);
  }
  if (!options.cert_file.empty()) {
    context->use_certificate_chain_file(options.cert_file, code);
    if (code) return std::unexpected(tls_error("certificate", options.cert_file, code));
    const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
    context->use_private_key_file(key, ssl::context::pem, code);
    if (code) return std::unexpected(tls_error("private key", key, code));
  }
  return context;
}

}  // namespace

std::expected<std::shared_ptr<ssl::context>, Error> TlsContexts::get(const TlsOptions& options) {
  TlsOptions key = options;
  key.server_name.clear();  // of a connection, not of the context
  std::string files = state_of_files(key);
  std::erase_if(entries_,
                [&](const Entry& entry) { return entry.options == key && entry.files != files; });
  const auto known = std::ranges::find(entries_, key, &Entry::options);
  if (known != entries_.end()) return known->context;
  auto made = make_context(key);
  if (!made) return made;
  if (entries_.size() >= kMostEntries) entries_.erase(entries_.begin());
  entries_.push_back({std::move(key), std::move(files), *made});
  return made;
}

void expect_server(SSL* handle, const TlsOptions& options, const std::string& host) {
  const std::string& name = options.server_name.empty() ? host : options.server_name;
  boost::system::error_code no_literal;
  boost::asio::ip::make_address(name, no_literal);
  const bool is_literal = !no_literal;
  if (!is_literal) SSL_set_tlsext_host_name(handle, name.c_str());
  if (options.insecure_skip_verify) return;
  // By OpenSSL itself rather than a callback, so that its verdict has words for a wrong name.
  if (is_literal) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), name.c_str());
  } else {
    SSL_set1_host(handle, name.c_str());
  }
}

std::string describe_tls_failure(SSL* handle, unsigned long code) {
  const long verified = SSL_get_verify_result(handle);
  if (verified != X509_V_OK) {
    return fmt::format("the server's certificate is not accepted: {}",
                       X509_verify_cert_error_string(verified));
  }
  const char* reason = ERR_reason_error_string(code);
  if (reason == nullptr) return "the TLS handshake failed";
  std::string text = fmt::format("the TLS handshake failed: {}", reason);
  if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER) {
    text += " (the server does not seem to speak TLS on this port)";
  }
  return text;
}

}  // namespace hitwatch::net
