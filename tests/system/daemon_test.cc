// What the running daemon answers over HTTP, and what it does and does not do to the servers.

#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/certificates.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The value of a field of INFO.
double info(const RedisServer& server, const std::string& section, const std::string& field) {
  std::istringstream lines(server.command({"INFO", section}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1));
  }
  ADD_FAILURE() << "no " << field << " in INFO " << section;
  return 0;
}

// A server that says nothing and remembers all that it is told.
class Listener {
 public:
  std::string heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }
  std::string url() const { return server_.url(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }

 private:
  void listen(int socket) {
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      const std::scoped_lock lock(mutex_);
      heard_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  mutable std::mutex mutex_;
  std::string heard_;
  ScriptedServer server_{[this](int socket) { listen(socket); }};
};

class DaemonTest : public testing::Test {
 protected:
  void start(const std::string& config) {
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml", config + "\npoll: {interval: 500ms, timeout: 500ms}\n")});
  }
  // Without a configuration: one unnamed target.
  void watch(const RedisServer& server) {
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{"run", server.url()});
    ASSERT_TRUE(daemon_->shows("redis_up 1")) << daemon_->process().output();
  }
  json get_json(const std::string& path) const { return json::parse(daemon_->get(path).body); }
  HttpResponse scrape(const std::string& target) const {
    return daemon_->get("/scrape?target=" + target);
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(DaemonTest, MetricsAreTextForWhoDoesNotAsk) {
  const RedisServer server;
  watch(server);
  const HttpResponse response = daemon_->get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("# TYPE redis_up gauge\nredis_up 1\n"));
  EXPECT_THAT(response.body, HasSubstr("\nhitwatch_build_info{"));
  EXPECT_THAT(response.body, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(response.body, Not(HasSubstr("# EOF")));
}

TEST_F(DaemonTest, MetricsAreOpenMetricsForWhoAsks) {
  const RedisServer server;
  watch(server);
  const HttpResponse response =
      daemon_->get("/metrics", {{"Accept",
                                 "application/openmetrics-text;version=1.0.0;q=0.5,"
                                 "text/plain;version=0.0.4;q=0.3"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.at("content-type"),
              StartsWith("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(response.body.ends_with("\n# EOF\n"));
  EXPECT_THAT(response.body, HasSubstr("redis_commands_processed_total "));
}

TEST_F(DaemonTest, MetricsAreCompressedForWhoAsks) {
  const RedisServer server;
  watch(server);
  const HttpResponse plain = daemon_->get("/metrics", {{"Accept-Encoding", "identity"}});
  const HttpResponse packed = daemon_->get("/metrics", {{"Accept-Encoding", "gzip"}});
  EXPECT_FALSE(plain.headers.contains("content-encoding"));
  EXPECT_EQ(packed.headers.at("content-encoding"), "gzip");
  EXPECT_THAT(packed.body, StartsWith("\x1f\x8b"));
  EXPECT_LT(packed.body.size() * 3, plain.body.size());
}

TEST_F(DaemonTest, OneUnnamedTargetHasNoInstanceLabel) {
  const RedisServer server;
  watch(server);
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("instance=\"")));
}

TEST_F(DaemonTest, AnAliasIsTheInstanceLabel) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "', alias: catalog, labels: {env: prod, zone: a}}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"catalog\",env=\"prod\",zone=\"a\"} 1"));
}

TEST_F(DaemonTest, SeveralTargetsHaveInstanceLabels) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "'}, {url: '" + second.url() + "', alias: b}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + first.address() + "\"} 1"));
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"b\"} 1"));
}

TEST_F(DaemonTest, LabelsAreEscaped) {
  const RedisServer server;
  start("targets:\n  - url: " + server.url() +
        "\n    labels: {note: \"a\\\"b\\\\c\\nd\"}\n    alias: 'x\"y'");
  EXPECT_TRUE(daemon_->shows(R"(redis_up{instance="x\"y",note="a\"b\\c\nd"} 1)"));
}

TEST_F(DaemonTest, MetricsOfOneTargetByNameAddressOrUrl) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "', alias: a}, {url: '" + second.url() +
        "', alias: b}]");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1"));
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"b\"} 1"));
  for (const std::string& name : {std::string("b"), second.address(), second.url()}) {
    const HttpResponse response = daemon_->get("/metrics?target=" + name);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up{instance=\"b\"}"), 1);
    EXPECT_THAT(response.body, Not(HasSubstr("instance=\"a\"")));
    EXPECT_THAT(response.body, Not(HasSubstr("hitwatch_")));
  }
}

