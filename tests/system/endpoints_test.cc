// The front page, the lists of targets, and requests that are not as they should be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
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
