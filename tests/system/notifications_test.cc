// The daemon tells a receiver what its rules find, once, whatever breaks in between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/net/rfc3339.h"
#include "tests/system/harness.h"
#include "tests/system/sink.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class NotificationsTest : public testing::Test {
 protected:
  // Further lines of `notify`.
  void start(const std::string& url, const std::string& more = "") {
    dir_.write("rules.yaml",
               "groups:\n- name: servers\n  rules:\n"
               "  - {alert: Down, expr: redis_up == 0}\n"
               "  - {alert: Filled, expr: redis_db_keys > 0}\n");
    dir_.write("hitwatch.yaml",
               "targets: [{url: '" + server_.url() +
                   "', alias: cache-1}]\n"
                   "poll: {interval: 1s, timeout: 1s}\n"
                   "keys: {sample: {enabled: false}}\napps: {statsd: {listen: []}}\n"
                   "rules: {bundled: false, files: [rules.yaml], evaluation_interval: 1s}\n"
                   "storage: {path: '" +
                   dir_.path() +
                   "'}\nweb: {admin_api: true}\n"
                   "notify:\n"
                   "  route: {receiver: team, group_wait: 0s, group_interval: 1s}\n"
                   "  receivers: [{name: team, webhook_configs: [{url: '" +
                   url + "'}]}]\n" + more);
    restart();
  }
  void restart() {
    daemon_.reset();
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")});
    EXPECT_TRUE(eventually([this] { return daemon_->get("/-/ready").status == 200; }));
  }
  std::size_t pending() const {
    const json answer =
        json::parse(daemon_->get("/api/v1/notifications?state=pending").body, nullptr, false);
    return answer["data"].value("total", std::size_t{0});
  }

  TempDir dir_;
  RedisServer server_;
  std::unique_ptr<Hitwatch> daemon_;
};

// The state of each message that a sink got, without those it had before.
std::vector<std::string> told(const SinkProcess& sink) {
  std::vector<std::string> states;
  std::vector<std::string> ids;
  for (const json& message : sink.messages()) {
    const std::string id = message.value("id", "");
    if (std::ranges::find(ids, id) != ids.end()) continue;
    ids.push_back(id);
    states.push_back(message["body"].value("status", ""));
  }
  return states;
}

TEST_F(NotificationsTest, AReceiverHearsThatAnAlertFiresAndIsResolved) {
  const SinkProcess sink({"--json"});
  start(sink.url());
  server_.kill();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 1; }));
  server_.restart();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 2; }));
  EXPECT_THAT(told(sink), ElementsAre("firing", "resolved"));
}

TEST_F(NotificationsTest, WhatHappensWhileTheReceiverIsDownIsToldInOrderAfterKillNine) {
  const int port = free_port();
  start("http://127.0.0.1:" + std::to_string(port) + "/");
  server_.kill();
  EXPECT_TRUE(eventually([&] { return pending() == 1; }));
  server_.restart();
  EXPECT_TRUE(eventually([&] { return pending() == 2; }));
  daemon_->process().signal(SIGKILL);
  const SinkProcess sink({"--json"}, port);
  restart();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 2; }));
  EXPECT_THAT(told(sink), ElementsAre("firing", "resolved"));
  EXPECT_TRUE(eventually([&] { return pending() == 0; }));
}

TEST_F(NotificationsTest, AReloadRepeatsNothing) {
  const SinkProcess sink({"--json"});
  start(sink.url());
  server_.kill();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 1; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(daemon_->post("/-/reload").status, 200);
  server_.restart();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 2; }));
  EXPECT_THAT(told(sink), ElementsAre("firing", "resolved"));
}

TEST_F(NotificationsTest, ASilenceHoldsOverARestartAndIsSeenByTheMessagesThatDoNotCome) {
  const SinkProcess sink({"--json"});
  start(sink.url());
  const Finished added = run_to_end(
      {"amtool", "--alertmanager.url=http://127.0.0.1:" + std::to_string(daemon_->port()),
       "silence", "add", "alertname=Down", "--author=test", "--comment=planned"});
  ASSERT_EQ(added.code, 0) << added.output;
  daemon_->process().signal(SIGKILL);
  restart();
  server_.kill();
  EXPECT_TRUE(eventually(
      [&] { return daemon_->get("/api/v2/alerts").body.contains("\"state\":\"suppressed\""); }));
  EXPECT_TRUE(told(sink).empty());
  EXPECT_EQ(pending(), 0U);
}

// The annotation of an alert in the last message of a sink; "" without one.
std::string missing_since(const SinkProcess& sink, const std::string& alertname) {
  const std::vector<json> messages = sink.messages();
  if (messages.empty()) return "no message";
  for (const json& alert : messages.back()["body"]["alerts"]) {
    if (alert["labels"]["alertname"] != alertname) continue;
    return alert["annotations"].value("data_missing_since", "");
  }
  return "no alert";
}

