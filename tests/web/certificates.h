// Certificates made on the spot.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace hitwatch::web {

struct Certificate {
  std::shared_ptr<X509> certificate;
  std::shared_ptr<EVP_PKEY> key;

  std::string pem() const;
  std::string key_pem(const char* password = nullptr) const;
};

Certificate make_authority(const std::string& name);
// Valid for localhost and 127.0.0.1, as a server's and a client's.
Certificate make_certificate(const std::string& name, const Certificate& issuer);

}  // namespace hitwatch::web
