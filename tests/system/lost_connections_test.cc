// A kept connection that breaks between two polls: what is known at once, what follows for rules,
// and what servers that only close connections do not bring about.

#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

#include "tests/system/certificates.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kDownRule =
    "groups: [{name: g, rules: [{alert: Down, expr: redis_up == 0, for: 0s}]}]\n";

// The next poll, and the next slot of the rules, are an hour away.
class LostConnections : public testing::Test {
 protected:
  void watch(const std::string& targets) {
    dir_.write("rules.yaml", kDownRule);
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml", "targets:\n" + targets +
                                        "poll: {interval: 1h}\n"
                                        "keys: {sample: {enabled: false}}\n"
                                        "apps: {statsd: {listen: []}}\n"
                                        "rules: {bundled: false, files: [rules.yaml], "
                                        "evaluation_interval: 1h}\n")});
  }
  void watch_url(const std::string& url, const std::string& further = "") {
    watch("- {alias: a, url: '" + url + "'" + further + "}\n");
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1")) << daemon_->process().output();
  }

  // The instances that an alert fires for.
  std::set<std::string> firing() const {
    std::set<std::string> instances;
    const json answer = json::parse(daemon_->get("/api/v1/alerts").body, nullptr, false);
    for (const json& alert : answer["data"]["alerts"]) {
      if (alert["state"] == "firing") instances.insert(alert["labels"]["instance"]);
    }
    return instances;
  }
  std::size_t evaluations() const {
    const json answer = json::parse(daemon_->get("/api/v1/rules").body, nullptr, false);
    return answer["data"]["groups"][0]["rules"][0]["evaluations"].size();
  }
  double polls() const {
    return sample(daemon_->metrics(), "redis_exporter_scrapes_total{instance=\"a\"}").value_or(-1);
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(LostConnections, OfAKilledServerFireTheAlertAndItsReturnResolvesIt) {
  RedisServer server;
  watch_url(server.url());
  server.kill();
  EXPECT_TRUE(eventually([this] { return firing() == std::set<std::string>{"a"}; }))
      << daemon_->process().output();
  server.restart();
  EXPECT_TRUE(eventually([this] { return firing().empty(); })) << daemon_->process().output();
}

TEST_F(LostConnections, OfTlsAreKnownToo) {
  const Authority authority;
  const auto certificate = authority.issue("127.0.0.1");
  const int port = free_port();
  RedisServer server({"--port", "0", "--tls-port", std::to_string(port), "--tls-cert-file",
                      certificate.cert_file, "--tls-key-file", certificate.key_file,
                      "--tls-ca-cert-file", authority.ca_file(), "--tls-auth-clients", "no"},
                     port);
  watch_url("rediss://127.0.0.1:" + std::to_string(port),
            ", tls: {ca_file: '" + authority.ca_file() + "'}");
  server.kill();
  EXPECT_TRUE(eventually([this] { return firing() == std::set<std::string>{"a"}; }))
      << daemon_->process().output();
}

TEST_F(LostConnections, OfUnixSocketsAreKnownToo) {
  const std::string socket = dir_.path("redis.sock");
  RedisServer server({"--unixsocket", socket});
  watch_url("unix://" + socket);
  server.kill();
  EXPECT_TRUE(eventually([this] { return firing() == std::set<std::string>{"a"}; }))
      << daemon_->process().output();
}

TEST_F(LostConnections, OfManyTargetsAreFewEvaluations) {
  constexpr int kTargets = 30;
  RedisServer server({"--databases", std::to_string(kTargets)});
  std::string targets;
  for (int i = 0; i < kTargets; ++i) {
    targets += "- {alias: t" + std::to_string(i) + ", url: '" + server.url() + "/" +
               std::to_string(i) + "'}\n";
  }
  watch(targets);
  for (int i = 0; i < kTargets; ++i) {
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"t" + std::to_string(i) + "\"} 1"));
  }
  const std::size_t before = evaluations();
  server.kill();
  EXPECT_TRUE(eventually([this] { return firing().size() == kTargets; }));
  // Two, unless this machine has other things to do meanwhile.
  EXPECT_LE(evaluations() - before, 6U);
}

TEST_F(LostConnections, MadeByClientKillDoNotMakeALoopOfPolls) {
  const RedisServer server;
  watch_url(server.url());
  for (int i = 0; i < 60; ++i) {
    server.command({"CLIENT", "KILL", "TYPE", "normal"});
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_LE(polls(), 12);
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"a\"} 1"));
}

TEST_F(LostConnections, OfAServerThatClosesIdleOnesStayWatched) {
  RedisServer server({"--timeout", "1"});
  watch_url(server.url());
  std::this_thread::sleep_for(seconds(7));
  EXPECT_GE(polls(), 2);
  EXPECT_LE(polls(), 6);
  EXPECT_TRUE(firing().empty());
  server.kill();
  EXPECT_TRUE(eventually([this] { return firing() == std::set<std::string>{"a"}; }))
      << daemon_->process().output();
}

}  // namespace
}  // namespace hitwatch::test