TEST_F(DaemonTest, MetricsOfAnUnknownTargetAreRefused) {
  const RedisServer server;
  const Listener stranger;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {scrape_allow: ['*']}");
  EXPECT_EQ(daemon_->get("/metrics?target=" + stranger.address()).status, 403);
  EXPECT_EQ(daemon_->get("/metrics?target=").status, 400);
  EXPECT_EQ(sample(daemon_->metrics(), "redis_target_scrape_request_errors_total"), 2);
  EXPECT_EQ(stranger.heard(), "");
}

TEST_F(DaemonTest, AScrapeOfATargetIsLikeThatOfTheExporter) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "', alias: a, labels: {env: prod}}, {url: '" +
        second.url() + "'}]");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\",env=\"prod\"} 1"));
  for (const std::string& name : {std::string("a"), first.address(), first.url()}) {
    const HttpResponse response = scrape(name);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up{env=\"prod\"}"), 1);
    EXPECT_THAT(response.body, Not(HasSubstr("instance=\"")));
    EXPECT_THAT(response.body, Not(HasSubstr("hitwatch_")));
  }
}

TEST_F(DaemonTest, AScrapeOfAnAddressThatIsNotAllowedIsRefused) {
  const RedisServer server;
  const Listener stranger;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {scrape_allow: ['10.*', '" +
        server.address() + "']}");
  const HttpResponse refused = scrape(stranger.address());
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("web.scrape_allow"));
  EXPECT_EQ(scrape("unix:///etc/passwd").status, 403);
  EXPECT_EQ(scrape("//" + stranger.address()).status, 403);
  EXPECT_EQ(stranger.heard(), "");
}

TEST_F(DaemonTest, AScrapeNeedsATarget) {
  const RedisServer server;
  watch(server);
  EXPECT_EQ(daemon_->get("/scrape").status, 400);
  EXPECT_EQ(scrape("").status, 400);
  EXPECT_EQ(scrape("redis://cache:port").status, 400);
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

TEST_F(DaemonTest, AConfiguredTargetIsKnownByEverySpellingOfItsUrl) {
  const RedisServer server;
  start("targets: [{alias: cache, url: '" + server.url() + "/3'}]\n");
  for (const std::string& name : {std::string("cache"), server.address(), server.url(),
                                  "valkey://" + server.address(), server.url() + "/3"}) {
    EXPECT_EQ(scrape(name).status, 200) << name;
  }
  EXPECT_EQ(scrape("rediss://" + server.address()).status, 403);
}

TEST_F(DaemonTest, AnAllowedAddressIsPolledWhenScraped) {
  const RedisServer configured;
  RedisServer other({"--requirepass", "right"});
  start("targets: [{url: '" + configured.url() + "'}]\ncredentials: [{match: '" + other.address() +
        "', password: right}]\nweb: {scrape_allow: ['127.0.0.1:*']}");
  for (int polls = 1; polls <= 3; ++polls) {
    // The first of its polls is the one that the first scrape asks for.
    const HttpResponse response = scrape(other.address());
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(sample(response.body, "redis_up"), 1) << daemon_->process().output();
    EXPECT_EQ(sample(response.body, "redis_exporter_scrapes_total"), polls);
  }
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr(other.address())));
  EXPECT_THAT(daemon_->get("/sd").body, Not(HasSubstr(other.address())));
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

TEST_F(DaemonTest, HealthyAsLongAsItRuns) {
  const ScriptedServer broken([](int) {});
  start("targets: [{url: '" + broken.url() + "'}]");
  EXPECT_EQ(daemon_->get("/-/healthy").status, 200);
}

TEST_F(DaemonTest, ReadyOnceEveryTargetHasBeenPolled) {
  const RedisServer server;
  std::atomic<bool> silent = true;
  const ScriptedServer slow([&](int socket) {
    while (silent && receive(socket).empty()) {
    }
    eventually([&] { return !silent; });
  });
  const Hitwatch daemon(
      {"run", "--config",
       dir_.write("hitwatch.yaml", "targets: [{url: '" + server.url() + "'}, {url: '" + slow.url() +
                                       "'}]\npoll: {timeout: 15s}\n")});
  EXPECT_TRUE(daemon.shows("redis_up{instance=\"" + server.address() + "\"} 1"));
  const HttpResponse waiting = daemon.get("/-/ready");
  EXPECT_EQ(waiting.status, 503);
  EXPECT_THAT(waiting.body, HasSubstr("1 of 2"));
  silent = false;  // and the connection ends: a target that is down has been polled, too
  EXPECT_TRUE(eventually([&] { return daemon.get("/-/ready").status == 200; }));
}

