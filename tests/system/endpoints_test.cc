// The status page, the lists of targets, and requests that are not as they should be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

TEST_F(DaemonTest, WhatBelongsToNoTargetIsToldAloneBesideScrapesOfEachTarget) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "', alias: a}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/-/ready").status == 200; }));
  const HttpResponse own = daemon_->get("/metrics?only=own");
  EXPECT_EQ(own.status, 200);
  EXPECT_THAT(own.body, HasSubstr("\nhitwatch_targets"));
  EXPECT_THAT(own.body, Not(HasSubstr("\nredis_up")));
  EXPECT_THAT(daemon_->get("/metrics").body, HasSubstr("\nredis_up"));
  EXPECT_EQ(daemon_->get("/metrics?only=own&target=a").status, 400);
  EXPECT_EQ(daemon_->get("/metrics?only=targets").status, 400);
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

TEST_F(DaemonTest, TheApiTellsOfTheTargetsThatAreAskedFor) {
  const RedisServer up;
  start("targets: [{url: '" + up.url() +
        "', alias: up-1}, {url: 'redis://127.0.0.1:" + std::to_string(free_port()) +
        "', alias: down-1}, {url: 'redis://127.0.0.1:" + std::to_string(free_port()) +
        "', alias: down-2}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/-/ready").status == 200; }));
  const auto names = [&](const std::string& query) {
    const json answer = get_json("/api/v1/targets" + query);
    std::vector<std::string> listed;
    for (const json& target : answer["data"]["targets"]) listed.push_back(target["name"]);
    return listed;
  };
  EXPECT_THAT(names(""), ElementsAre("up-1", "down-1", "down-2"));
  EXPECT_THAT(names("?limit=2"), ElementsAre("down-1", "down-2"));
  EXPECT_THAT(names("?name=*-1"), ElementsAre("up-1", "down-1"));
  EXPECT_THAT(names("?name=*-1&state=down"), ElementsAre("down-1"));
  const json data = get_json("/api/v1/targets?name=down-?&limit=1")["data"];
  EXPECT_EQ(data["total"], 2);
  EXPECT_EQ(data["states"], json({{"up", 1}, {"partial", 0}, {"down", 2}, {"unknown", 0}}));
  EXPECT_EQ(daemon_->get("/api/v1/targets?state=away").status, 400);
  EXPECT_EQ(daemon_->get("/api/v1/targets?limit=some").status, 400);
}

TEST_F(DaemonTest, TheApiTellsSinceWhenATargetIsAsItIs) {
  auto server = std::make_unique<RedisServer>();
  start("targets: [{url: '" + server->url() + "'}]");
  const auto target = [&] { return get_json("/api/v1/targets")["data"]["targets"][0]; };
  ASSERT_TRUE(eventually([&] { return target()["state"] == "up"; }));
  const json since = target()["stateSince"];
  const json polled = target()["lastPoll"];
  ASSERT_TRUE(eventually([&] { return target()["lastPoll"] != polled; }));
  EXPECT_EQ(target()["stateSince"], since);
  server.reset();
  ASSERT_TRUE(eventually([&] { return target()["state"] == "down"; }));
  EXPECT_GT(target()["stateSince"], since);
}

TEST_F(DaemonTest, TheStatusPageRunsNothingButItself) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {telemetry_path: /m/n}");
  const HttpResponse page = daemon_->get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  const std::string& policy = page.headers.at("content-security-policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; script-src 'sha256-"));
  for (const char* part :
       {"connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"}) {
    EXPECT_THAT(policy, HasSubstr(part));
  }
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.headers.at("referrer-policy"), "no-referrer");
  EXPECT_EQ(page.headers.at("cache-control"), "no-cache");
  // Below whatever path a reverse proxy serves it.
  EXPECT_THAT(page.body, HasSubstr("<a href=\"m/n\">"));
  EXPECT_THAT(page.body, Not(HasSubstr("@version@")));
}

