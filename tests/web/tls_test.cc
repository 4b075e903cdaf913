// HTTPS by a web configuration file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/ssl.h>

#include <mutex>

#include "agent/web/server.h"
#include "tests/web/certificates.h"
#include "tests/web/raw_client.h"
#include "tests/web/temporary_folder.h"

namespace hitwatch::web {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class Tls : public testing::Test {
 protected:
  Tls() {
    install(server_certificate_);
    folder_.write("ca.pem", authority_.pem());
    folder_.write("client.crt", client_certificate_.pem());
    folder_.write("client.key", client_certificate_.key_pem());
    folder_.write("other.crt", stranger_.pem());
    folder_.write("other.key", stranger_.key_pem());
  }

  void install(const Certificate& certificate) const {
    folder_.write("server.key", certificate.key_pem());
    folder_.write("server.crt", certificate.pem());
  }

  std::expected<std::unique_ptr<Server>, std::string> try_to_serve(const std::string& further) {
    const std::string path = folder_.write(
        "web.yml",
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n" + further);
    return Server::start({.listen_address = "127.0.0.1:0",
                          .web_config_file = path,
                          .log =
                              [this](std::string text) {
                                const std::lock_guard lock(mutex_);
                                logged_ += text + "\n";
                              },
                          .web_config_check = 0ms},
                         [](const Request& request, const Reply& reply) {
                           const bool large = request.path == "/large";
                           const std::string text = request.tls ? request.path : "not over TLS";
                           reply({.body = large ? std::string(3 << 20, 'x') : text});
                         });
  }

  void serve(const std::string& further = "") {
    auto server = try_to_serve(further);
    if (!server) throw std::runtime_error(server.error());
    server_ = std::move(*server);
  }

  // `name` is that of the client's certificate files; "" for none.
  std::unique_ptr<httplib::SSLClient> client(const std::string& name = "") const {
    auto made = std::make_unique<httplib::SSLClient>(
        "127.0.0.1", server_->port(), name.empty() ? "" : folder_.path(name + ".crt"),
        name.empty() ? "" : folder_.path(name + ".key"));
    made->set_ca_cert_path(folder_.path("ca.pem"));
    made->enable_server_certificate_verification(true);
    return made;
  }

  bool is_served(const std::string& certificate = "") const {
    auto https = client(certificate);
    const auto result = https->Get("/x");
    return result && result->body == "/x";
  }

  std::string logged() {
    const std::lock_guard lock(mutex_);
    return logged_;
  }

  // The name in the certificate that the server shows now; "" if no handshake succeeds with
  // versions up to `max_version`.
  std::string name_shown(int max_version = TLS1_3_VERSION) const {
    RawClient raw(server_->port());
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), raw.descriptor());
    if (SSL_connect(ssl.get()) != 1) return "";
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl.get()),
                                                            X509_free);
    char name[64] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name,
                              sizeof(name));
    return name;
  }

  TemporaryFolder folder_;
  const Certificate authority_ = make_authority("authority");
  const Certificate server_certificate_ = make_certificate("first", authority_);
  const Certificate client_certificate_ = make_certificate("client", authority_);
  const Certificate stranger_ = make_certificate("stranger", make_authority("another"));
  std::mutex mutex_;
  std::string logged_;
  std::unique_ptr<Server> server_;
};

TEST_F(Tls, IsServed) {
  serve();
  auto https = client();
  https->set_keep_alive(true);
  for (int i = 0; i < 3; ++i) {
    const auto result = https->Get("/x");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->body, "/x");
  }
  EXPECT_EQ(server_->counters().connections_open, 1U);
}

TEST_F(Tls, CarriesLargeResponses) {
  serve();
  auto https = client();
  const auto result = https->Get("/large");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body.size(), std::size_t{3 << 20});
}

TEST_F(Tls, EndsConnectionsInOrder) {
  serve();
  EXPECT_TRUE(is_served());  // asks for Connection: close
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
  EXPECT_EQ(server_->counters().connections_dropped, 0U);
}

TEST_F(Tls, PlainHttpIsAnsweredInPlainWords) {
  serve();
  RawClient plain(server_->port());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = plain.until_closed();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("HTTPS"));
}

TEST_F(Tls, GarbageEndsTheConnection) {
  serve();
  RawClient garbage(server_->port());
  garbage.send("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c");
  EXPECT_TRUE(garbage.closed_within(30s));
  EXPECT_TRUE(is_served());
}

TEST_F(Tls, OldVersionsAreRefused) {
  serve();
  EXPECT_EQ(name_shown(TLS1_1_VERSION), "");
  EXPECT_EQ(name_shown(TLS1_2_VERSION), "first");
}

TEST_F(Tls, MinVersionIsKept) {
  serve("  min_version: TLS13\n");
  EXPECT_EQ(name_shown(TLS1_2_VERSION), "");
  EXPECT_EQ(name_shown(TLS1_3_VERSION), "first");
}

