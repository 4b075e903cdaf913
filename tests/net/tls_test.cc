#include "agent/net/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace hitwatch::net {
namespace {

TEST(ClientContext, VerifiesByDefaultAndSpeaksNothingOlderThanTls12) {
  const auto context = make_client_context({});
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_verify_mode((*context)->native_handle()), SSL_VERIFY_PEER);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*context)->native_handle()), TLS1_2_VERSION);
}

TEST(ClientContext, SkipsVerificationOnlyWhenAskedTo) {
  TlsOptions options;
  options.insecure_skip_verify = true;
  const auto context = make_client_context(options);
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_verify_mode((*context)->native_handle()), SSL_VERIFY_NONE);
}

TEST(ClientContext, NamesTheFileAtFault) {
  TlsOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  auto context = make_client_context(options);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().reason, Reason::kTls);
  EXPECT_NE(context.error().text.find("/nonexistent/ca.pem"), std::string::npos);
  options = {};
  options.cert_file = "/nonexistent/client.pem";
  context = make_client_context(options);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().text.find("/nonexistent/client.pem"), std::string::npos);
}

}  // namespace
}  // namespace hitwatch::net