TEST_F(DaemonTest, TheStatusPageComesWithoutABodyOrCompressed) {
  const RedisServer server;
  watch(server);
  httplib::Client client("127.0.0.1", daemon_->port());
  const auto head = client.Head("/");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_TRUE(head->has_header("Content-Security-Policy"));
  EXPECT_EQ(head->body, "");
  client.set_decompress(false);
  const auto compressed = client.Get("/", {{"Accept-Encoding", "gzip"}});
  ASSERT_TRUE(compressed);
  EXPECT_EQ(compressed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_LT(compressed->body.size(), 45'000U);
}

TEST_F(DaemonTest, TheStatusPageLinksToEverything) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "'}]\nweb: {telemetry_path: /m}");
  const std::string page = daemon_->get("/").body;
  for (const std::string path :
       {"m", "health/cache", "api/v1/targets", "api/v1/tenants", "api/v1/keyspace", "api/v1/alerts",
        "api/v1/rules", "api/v1/notifications", "api/v1/slow_commands", "sd", "-/healthy",
        "-/ready"}) {
    EXPECT_THAT(page, HasSubstr("<a href=\"" + path + "\">"));
    EXPECT_NE(daemon_->get("/" + path).status, 404);
  }
  EXPECT_EQ(daemon_->get("/metrics").status, 404);
}

TEST_F(DaemonTest, ItServesTheDashboardsForGrafana) {
  const RedisServer server;
  start("targets: [{url: '" + server.url() + "'}]");
  const json list = json::parse(daemon_->get("/dashboards/").body)["dashboards"];
  ASSERT_GE(list.size(), 1U);
  for (const json& entry : list) {
    const HttpResponse file = daemon_->get(entry["url"]);
    EXPECT_EQ(file.status, 200) << entry;
    EXPECT_EQ(file.headers.at("content-type"), "application/json");
    const json dashboard = json::parse(file.body);
    EXPECT_EQ(dashboard["title"], entry["title"]);
    EXPECT_EQ(dashboard["uid"], entry["uid"]);
    EXPECT_FALSE(dashboard["panels"].empty());
  }
  EXPECT_EQ(daemon_->get("/dashboards/none.json").status, 404);
  EXPECT_EQ(daemon_->get("/dashboards").headers.at("location"), "dashboards/");
}

TEST_F(DaemonTest, APageOfAnotherSiteChangesNothing) {
  start("targets: []\nweb: {admin_api: true}");
  httplib::Client browser("127.0.0.1", daemon_->port());
  const httplib::Headers from_elsewhere = {{"Origin", "https://elsewhere.example"}};
  for (const char* path : {"/-/reload", "/api/v1/notifications/resend"}) {
    const auto refused = browser.Post(path, from_elsewhere, "", "text/plain");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 403) << path;
    const auto taken = browser.Post(path, "", "text/plain");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->status, 200) << path << ": " << taken->body;
  }
  const auto read =
      browser.Post("/api/v1/query", from_elsewhere, "query=1", "application/x-www-form-urlencoded");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, 200);
}

TEST_F(DaemonTest, SlowCommandsAreListedOnceAndWithoutArguments) {
  const RedisServer server(
      {"--enable-debug-command", "local", "--slowlog-log-slower-than", "40000"});
  // The same server by two names.
  start("targets: [{url: '" + server.url() + "', alias: a}, {url: 'redis://localhost:" +
        std::to_string(server.port()) + "', alias: b}]");
  ASSERT_TRUE(eventually([&] { return daemon_->get("/-/ready").status == 200; }));
  server.command({"DEBUG", "SLEEP", "0.05"});
  json data;
  ASSERT_TRUE(eventually([&] {
    data = get_json("/api/v1/slow_commands")["data"];
    return data["total"] == 1;
  }));
  const json& command = data["commands"][0];
  EXPECT_EQ(command["operation"], "DEBUG SLEEP");
  EXPECT_EQ(command["text"], "DEBUG SLEEP ?");
  EXPECT_GE(command["durationSeconds"], 0.05);
  EXPECT_THAT(command["client"].get<std::string>(), HasSubstr("127.0.0.1:"));
  const std::string polled = get_json("/api/v1/targets")["data"]["targets"][1]["lastPoll"];
  ASSERT_TRUE(eventually(
      [&] { return get_json("/api/v1/targets")["data"]["targets"][1]["lastPoll"] != polled; }));
  EXPECT_EQ(get_json("/api/v1/slow_commands")["data"]["total"], 1);
  const std::string other = command["target"] == "a" ? "b" : "a";
  EXPECT_EQ(get_json("/api/v1/slow_commands?target=" + other)["data"]["total"], 0);
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

}  // namespace
}  // namespace hitwatch::test
