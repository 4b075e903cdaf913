// Who must show a password, who is shown one, and that nobody else sees it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <string>

#include "tests/system/certificates.h"
#include "tests/system/daemon_fixture.h"
#include "tests/system/listener.h"
#include "tests/system/web_password.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using WebConfigTest = DaemonTest;

TEST_F(WebConfigTest, TlsAndBasicAuthFromEndToEnd) {
  const RedisServer server;
  const Authority authority;
  const Authority::Certificate certificate = authority.issue("127.0.0.1");
  dir_.write("web.yml", "tls_server_config:\n  cert_file: " + certificate.cert_file +
                            "\n  key_file: " + certificate.key_file +
                            "\nbasic_auth_users:\n  prometheus: " + bcrypt("geheim") + "\n");
  const std::string config = dir_.write(
      "hitwatch.yaml", "targets: [{url: '" + server.url() + "'}]\nweb: {config_file: web.yml}\n");
  const int port = free_port();
  Process daemon({hitwatch_binary(), "run", "--config", config,
                  "--web.listen-address=127.0.0.1:" + std::to_string(port)});
  httplib::SSLClient client("127.0.0.1", port);
  client.set_ca_cert_path(authority.ca_file().c_str());
  client.enable_server_certificate_verification(true);
  ASSERT_TRUE(eventually([&] { return bool(client.Get("/metrics")) || !daemon.running(); }));
  ASSERT_TRUE(daemon.running()) << daemon.output();

  const auto status = [&] {
    const auto result = client.Get("/metrics");
    return result ? result->status : 0;
  };
  EXPECT_EQ(status(), 401);
  client.set_basic_auth("prometheus", "wrong");
  EXPECT_EQ(status(), 401);
  client.set_basic_auth("somebody", "geheim");
  EXPECT_EQ(status(), 401);
  client.set_basic_auth("prometheus", "geheim");
  EXPECT_EQ(status(), 200);
  EXPECT_TRUE(eventually([&] {
    const auto result = client.Get("/metrics");
    return result && sample(result->body, "redis_up") == 1;
  }));
  // Who does not know of TLS learns nothing but that.
  httplib::Client plain("127.0.0.1", port);
  plain.set_basic_auth("prometheus", "geheim");
  const auto refused = plain.Get("/metrics");
  EXPECT_TRUE(!refused || refused->status == 400);
  EXPECT_THAT(daemon.output(), Not(HasSubstr("geheim")));
}

TEST_F(WebConfigTest, AnUnreadableOneIsAnErrorAtTheStart) {
  const std::string config =
      dir_.write("hitwatch.yaml",
                 "web: {config_file: " + dir_.write("web.yml", "tls_server_confg: {}\n") + "}\n");
  const Finished finished = run_to_end(
      {hitwatch_binary(), "run", "--config", config, "--web.listen-address=127.0.0.1:0"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("web.yml:1:1: tls_server_confg: unknown"));
}

TEST_F(DaemonTest, AScrapeMustNotBringCredentials) {
  const RedisServer server;
  const Listener allowed;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {scrape_allow: ['*']}");
  for (const std::string& target :
       {"redis://me:geheim@" + allowed.address(), "redis://:geheim@" + allowed.address(),
        "me:geheim@" + allowed.address(), "redis://me:geheim@" + server.address(),
        std::string("redis://me:geheim@cache:port")}) {
    const HttpResponse refused = scrape(target);
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_THAT(refused.body, Not(HasSubstr("geheim")));
  }
  EXPECT_EQ(allowed.heard(), "");
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
}

TEST_F(DaemonTest, CredentialsGoOnlyToTheAddressesTheyAreFor) {
  const RedisServer configured({"--requirepass", "geheim"});
  const Listener named;
  const Listener other;
  start("targets: [{url: '" + configured.url() + "', password: geheim}]\ncredentials: [{match: '" +
        named.address() +
        "', username: me, password: geheim}]\nweb: {scrape_allow: ['127.0.0.1:*']}");
  EXPECT_EQ(
      sample(scrape(named.address()).body, "redis_exporter_last_scrape_error{err=\"timeout\"}"), 1);
  EXPECT_EQ(
      sample(scrape(other.address()).body, "redis_exporter_last_scrape_error{err=\"timeout\"}"), 1);
  EXPECT_THAT(named.heard(), StartsWith("*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$6\r\ngeheim\r\n"));
  EXPECT_THAT(other.heard(), HasSubstr("INFO"));
  EXPECT_THAT(other.heard(), Not(HasSubstr("AUTH")));
  EXPECT_THAT(other.heard(), Not(HasSubstr("geheim")));
}

TEST_F(DaemonTest, SecretsAreShownNowhere) {
  const RedisServer server({"--requirepass", "right"});
  const std::string file = dir_.write("password", "geheim-file\n");
  start("targets:\n  - url: redis://me:geheim-url@" + server.address() +
        "\n    alias: a\n  - url: redis://" + server.address() +
        "/1\n    alias: b\n    password_file: " + file + "\n  - url: redis://" + server.address() +
        "/2\n    alias: c\n    password: geheim-text\nlog: {level: debug}");
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_TRUE(daemon_->shows("redis_exporter_last_scrape_error{instance=\"" + std::string(name) +
                               "\",err=\"auth\"} 1"));
  }
  for (const char* path : {"/", "/metrics", "/api/v1/targets", "/sd", "/health/cache",
                           "/scrape?target=a", "/metrics?target=b"}) {
    EXPECT_THAT(daemon_->get(path).body, Not(HasSubstr("geheim"))) << path;
  }
  EXPECT_THAT(daemon_->process().output(), HasSubstr("target is down"));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
}

