// Whether the daemon lives, whether it is ready, and how the caches are.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// The value of a field of INFO.
double info(const RedisServer& server, const std::string& section, const std::string& field) {
  std::istringstream lines(server.command({"INFO", section}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1));
  }
  ADD_FAILURE() << "no " << field << " in INFO " << section;
  return 0;
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
  watch_without_sampling(server);
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
  watch_without_sampling(server);
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
        "', alias: b}]\nkeys: {sample: {enabled: false}}\n");
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

}  // namespace
}  // namespace hitwatch::test
