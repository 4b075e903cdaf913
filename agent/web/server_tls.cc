#include "agent/web/server_tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string_view>

#include "agent/net/small_file.h"

namespace hitwatch::web {
namespace {

constexpr std::size_t kMaxPemBytes = 1U << 20;

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
using X509Ptr = std::unique_ptr<X509, X509Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;
using Outcome = std::expected<void, std::string>;

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

// Answers "no password", where OpenSSL would ask on the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::string name_of(const Pem& pem, std::string_view key) {
  return pem.file.empty() ? fmt::format("tls_server_config.{}", key) : pem.file;
}

std::expected<std::string, std::string> content_of(const Pem& pem) {
  if (pem.file.empty()) return pem.text;
  auto content = net::read_small_file(pem.file, kMaxPemBytes);
  if (content) return content;
  return std::unexpected(fmt::format("cannot read {}: {}", pem.file, content.error()));
}

BioPtr memory_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Outcome use_certificate(SSL_CTX* context, const Pem& pem) {
  const auto text = content_of(pem);
  if (!text) return std::unexpected(text.error());
  const BioPtr bio = memory_of(*text);
  const X509Ptr own(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return std::unexpected(
        fmt::format("{}: no usable PEM certificate ({})", name_of(pem, "cert"), openssl_reason()));
  }
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    SSL_CTX_add0_chain_cert(context, next);  // takes it over
  }
  ERR_clear_error();  // the end of the text is no error
  return {};
}

Outcome use_key(SSL_CTX* context, const TlsConfig& config) {
  const std::string name = name_of(config.key, "key");
  auto text = content_of(config.key);
  if (!text) return std::unexpected(text.error());
  const BioPtr bio = memory_of(*text);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  OPENSSL_cleanse(text->data(), text->size());
  if (!key) {
    return std::unexpected(fmt::format("{}: no usable PEM private key, without a password ({})",
                                       name, openssl_reason()));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return std::unexpected(fmt::format("{}: the key does not belong to the certificate in {} ({})",
                                       name, name_of(config.certificate, "cert"),
                                       openssl_reason()));
  }
  return {};
}

Outcome use_client_ca(SSL_CTX* context, const Pem& pem) {
  const auto text = content_of(pem);
  if (!text) return std::unexpected(text.error());
  const BioPtr bio = memory_of(*text);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (const X509Ptr authority{PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)}) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return std::unexpected(fmt::format("{}: a certificate cannot be used ({})",
                                         name_of(pem, "client_ca"), openssl_reason()));
    }
    ++count;
  }
  ERR_clear_error();
  if (count == 0) {
    return std::unexpected(fmt::format("{}: no PEM certificate in it", name_of(pem, "client_ca")));
  }
  return {};
}

void set_client_auth(SSL_CTX* context, ClientAuth auth) {
  const auto accept_any = [](int, X509_STORE_CTX*) { return 1; };
  switch (auth) {
    case ClientAuth::kNoClientCert:
      return SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    case ClientAuth::kRequestClientCert:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    case ClientAuth::kRequireAnyClientCert:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                accept_any);
    case ClientAuth::kVerifyClientCertIfGiven:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    case ClientAuth::kRequireAndVerifyClientCert:
      return SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                                nullptr);
  }
}

// Clients that offer h2 first must learn that this is HTTP/1.1.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof(kHttp11) - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Outcome set_algorithms(SSL_CTX* context, const TlsConfig& config) {
  if (!config.cipher_suites.empty() &&
      SSL_CTX_set_cipher_list(context, config.cipher_suites.c_str()) != 1) {
    return std::unexpected("tls_server_config.cipher_suites: " + openssl_reason());
  }
  if (!config.cipher_suites_13.empty() &&
      SSL_CTX_set_ciphersuites(context, config.cipher_suites_13.c_str()) != 1) {
    return std::unexpected("tls_server_config.cipher_suites: " + openssl_reason());
  }
  if (!config.curves.empty() && SSL_CTX_set1_groups_list(context, config.curves.c_str()) != 1) {
    return std::unexpected("tls_server_config.curve_preferences: " + openssl_reason());
  }
  return {};
}

void set_options(SSL_CTX* context, const TlsConfig& config) {
  SSL_CTX_set_min_proto_version(context, config.min_version);
  SSL_CTX_set_max_proto_version(context, config.max_version);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (config.prefer_server_ciphers) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Resumption with client certificates fails without a session context.
  static constexpr unsigned char kSessionContext[] = "hitwatch";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext) - 1);
  // Tickets do for resumption; a cache would grow with the number of clients.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
}

}  // namespace

std::expected<std::shared_ptr<SSL_CTX>, std::string> make_server_context(const TlsConfig& config) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return std::unexpected("cannot set up TLS: " + openssl_reason());
  set_options(context.get(), config);
  Outcome outcome = set_algorithms(context.get(), config);
  if (outcome) outcome = use_certificate(context.get(), config.certificate);
  if (outcome) outcome = use_key(context.get(), config);
  if (outcome && !config.client_ca.empty()) {
    outcome = use_client_ca(context.get(), config.client_ca);
  }
  if (!outcome) return std::unexpected(outcome.error());
  set_client_auth(context.get(), config.client_auth);
  return context;
}

}  // namespace hitwatch::web