// Of what finds servers, and of a map of passwords: they are sent, refused and quoted back.
TEST_F(DaemonTest, SecretsOfSourcesAndMapsAreShownNowhere) {
  const RedisServer server({"--requirepass", "right"});
  const RedisServer node({"--requirepass", "right", "--cluster-enabled", "yes"});
  const RedisServer mapped({"--requirepass", "right"});
  dir_.write("server", "geheim-server\n");
  dir_.write("passwords.json", "{\"redis://me@" + mapped.address() + "\": \"geheim-map\"}");
  const std::string config = "targets:\n  - sentinel: {urls: ['redis://me:geheim-url@" +
                             server.address() +
                             "'], server_username: me, server_password_file: server}\n"
                             "  - cluster: {urls: ['redis://:geheim-node@" +
                             node.address() + "'], name: shop}\n  - {url: '" + mapped.url() +
                             "', alias: mapped}\n"
                             "credentials: [{password_map: passwords.json}]\nlog: {level: debug}";
  start(config);
  EXPECT_TRUE(
      daemon_->shows("redis_exporter_last_scrape_error{instance=\"mapped\",err=\"auth\"} 1"));
  EXPECT_TRUE(daemon_->shows("hitwatch_discovery_failures_total{source=\"cluster:shop\"}"));
  EXPECT_TRUE(daemon_->shows(
      "hitwatch_discovery_failures_total{source=\"sentinel:" + server.address() + "\"}"));
  // A map that cannot be read any more is told of, too.
  dir_.write("passwords.json", "{\"redis://me@" + mapped.address() + "\": \"geheim-map");
  EXPECT_TRUE(
      daemon_->shows("redis_exporter_last_scrape_error{instance=\"mapped\",err=\"secret\"} 1"))
      << daemon_->process().output();
  for (const char* path :
       {"/", "/metrics", "/api/v1/targets", "/api/v1/events", "/api/v1/replication", "/sd",
        "/health/cache", "/scrape?target=mapped", "/api/v1/status/config"}) {
    EXPECT_THAT(daemon_->get(path).body, Not(HasSubstr("geheim"))) << path;
  }
  EXPECT_THAT(daemon_->process().output(), HasSubstr("passwords.json is not a JSON object"));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
  const auto shown =
      run_to_end({"ps", "-o", "args", "-p", std::to_string(daemon_->process().pid())});
  EXPECT_THAT(shown.output, HasSubstr("hitwatch"));
  EXPECT_THAT(shown.output, Not(HasSubstr("geheim")));

  const auto check = [&](const std::string& text) {
    return run_to_end({hitwatch_binary(), "check", "config", dir_.write("checked.yaml", text)});
  };
  const Finished refused = check(config);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("password_map"));
  EXPECT_THAT(refused.output, Not(HasSubstr("geheim")));
  dir_.write("passwords.json", "{}");
  EXPECT_THAT(check(config).output,
              HasSubstr("valid, 1 target, 1 set of sentinels, 1 cluster, 0 target lists"));
  const Finished wrong = check(
      "targets:\n  - sentinel: {urls: ['redis://me:geheim@a:port', 'redis://me:geheim@a/1']}\n"
      "  - cluster: {urls: ['redis://:geheim@a', 'redis://:geheim2@b'], address_map: "
      "{'redis://:geheim@c': 'redis://:geheim@d'}}\n");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.output, HasSubstr("another user or password than in a URL before it"));
  EXPECT_THAT(wrong.output, Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace hitwatch::test
