#include "agent/net/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace hitwatch::net {
namespace {

TEST(ClientContext, VerifiesByDefaultAndSpeaksNothingOlderThanTls12) {
  const auto context = TlsContexts().get({});
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_verify_mode((*context)->native_handle()), SSL_VERIFY_PEER);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*context)->native_handle()), TLS1_2_VERSION);
}

TEST(ClientContext, SkipsVerificationOnlyWhenAskedTo) {
  TlsOptions options;
  options.insecure_skip_verify = true;
  const auto context = TlsContexts().get(options);
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_verify_mode((*context)->native_handle()), SSL_VERIFY_NONE);
}

TEST(ClientContext, NamesTheFileAtFault) {
  TlsOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  auto context = TlsContexts().get(options);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().reason, Reason::kTls);
  EXPECT_NE(context.error().text.find("/nonexistent/ca.pem"), std::string::npos);
  options = {};
  options.cert_file = "/nonexistent/client.pem";
  context = TlsContexts().get(options);
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().text.find("/nonexistent/client.pem"), std::string::npos);
}

TEST(ClientContext, IsSharedUntilOneOfItsFilesChanges) {
  TlsContexts contexts;
  TlsOptions options;
  options.server_name = "a";
  const auto first = contexts.get(options);
  options.server_name = "b";
  EXPECT_EQ(*contexts.get(options), *first);
  const std::string file = testing::TempDir() + "hitwatch-tls-" + std::to_string(getpid());
  options.ca_file = file;
  std::ofstream(file) << "no certificate";
  EXPECT_FALSE(contexts.get(options));
  std::filesystem::remove(file);
  options.ca_file.clear();
  options.insecure_skip_verify = true;
  EXPECT_NE(*contexts.get(options), *first);
}

}  // namespace
}  // namespace hitwatch::net
