// The web configuration file: what is read, and where faults are found.
#include "agent/web/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/web/temporary_folder.h"

namespace hitwatch::web {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kHash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

// The faults of a text, a line for each; "" if there are none.
std::string fault_of(std::string_view text) {
  const auto config = parse_web_config(text, "web.yml");
  return config ? "" : yaml::to_string(config.error());
}

TEST(WebConfig, EverythingIsRead) {
  const auto config = parse_web_config(
      R"(tls_server_config:
  cert_file: tls/server.crt
  key_file: /etc/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS12
  max_version: TLS13
  cipher_suites:
    - TLS_AES_128_GCM_SHA256
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    - "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP521]
http_server_config:
  http2: true
  headers:
    Content-Security-Policy: default-src 'self'
    X-Frame-Options: sameorigin
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "1; mode=block"
    Strict-Transport-Security: max-age=31536000
basic_auth_users:
  alice: )" +
          std::string(kHash) + "\n",
      "/etc/hitwatch/web.yml");
  ASSERT_TRUE(config) << yaml::to_string(config.error());
  EXPECT_EQ(config->tls->certificate.file, "/etc/hitwatch/tls/server.crt");
  EXPECT_EQ(config->tls->key.file, "/etc/server.key");
  EXPECT_EQ(config->tls->client_auth, ClientAuth::kRequireAndVerifyClientCert);
  EXPECT_EQ(config->tls->min_version, TLS1_2_VERSION);
  EXPECT_EQ(config->tls->max_version, TLS1_3_VERSION);
  EXPECT_EQ(config->tls->cipher_suites_13, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(config->tls->cipher_suites,
            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_EQ(config->tls->curves, "X25519:P-521");
  EXPECT_FALSE(config->tls->prefer_server_ciphers);
  EXPECT_EQ(config->headers.size(), 5U);
  EXPECT_EQ(config->users.at("alice"), kHash);
  EXPECT_THAT(config->files(), testing::ElementsAre("/etc/hitwatch/tls/server.crt",
                                                    "/etc/server.key", "/etc/hitwatch/ca.pem"));
}

TEST(WebConfig, AnEmptyOneAsksForNothing) {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "{}"}) {
    const auto config = parse_web_config(text, "web.yml");
    ASSERT_TRUE(config) << yaml::to_string(config.error());
    EXPECT_FALSE(config->tls);
    EXPECT_TRUE(config->users.empty());
  }
}

TEST(WebConfig, EveryCipherSuiteHasATranslation) {
  const std::string all =
      fault_of("tls_server_config: {cert_file: a, key_file: b, cipher_suites: [unknown]}");
  const std::string names = all.substr(all.find("known: ") + 7);
  const auto config = parse_web_config(
      "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [" + names + "]}", "web.yml");
  ASSERT_TRUE(config) << yaml::to_string(config.error());
  EXPECT_THAT(config->tls->cipher_suites, Not(HasSubstr("NONE")));
}

struct Faulty {
  const char* text;
  const char* expected;
};

class WebConfigFaults : public testing::TestWithParam<Faulty> {};

TEST_P(WebConfigFaults, AreFoundWithTheirPosition) {
  EXPECT_THAT(fault_of(GetParam().text), HasSubstr(GetParam().expected));
}