TEST_F(DaemonTest, CacheHealthHasTheServersFigures) {
  const RedisServer server;
  for (int i = 0; i < 13; ++i) server.command({"SET", "key" + std::to_string(i), "x"});
  for (int i = 0; i < 20; ++i) server.command({"GET", "key" + std::to_string(i)});
  server.command({"SELECT", "3"});
  watch(server);
  const HttpResponse response = daemon_->get("/health/cache");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(json::parse(response.body), json({{"connected", true},
                                              {"hits", 13},
                                              {"misses", 7},
                                              {"keys", 13},
                                              {"totalRequests", 20},
                                              {"hitRate", "65.00%"},
                                              {"efficiency", "degraded"}}));
  EXPECT_EQ(info(server, "stats", "keyspace_hits"), 13);
  EXPECT_EQ(info(server, "stats", "keyspace_misses"), 7);
}

TEST_F(DaemonTest, CacheHealthIsOptimalFromEightyPercent) {
  const RedisServer server;
  server.command({"SET", "key", "x"});
  for (int i = 0; i < 12; ++i) server.command({"GET", "key"});
  server.command({"GET", "none"});
  watch(server);
  const json health = get_json("/health/cache");
  EXPECT_EQ(health["hitRate"], "92.31%");
  EXPECT_EQ(health["efficiency"], "optimal");
}

TEST_F(DaemonTest, CacheHealthOfAServerThatNobodyAsked) {
  const RedisServer server;
  watch(server);
  EXPECT_EQ(get_json("/health/cache"), json({{"connected", true},
                                             {"hits", 0},
                                             {"misses", 0},
                                             {"keys", 0},
                                             {"totalRequests", 0},
                                             {"hitRate", "0.00%"},
                                             {"efficiency", "optimal"}}));
}

TEST_F(DaemonTest, CacheHealthIs503WhileTheServerIsDown) {
  RedisServer server;
  start("targets: [{url: '" + server.url() + "'}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/health/cache").status == 200; }));
  server.kill();
  ASSERT_TRUE(eventually([&] { return daemon_->get("/health/cache").status == 503; }));
  const json health = get_json("/health/cache");
  EXPECT_EQ(health["connected"], false);
  EXPECT_EQ(health["efficiency"], "degraded");
  server.restart();
  EXPECT_TRUE(eventually([&] { return daemon_->get("/health/cache").status == 200; }));
}

TEST_F(DaemonTest, CacheHealthOfSeveralTargetsIsTheirSumAndEach) {
  const RedisServer first;
  RedisServer second;
  first.command({"SET", "a", "x"});
  first.command({"GET", "a"});
  second.command({"GET", "a"});
  start("targets: [{url: '" + first.url() + "', alias: a}, {url: '" + second.url() +
        "', alias: b}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/health/cache").status == 200; }));
  json health = get_json("/health/cache");
  EXPECT_EQ(health["totalRequests"], 2);
  EXPECT_EQ(health["hitRate"], "50.00%");
  EXPECT_EQ(health["targets"]["a"]["hits"], 1);
  EXPECT_EQ(health["targets"]["b"]["misses"], 1);
  EXPECT_EQ(get_json("/health/cache?target=a")["hitRate"], "100.00%");
  EXPECT_EQ(daemon_->get("/health/cache?target=c").status, 403);
  second.kill();
  ASSERT_TRUE(eventually([&] { return daemon_->get("/health/cache").status == 503; }));
  health = get_json("/health/cache");
  EXPECT_EQ(health["targets"]["a"]["connected"], true);
  EXPECT_EQ(health["targets"]["b"]["connected"], false);
  EXPECT_EQ(daemon_->get("/health/cache?target=a").status, 200);
  EXPECT_EQ(daemon_->get("/health/cache?target=b").status, 503);
}

TEST_F(DaemonTest, ServiceDiscoveryListsTheTargets) {
  const RedisServer first;
  const RedisServer second;
  start("targets: [{url: '" + first.url() + "', alias: a, labels: {env: prod}}, {url: '" +
        second.url() + "'}]");
  const HttpResponse response = daemon_->get("/sd");
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(
      json::parse(response.body), json::parse(R"([{"targets": ["a"], "labels": {"env": "prod"}},
                            {"targets": [")" + second.address() +
                                              R"("], "labels": {}}])"));
  // Each name is one that /scrape takes.
  for (const json& group : json::parse(response.body)) {
    EXPECT_EQ(scrape(group["targets"][0]).status, 200);
  }
}

