// What a scripted server needs to speak TLS.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "tests/net/http_fetch.h"
#include "tests/web/certificates.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::net {

// A certificate for localhost and 127.0.0.1, and the authority that made it.
struct HttpsServer {
  HttpsServer()
      : authority(web::make_authority("Test CA")),
        own(web::make_certificate("localhost", authority)),
        context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_use_certificate(context.get(), own.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), own.key.get());
    folder.write("ca.pem", authority.pem());
  }

  // That trusts the authority.
  HttpRequest request(const ScriptedPeer& peer, const std::string& host = "127.0.0.1") const {
    HttpRequest made = request_to(peer, "/", host);
    made.url.tls = true;
    made.tls.ca_file = folder.path("ca.pem");
    return made;
  }

  web::Certificate authority;
  web::Certificate own;
  std::shared_ptr<SSL_CTX> context;
  web::TemporaryFolder folder;
};

}  // namespace hitwatch::net