constexpr Faulty kFaults[] = {
    {"basic_auth_user: {}\n",
     "web.yml:1:1: basic_auth_user: unknown key, did you mean 'basic_auth_users'?"},
    {"tls_server_config:\n  cert_file: a\n  keyfile: b\n",
     "web.yml:3:3: tls_server_config.keyfile: unknown key, did you mean 'key_file'?"},
    {"http_server_config:\n  headers:\n    Server: x\n",
     "web.yml:3:5: http_server_config.headers.Server: unknown key"},
    {"tls_server_config:\n  cert_file: a\n  cert_file: b\n",
     "web.yml:3:3: tls_server_config.cert_file: given twice, first in line 2"},
    {"- a\n", "web.yml:1:1: must be a mapping of keys to values, not a list"},
    {"just text\n", "web.yml:1:1: must be a mapping"},
    {"tls_server_config: yes\n", "web.yml:1:20: tls_server_config: must be a mapping"},
    {"tls_server_config:\n", "tls_server_config: has no value"},
    {"basic_auth_users:\n", "basic_auth_users: has no value"},
    {"tls_server_config: {}\n", "web.yml:1:20: tls_server_config: cert_file is missing"},
    {"tls_server_config: {cert_file: a}\n", "tls_server_config: key_file is missing"},
    {"tls_server_config:\n  cert_file: [a]\n",
     "web.yml:2:14: tls_server_config.cert_file: must be a single value, not a list"},
    {"tls_server_config: {cert_file: a, cert: b}\n", "given both directly and by a file"},
    {"tls_server_config:\n  client_auth_type: Always\n",
     "web.yml:2:21: tls_server_config.client_auth_type: 'Always' is none of NoClientCert"},
    {"tls_server_config: {cert_file: a, key_file: b, client_auth_type: VerifyClientCertIfGiven}\n",
     "needs client_ca_file"},
    {"tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}\n",
     "client_ca_file has no effect without client_auth_type"},
    {"tls_server_config:\n  min_version: TLS11\n",
     "web.yml:2:16: tls_server_config.min_version: TLS11 is broken"},
    {"tls_server_config:\n  max_version: 1.3\n", "'1.3' is none of TLS12, TLS13"},
    {"tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}\n",
     "min_version is above max_version"},
    {"tls_server_config:\n  cipher_suites:\n    - TLS_AES_128_GCM_SHA256\n    - RC4\n",
     "web.yml:4:7: tls_server_config.cipher_suites[1]: 'RC4' is no cipher suite known here"},
    {"tls_server_config:\n  cipher_suites: TLS_AES_128_GCM_SHA256\n",
     "web.yml:2:18: tls_server_config.cipher_suites: must be a list, not a single value"},
    {"tls_server_config:\n  curve_preferences: [P256]\n",
     "web.yml:2:23: tls_server_config.curve_preferences[0]: 'P256' is none of CurveP256"},
    {"tls_server_config:\n  prefer_server_cipher_suites: yes\n",
     "web.yml:2:32: tls_server_config.prefer_server_cipher_suites: 'yes' is not true or false"},
    {"http_server_config:\n  http2: 1\n",
     "web.yml:2:10: http_server_config.http2: '1' is not true"},
    {"http_server_config: {headers: {X-Frame-Options: allow}}\n", "must be deny or sameorigin"},
    {"http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nb: c\"}}\n", "one line"},
    {"rate_limit: {interval: 1s, burst: 2}\n", "web.yml:1:1: rate_limit: not supported here"},
    {"tls_server_config:\n  client_allowed_sans: [a]\n", "client_allowed_sans: not supported"},
    {"basic_auth_users:\n  alice: secret\n",
     "web.yml:2:10: basic_auth_users.alice: not a bcrypt hash"},
    {"basic_auth_users:\n  alice: $2y$31$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG\n",
     "web.yml:2:10: basic_auth_users.alice: a bcrypt cost of 31 takes too long"},
    {"basic_auth_users:\n  \"a:b\": x\n", "web.yml:2:3: basic_auth_users: the user name contains"},
    {"basic_auth_users:\n  a: ~\n", "basic_auth_users.a: has no value"},
    {"a: [\n", "web.yml:2:1: end of sequence flow not found"},
    {"a: b: c\n", "web.yml:1:5: illegal map value"},
    {"\tx: 1\n", "web.yml:1:3: illegal map value"},
    {"basic_auth_users: {}\n---\nrate_limit: {}\n", "a second document"},
    {"tls_server_config:\n  cert_file: \"a\n  key_file: b\n",
     "a quote that is opened after this is not closed"},
    {"tls_server_config:\n  cert_file: 'it''s\n",
     "a quote that is opened after this is not closed"},
    {"{[a]: b}\n", "a key must be a word"},
    {"tls_server_config: &a {cert_file: *a}\n", "the alias stands inside of what it names"},
};
INSTANTIATE_TEST_SUITE_P(Each, WebConfigFaults, testing::ValuesIn(kFaults));