TEST_F(DaemonTest, TheApiTellsTheStateOfEveryTarget) {
  const RedisServer up;
  const RedisServer partial;
  partial.command({"ACL", "SETUSER", "watcher", "on", ">pw", "+info"});
  const int nobody = free_port();
  start("targets: [{url: '" + up.url() + "', alias: up, labels: {env: prod}}, {url: '" +
        partial.url() +
        "', alias: partial, username: watcher, password: pw}, {url: 'redis://127.0.0.1:" +
        std::to_string(nobody) + "', alias: down}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/-/ready").status == 200; }));
  const json answer = get_json("/api/v1/targets");
  EXPECT_EQ(answer["status"], "success");
  const json& targets = answer["data"]["targets"];
  ASSERT_EQ(targets.size(), 3);
  EXPECT_EQ(targets[0]["name"], "up");
  EXPECT_EQ(targets[0]["url"], up.url());
  EXPECT_EQ(targets[0]["labels"], json({{"env", "prod"}}));
  EXPECT_EQ(targets[0]["state"], "up");
  EXPECT_EQ(targets[0]["error"], nullptr);
  EXPECT_EQ(targets[0]["role"], "master");
  EXPECT_EQ(targets[0]["unavailable"], json::object());
  EXPECT_GE(targets[0]["lastPollAgeSeconds"], 0.0);
  EXPECT_THAT(targets[0]["origin"], HasSubstr("hitwatch.yaml:1:"));
  EXPECT_THAT(targets[1]["unavailable"]["slowlog"], HasSubstr("NOPERM"));
  EXPECT_EQ(targets[2]["state"], "down");
  EXPECT_EQ(targets[2]["error"]["reason"], "refused");
  EXPECT_THAT(targets[2]["error"]["text"], HasSubstr(std::to_string(nobody)));
}

TEST_F(DaemonTest, TheFrontPageLinksToEverything) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() +
        "', alias: '<script>\"&'}]\nweb: {telemetry_path: /m}");
  const HttpResponse page = daemon_->get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  for (const std::string path :
       {"/m", "/health/cache", "/api/v1/targets", "/sd", "/-/healthy", "/-/ready"}) {
    EXPECT_THAT(page.body, HasSubstr("<a href=\"" + path + "\">"));
    EXPECT_NE(daemon_->get(path).status, 404);
  }
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;&quot;&amp;"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
  EXPECT_EQ(daemon_->get("/metrics").status, 404);
}

TEST_F(DaemonTest, WhatIsNotThereIs404) {
  const RedisServer server;
  watch(server);
  for (const char* path : {"/metric", "/metrics/", "/-/", "/api/v1/target", "/..//metrics"}) {
    EXPECT_EQ(daemon_->get(path).status, 404) << path;
  }
}

TEST_F(DaemonTest, AWrongMethodIsToldTheRightOne) {
  const RedisServer server;
  watch(server);
  httplib::Client client("127.0.0.1", daemon_->port());
  const auto posted = client.Post("/metrics");
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->status, 405);
  EXPECT_EQ(posted->get_header_value("Allow"), "GET, HEAD");
  const auto got = client.Get("/-/reload");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 405);
  EXPECT_EQ(got->get_header_value("Allow"), "POST");
  const auto head = client.Head("/metrics");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST_F(DaemonTest, ReloadingOverHttpIsOffUnlessAskedFor) {
  const RedisServer server;
  watch(server);
  const HttpResponse refused = daemon_->post("/-/reload");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("web.admin_api"));
}

class WebConfigTest : public DaemonTest {
 protected:
  static std::string bcrypt(const char* password) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
    crypt_data state{};
    crypt_gensalt_rn("$2b$", 4, nullptr, 0, salt.data(), salt.size());
    return crypt_r(password, salt.data(), &state);
  }
};

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

TEST_F(DaemonTest, AUnixSocketIsWatched) {
  const std::string socket = dir_.path("redis.sock");
  const RedisServer server({"--unixsocket", socket});
  start("targets: [{url: 'unix://" + socket + "', alias: a}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1")) << daemon_->process().output();
  EXPECT_EQ(get_json("/api/v1/targets")["data"]["targets"][0]["url"], "unix://" + socket);
}