TEST_F(Tls, CiphersAndCurvesAreTaken) {
  serve(
      "  max_version: TLS12\n"
      "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n"
      "  curve_preferences: [CurveP256, X25519]\n"
      "  prefer_server_cipher_suites: false\n");
  EXPECT_EQ(name_shown(), "first");
}

TEST_F(Tls, ClientCertificatesCanBeRequired) {
  serve("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n");
  EXPECT_TRUE(is_served("client"));
  EXPECT_FALSE(is_served());
  EXPECT_FALSE(is_served("other"));
  EXPECT_TRUE(is_served("client"));
}

TEST_F(Tls, ClientCertificatesCanBeOptionalButGenuine) {
  serve("  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n");
  EXPECT_TRUE(is_served("client"));
  EXPECT_TRUE(is_served());
  EXPECT_FALSE(is_served("other"));
}

TEST_F(Tls, AnyClientCertificateCanDo) {
  serve("  client_auth_type: RequireAnyClientCert\n");
  EXPECT_TRUE(is_served("other"));
  EXPECT_FALSE(is_served());
}

TEST_F(Tls, ClientCertificatesCanBeAskedForOnly) {
  serve("  client_auth_type: RequestClientCert\n");
  EXPECT_TRUE(is_served("other"));
  EXPECT_TRUE(is_served());
}

TEST_F(Tls, ARotatedCertificateIsShownWithoutARestart) {
  serve();
  EXPECT_EQ(name_shown(), "first");
  install(make_certificate("second", authority_));
  EXPECT_EQ(name_shown(), "second");
  EXPECT_TRUE(is_served());
}

TEST_F(Tls, AConnectionMadeUnderTheFormerConfigurationEndsAfterItsNextRequest) {
  serve();
  auto https = client();
  https->set_keep_alive(true);
  ASSERT_TRUE(https->Get("/x"));
  install(make_certificate("second", authority_));
  const auto result = https->Get("/x");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->get_header_value("Connection"), "close");
}

TEST_F(Tls, ABrokenNewVersionLeavesTheFormerInForce) {
  serve();
  folder_.write("server.crt", "no certificate");
  EXPECT_EQ(name_shown(), "first");
  EXPECT_TRUE(is_served());
  EXPECT_THAT(logged(), HasSubstr("server.crt: no usable PEM certificate"));
  const std::string once = logged();
  EXPECT_TRUE(is_served());
  EXPECT_EQ(logged(), once) << "each version is complained of once";
  install(make_certificate("third", authority_));
  EXPECT_EQ(name_shown(), "third");
}

TEST_F(Tls, ALostFileIsReportedAndItsReturnIsSeen) {
  serve();
  std::filesystem::remove(folder_.path("server.key"));
  EXPECT_EQ(name_shown(), "first");
  EXPECT_THAT(logged(), HasSubstr("server.key: No such file"));
  install(make_certificate("second", authority_));
  EXPECT_EQ(name_shown(), "second");
}

TEST_F(Tls, TheConfigurationItselfMayBreakAndHeal) {
  serve();
  folder_.write("web.yml", "tls_server_config:\n  certfile: x\n");
  EXPECT_TRUE(is_served());
  EXPECT_THAT(logged(), HasSubstr("web.yml:2:3: tls_server_config.certfile: unknown key"));
  folder_.write("web.yml", "http_server_config: {headers: {X-Frame-Options: deny}}\n");
  httplib::Client plain("127.0.0.1", server_->port());
  const auto result = plain.Get("/now-plain");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->get_header_value("X-Frame-Options"), "deny");
}

TEST_F(Tls, AKeyOfAnotherCertificateIsNamed) {
  folder_.write("server.key", stranger_.key_pem());
  const auto server = try_to_serve("");
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), HasSubstr("server.key: the key does not belong to the certificate"));
}

TEST_F(Tls, AKeyWithAPasswordIsRefusedWithoutAsking) {
  folder_.write("server.key", server_certificate_.key_pem("secret"));
  const auto server = try_to_serve("");
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error(), HasSubstr("without a password"));
}

TEST_F(Tls, AMissingFileIsNamed) {
  const auto outcome = check_web_config(folder_.write(
      "bad.yml", "tls_server_config: {cert_file: server.crt, key_file: absent.key}\n"));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(yaml::to_string(outcome.error()), HasSubstr("absent.key: No such file or directory"));
  EXPECT_FALSE(check_web_config(folder_.path("absent.yml")));
}

TEST_F(Tls, CertificatesMayStandInTheConfiguration) {
  const auto indented = [](std::string pem) {
    std::string text = "|\n    ";
    for (const char c : pem) text += c == '\n' ? "\n    " : std::string(1, c);
    return text + "\n";
  };
  const std::string path = folder_.write(
      "inline.yml", "tls_server_config:\n  cert: " + indented(server_certificate_.pem()) +
                        "  key: " + indented(server_certificate_.key_pem()));
  const auto outcome = check_web_config(path);
  EXPECT_TRUE(outcome) << yaml::to_string(outcome.error());
}

}  // namespace
}  // namespace hitwatch::web