TEST(WebConfig, QuotesThatAreClosedAreFine) {
  for (const char* text :
       {"http_server_config: {headers: {X-XSS-Protection: \"a \\\" b\"}}\n",
        "http_server_config: {headers: {X-XSS-Protection: 'it''s'}}\n",
        "http_server_config: {headers: {'X-XSS-Protection': ''}}",
        "# caf\xc3\xa9\nhttp_server_config: {headers: {X-XSS-Protection: \"\"}}"}) {
    EXPECT_EQ(fault_of(text), "") << text;
  }
}

TEST(WebConfig, EveryFaultIsFoundInOneRun) {
  const auto config = parse_web_config(
      "tls_server_config:\n"
      "  cert_file: a\n"
      "  key_fil: b\n"
      "  min_version: TLS10\n"
      "http_server_config: {http2: maybe}\n"
      "basic_auth_users:\n"
      "  alice: secret\n"
      "  bob: secret\n"
      "limits: 1\n",
      "web.yml");
  ASSERT_FALSE(config);
  std::vector<int> lines;
  for (const yaml::Fault& fault : config.error()) lines.push_back(fault.line);
  EXPECT_THAT(lines, testing::ElementsAre(2, 3, 4, 5, 7, 8, 9));
}

TEST(WebConfig, DollarSignsAreText) {
  const auto config = parse_web_config(
      "http_server_config: {headers: {X-XSS-Protection: '${HOME} $$'}}", "web.yml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->headers.at(0).value, "${HOME} $$");
}

TEST(WebConfig, FaultsDoNotShowHashes) {
  const std::string fault = fault_of("basic_auth_users:\n  alice: $2y$10$hiddenpart\n");
  EXPECT_THAT(fault, HasSubstr("not a bcrypt hash"));
  EXPECT_THAT(fault, Not(HasSubstr("hiddenpart")));
}

TEST(WebConfig, DeepNestingIsAFaultAndNoCrash) {
  EXPECT_NE(fault_of(std::string(100'000, '[')), "");
  EXPECT_NE(fault_of("a: " + std::string(50'000, '{')), "");
}

TEST(WebConfig, CutAnywhereItNeverCrashes) {
  const std::string text =
      "tls_server_config: {cert_file: \"a\", key_file: 'b', cipher_suites: "
      "[TLS_AES_128_GCM_SHA256]}"
      "\nhttp_server_config:\n  headers:\n    X-Frame-Options: deny\nbasic_auth_users:\n  a: " +
      std::string(kHash) + "\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto config = parse_web_config(text.substr(0, size), "web.yml");
    if (!config) {
      EXPECT_THAT(yaml::to_string(config.error()), testing::StartsWith("web.yml"));
    }
    std::string spoiled = text;
    for (const char c : {'\0', '"', '\'', '{', '}', '*', '&', '!', '\xff', '\t', '\n'}) {
      spoiled[size] = c;
      const auto other = parse_web_config(spoiled, "web.yml");
      if (!other) {
        EXPECT_THAT(yaml::to_string(other.error()), testing::StartsWith("web.yml"));
      }
    }
  }
}

TEST(WebConfig, ALargeFileIsRefused) {
  const TemporaryFolder folder;
  const auto config = load_web_config(folder.write("web.yml", std::string(2 << 20, '#')));
  ASSERT_FALSE(config);
  EXPECT_THAT(yaml::to_string(config.error()), HasSubstr("larger than 1MiB"));
}

TEST(WebConfig, AFolderIsNoFile) {
  const auto config = load_web_config("/tmp");
  ASSERT_FALSE(config);
  EXPECT_THAT(yaml::to_string(config.error()),
              HasSubstr("/tmp: cannot be read: not a regular file"));
}

}  // namespace
}  // namespace hitwatch::web