TEST_F(DaemonTest, ADatabaseInTheUrlIsNoOtherServer) {
  const RedisServer server;
  Hitwatch daemon({"run", server.url() + "/3"});
  EXPECT_TRUE(daemon.shows("redis_up 1")) << daemon.process().output();
  EXPECT_EQ(daemon.get("/metrics?target=" + server.address()).status, 200);
}

TEST_F(DaemonTest, AnIpv6AddressIsWatched) {
  const RedisServer server({"--bind", "127.0.0.1", "-::1"});
  const std::string address = "[::1]:" + std::to_string(server.port());
  Hitwatch daemon({"run", "redis://" + address});
  // A machine may have no IPv6; then the error says so, and nothing else happens.
  const bool has_ipv6 = std::ifstream("/proc/net/if_inet6").peek() != EOF;
  EXPECT_TRUE(daemon.shows(has_ipv6 ? "redis_up 1" : "redis_up 0")) << daemon.process().output();
  EXPECT_THAT(daemon.get("/sd").body, HasSubstr("\"" + address + "\""));
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

#ifdef __SANITIZE_THREAD__
constexpr const char* kThreads = "4";  // one is the sanitizer's own
#else
constexpr const char* kThreads = "3";  // signals and reloads, Redis, HTTP
#endif

class ManyTargetsTest : public DaemonTest {
 protected:
  static constexpr int kServers = 5;
  static constexpr int kTargetsEach = 10;

  static std::string name(int server, int database) {
    return "s" + std::to_string(server) + "d" + std::to_string(database);
  }
  static std::string series(const std::string& family, int server, int database) {
    return family + "{instance=\"" + name(server, database) + "\"}";
  }
  std::string targets() const {
    std::string list = "apps: {statsd: {listen: []}}\ntargets:\n";
    for (int server = 0; server < kServers; ++server) {
      for (int database = 0; database < kTargetsEach; ++database) {
        list += "  - {url: '" + servers_[server].url() + "/" + std::to_string(database) +
                "', alias: " + name(server, database) + "}\n";
      }
    }
    return list;
  }
  bool all_are(double up, int server) const {
    const std::string metrics = daemon_->metrics();
    for (int database = 0; database < kTargetsEach; ++database) {
      if (sample(metrics, series("redis_up", server, database)) != up) return false;
    }
    return true;
  }
  std::string threads() const {
    std::ifstream status("/proc/" + std::to_string(daemon_->process().pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Threads:\t")) return line.substr(9);
    }
    return "";
  }

  RedisServer servers_[kServers];
};

TEST_F(ManyTargetsTest, NeedNoFurtherThreadsAndOneConnectionEach) {
  start(targets());
  for (int server = 0; server < kServers; ++server) {
    EXPECT_TRUE(eventually([&] { return all_are(1, server); })) << daemon_->process().output();
    const std::string clients = servers_[server].command({"CLIENT", "LIST", "TYPE", "normal"});
    std::size_t ours = 0;
    for (auto at = clients.find(" name=hitwatch "); at != clients.npos;
         at = clients.find(" name=hitwatch ", at + 1)) {
      ++ours;
    }
    EXPECT_EQ(ours, kTargetsEach) << clients;
  }
  EXPECT_EQ(threads(), kThreads);
}

TEST_F(ManyTargetsTest, ADeadAndAStoppedServerDelayNoOther) {
  start(targets());
  for (int server = 0; server < kServers; ++server) {
    ASSERT_TRUE(eventually([&] { return all_are(1, server); })) << daemon_->process().output();
  }
  servers_[0].kill();
  servers_[1].process().signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return all_are(0, 0); }));
  EXPECT_TRUE(eventually([&] { return all_are(0, 1); }));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("is down\" target=s1"));
  // Two more polls of every other target, none of which ever failed.
  const std::string before = daemon_->metrics();
  for (int server = 2; server < kServers; ++server) {
    for (int database = 0; database < kTargetsEach; ++database) {
      const std::string polls = series("redis_exporter_scrapes_total", server, database);
      EXPECT_TRUE(eventually(
          [&] { return sample(daemon_->metrics(), polls) >= sample(before, polls).value() + 2; }));
    }
    EXPECT_TRUE(all_are(1, server));
    EXPECT_THAT(daemon_->process().output(),
                Not(HasSubstr("is down\" target=s" + std::to_string(server))));
  }
  EXPECT_EQ(threads(), kThreads);
  servers_[1].process().signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return all_are(1, 1); }));
}

}  // namespace
}  // namespace hitwatch::test