TEST_F(NotificationsTest, AServerThatCannotBeReachedResolvesNothingAndMessagesSaySinceWhen) {
  const SinkProcess sink({"--json"});
  server_.command({"SET", "key", "value"});
  start(sink.url());
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 1; }));
  EXPECT_EQ(missing_since(sink, "Filled"), "");
  server_.kill();
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 2; }));
  EXPECT_THAT(missing_since(sink, "Filled"), StartsWith("20"));
  EXPECT_THAT(missing_since(sink, "Down"), StartsWith("20"));
  server_.restart();
  // It is empty now.
  EXPECT_TRUE(eventually([&] { return told(sink).back() == "resolved"; }));
  std::vector<std::string> resolved;
  for (const json& message : sink.messages()) {
    for (const json& alert : message["body"]["alerts"]) {
      if (alert["status"] != "resolved") continue;
      resolved.push_back(alert["labels"]["alertname"]);
      EXPECT_EQ(alert["annotations"].value("data_missing_since", ""), "");
    }
  }
  EXPECT_THAT(resolved, UnorderedElementsAre("Down", "Filled"));
}

TEST_F(NotificationsTest, AServerThatWasNeverReachedHasNoDataSinceItWasFirstAsked) {
  const SinkProcess sink({"--json"});
  server_.kill();
  start(sink.url());
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 1; }));
  EXPECT_THAT(missing_since(sink, "Down"), StartsWith("20"));
}

TEST_F(NotificationsTest, WhatAnotherAlertHeldBackIsToldWhenThatEnds) {
  const SinkProcess sink({"--json"});
  start(sink.url(),
        "  inhibit_rules: [{source_matchers: [alertname=Big], target_matchers: "
        "[alertname=Small]}]\n");
  const auto add = [this](const std::string& name, const std::string& end) {
    const Finished added = run_to_end(
        {"amtool", "--alertmanager.url=http://127.0.0.1:" + std::to_string(daemon_->port()),
         "alert", "add", name, "--end=" + end});
    EXPECT_EQ(added.code, 0) << added.output;
  };
  add("Big", "2099-01-01T00:00:00Z");
  add("Small", "2099-01-01T00:00:00Z");
  EXPECT_TRUE(eventually([&] { return told(sink).size() == 1; }));
  add("Big", "2001-01-01T00:00:00Z");
  EXPECT_TRUE(eventually([&] {
    const std::vector<json> messages = sink.messages();
    return messages.back()["body"]["alerts"].dump().contains("Small");
  }));
}

// Alerts that go to nobody are forgotten as they end, which others must not wait for in vain.
TEST_F(NotificationsTest, AnAlertThatHasEndedHoldsNobodyBackAlsoIfNobodyWasToldOfIt) {
  const SinkProcess sink({"--json"});
  dir_.write("hitwatch.yaml",
             "targets: []\napps: {statsd: {listen: []}}\nrules: {bundled: false}\n"
             "storage: {path: '" +
                 dir_.path() +
                 "'}\nnotify:\n"
                 "  route: {receiver: team, group_wait: 0s, group_interval: 1s,\n"
                 "          routes: [{receiver: nobody, matchers: [alertname=Source]}]}\n"
                 "  receivers: [{name: team, webhook_configs: [{url: '" +
                 sink.url() +
                 "'}]}, {name: nobody}]\n"
                 "  inhibit_rules: [{source_matchers: [alertname=Source], target_matchers: "
                 "[alertname=Target]}]\n");
  restart();
  httplib::Client client("127.0.0.1", daemon_->port());
  client.set_keep_alive(true);
  const auto post = [&](const json& alerts) {
    const auto answer = client.Post("/api/v2/alerts", alerts.dump(), "application/json");
    return answer && answer->status == 200;
  };
  const auto now = std::chrono::system_clock::now();
  json sources = json::array();
  for (int i = 0; i < 40; ++i) {
    const auto end = now + std::chrono::milliseconds(300 + 20 * i);
    sources.push_back({{"labels", {{"alertname", "Source"}, {"n", std::to_string(i)}}},
                       {"endsAt", net::format_rfc3339_milliseconds(
                                      std::chrono::duration_cast<std::chrono::milliseconds>(
                                          end.time_since_epoch())
                                          .count())}});
  }
  ASSERT_TRUE(post(sources));
  // Requests without end, so that some come just as a source ends.
  while (std::chrono::system_clock::now() < now + std::chrono::milliseconds(1300)) {
    ASSERT_TRUE(post({{{"labels", {{"alertname", "Other"}}}}}));
  }
  ASSERT_TRUE(post({{{"labels", {{"alertname", "Target"}}}}}));
  EXPECT_TRUE(eventually([&] {
    const std::vector<json> messages = sink.messages();
    return !messages.empty() && messages.back()["body"]["alerts"].dump().contains("Target");
  }));
}

TEST(NotificationsWithoutConfiguration, AWebhookHearsOfAServerThatWasKilled) {
  const SinkProcess sink({"--json"});
  RedisServer server;
  const Hitwatch daemon({"run", "--webhook", sink.url() + "geheim-token", server.url()});
  EXPECT_TRUE(daemon.shows("redis_up 1"));
  server.kill();
  // RedisDown waits for 15 s, a new group for 10 s. Nobody is told of Watchdog, which always fires.
  EXPECT_TRUE(eventually([&] { return !sink.messages().empty(); }, std::chrono::seconds(120)));
  const json told = sink.messages().at(0)["body"];
  EXPECT_EQ(told["commonLabels"]["alertname"], "RedisDown");
  EXPECT_EQ(told["status"], "firing");
  EXPECT_EQ(told["commonLabels"]["instance"], server.address());
  EXPECT_FALSE(daemon.metrics().contains("geheim"));
}

}  // namespace
}  // namespace hitwatch::test
