// `hitwatch notify`: a test alert, routes, and what a daemon has not delivered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/sink.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Finished hitwatch_notify(std::vector<std::string> arguments,
                         const Process::Environment& environment = {}) {
  arguments.insert(arguments.begin(), {hitwatch_binary(), "notify"});
  return run_to_end(arguments, environment);
}

class NotifyTest : public testing::Test {
 protected:
  // A configuration with this below `notify:`.
  std::string config(const std::string& notify) const {
    return dir_.write("hitwatch.yaml", "targets: []\nnotify:\n" + notify);
  }
  std::string config_of(const std::string& receivers, const std::string& more = "") const {
    return config("  route: {receiver: team, group_by: [alertname]}\n  receivers:\n" + receivers +
                  more);
  }

  TempDir dir_;
};

TEST_F(NotifyTest, SendsATestAlertToAllIntegrationsOfTheReceiver) {
  const SinkProcess sink({"--json"});
  const Finished sent = hitwatch_notify(
      {"test", "--config",
       config_of("  - name: team\n    webhook_configs: [{url: '" + sink.url() + "a'}, {url: '" +
                     sink.url() + "b'}]\n    slack_configs: [{api_url: '" + sink.url() +
                     "slack', channel: '#ops'}]\n    pagerduty_configs: [{url: '" + sink.url() +
                     "pd', routing_key: 'geheim-routing'}]\n",
                 "  signing: [{receiver: team, secret: a-signing-secret-of-32-characters}]\n")});
  EXPECT_EQ(sent.code, 0) << sent.output;
  EXPECT_THAT(sent.output, HasSubstr("team/webhook[0] at http://127.0.0.1:"));
  EXPECT_THAT(sent.output, HasSubstr("team/webhook[1] at "));
  EXPECT_THAT(sent.output, HasSubstr(" ms: accepted: HTTP status 200: ok\n"));
  EXPECT_THAT(sent.output, HasSubstr("team/slack[0] at "));
  EXPECT_THAT(sent.output, HasSubstr("team/pagerduty[0] at "));
  EXPECT_THAT(sent.output, Not(HasSubstr("geheim")));
  const auto messages = sink.messages();
  ASSERT_EQ(messages.size(), 4U);
  const json& webhook = messages[0]["body"];
  EXPECT_EQ(messages[0]["path"], "/a");
  EXPECT_EQ(webhook["alerts"][0]["labels"], json({{"alertname", "HitwatchTest"}}));
  EXPECT_EQ(webhook["commonAnnotations"]["summary"], "A test of notifications: nothing is wrong");
  EXPECT_EQ(webhook["groupKey"], "{}:{alertname=\"HitwatchTest\"}");
  EXPECT_THAT(messages[0]["id"].get<std::string>(), StartsWith("msg_"));
  EXPECT_NE(messages[0]["id"], messages[1]["id"]);
  EXPECT_EQ(messages[2]["format"], "slack");
  EXPECT_EQ(messages[3]["format"], "pagerduty");
}

TEST_F(NotifyTest, ItsSignatureIsTheOneThatTheSinkVerifies) {
  const std::string secret = "a-signing-secret-of-32-characters";
  const SinkProcess sink({"--secret", secret});
  const Finished sent = hitwatch_notify(
      {"test", "--config",
       config_of("  - name: team\n    webhook_configs: [{url: '" + sink.url() + "'}]\n",
                 "  signing: [{receiver: team, secret: " + secret + "}]\n")});
  EXPECT_EQ(sent.code, 0) << sent.output;
  EXPECT_THAT(sink.output(), HasSubstr("signature valid\n"));
}

TEST_F(NotifyTest, SaysWhatWouldBeRetriedAndWhatIsRefused) {
  const SinkProcess busy({"--status", "503", "--retry-after", "7"});
  const SinkProcess refusing({"--status", "400"});
  const Finished sent = hitwatch_notify(
      {"test", "--config",
       config_of("  - name: team\n    webhook_configs: [{url: '" + busy.url() + "'}, {url: '" +
                 refusing.url() + "'}, {url: 'http://127.0.0.1:" + std::to_string(free_port()) +
                 "/geheim-token'}]\n")});
  EXPECT_EQ(sent.code, 1);
  EXPECT_THAT(sent.output,
              HasSubstr("would be retried in 7s: HTTP status 503: The sink was told to fail.\n"));
  EXPECT_THAT(sent.output, HasSubstr("refused: HTTP status 400: The sink was told to fail.\n"));
  EXPECT_THAT(sent.output, HasSubstr("team/webhook[2] at http://127.0.0.1:"));
  EXPECT_THAT(sent.output, HasSubstr("would be retried: cannot connect"));
  EXPECT_THAT(sent.output, Not(HasSubstr("geheim")));
}

TEST_F(NotifyTest, TellsOfTemplatesThatFail) {
  const SinkProcess sink({"--json"});
  const Finished sent =
      hitwatch_notify({"test", "--config",
                       config_of("  - name: team\n    slack_configs: [{api_url: '" + sink.url() +
                                 "', channel: '#ops', title: '{{ template \"none\" . }}'}]\n")});
  EXPECT_THAT(sent.output, HasSubstr("accepted: HTTP status 200: ok\n  a template failed: "));
  EXPECT_EQ(sink.messages().size(), 1U);
}

TEST_F(NotifyTest, GoesByTheRoutesOrToAReceiverThatIsNamed) {
  const SinkProcess sink({"--json"});
  const std::string file = config(
      "  route: {receiver: team, routes: [{receiver: tests, matchers: [alertname=HitwatchTest]}]}\n"
      "  receivers:\n  - name: team\n    webhook_configs: [{url: '" +
      sink.url() + "team'}]\n  - name: tests\n    webhook_configs: [{url: '" + sink.url() +
      "tests'}]\n  - name: nobody\n");
  EXPECT_EQ(hitwatch_notify({"test", "--config", file}).code, 0);
  EXPECT_EQ(hitwatch_notify({"test", "--config", file, "--receiver", "team"}).code, 0);
  const auto messages = sink.messages();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0]["path"], "/tests");
  EXPECT_EQ(messages[1]["path"], "/team");
  const Finished nobody = hitwatch_notify({"test", "--config", file, "--receiver", "nobody"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_EQ(nobody.output, "nobody: tells nobody\n");
  const Finished unknown = hitwatch_notify({"test", "--config", file, "--receiver", "x"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.output, HasSubstr("there is no receiver 'x'"));
}

TEST_F(NotifyTest, TriesAWebhookWithoutAnyConfiguration) {
  const SinkProcess sink({"--json"});
  const Finished sent = hitwatch_notify({"test", "--webhook", sink.url() + "geheim-token"});
  EXPECT_EQ(sent.code, 0) << sent.output;
  EXPECT_THAT(sent.output, Not(HasSubstr("geheim")));
  ASSERT_EQ(sink.messages().size(), 1U);
  EXPECT_EQ(sink.messages()[0]["path"], "/geheim-token");
  const Finished bad = hitwatch_notify({"test", "--webhook", "ftp://geheim"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.output, Not(HasSubstr("geheim")));
}

TEST_F(NotifyTest, ExplainsRoutesAsAmtoolKnowsThem) {
  const std::string part =
      "route:\n  receiver: team\n  routes:\n"
      "  - {receiver: pager, matchers: [severity=critical], continue: true}\n"
      "  - {receiver: db, matchers: ['alertname=~\"Redis.*\"']}\n"
      "receivers: [{name: team}, {name: pager}, {name: db}]\n";
  const std::string alertmanager = dir_.write("alertmanager.yml", part);
  const std::string file = config("  file: alertmanager.yml\n");
  for (const std::vector<std::string>& labels :
       std::vector<std::vector<std::string>>{{"alertname=RedisDown", "severity=critical"},
                                             {"alertname=RedisDown"},
                                             {"alertname=Other", "severity=critical"},
                                             {"alertname=Other"}}) {
    std::vector<std::string> amtool{"amtool", "config", "routes", "test",
                                    "--config.file=" + alertmanager};
    amtool.insert(amtool.end(), labels.begin(), labels.end());
    std::string expected = run_to_end(amtool).output;
    expected.erase(expected.find_last_not_of('\n') + 1);
    expected.erase(0, expected.rfind('\n') + 1);  // a warning
    std::vector<std::string> ours{"routes", "--json", "--config", file};
    ours.insert(ours.end(), labels.begin(), labels.end());
    const Finished shown = hitwatch_notify(ours);
    ASSERT_EQ(shown.code, 0) << shown.output;
    std::string receivers;
    const json answer = json::parse(shown.output);
    for (const json& route : answer["routes"]) {
      receivers += (receivers.empty() ? "" : ",") + route["receiver"].get<std::string>();
    }
    EXPECT_EQ(receivers, expected) << labels.front();
  }
  const Finished text = hitwatch_notify({"routes", "--config", file, "alertname=RedisDown"});
  EXPECT_THAT(text.output, HasSubstr("alertmanager.yml:5:5  matches, sends\n"));
}

TEST_F(NotifyTest, RoutesAnAlertWithTheExternalLabelsThatARuleWouldGiveIt) {
  const std::string file = config(
      "  route: {receiver: team, routes: [{receiver: paris, matchers: [site=paris]}]}\n"
      "  receivers: [{name: team}, {name: paris}]\n"
      "rules: {external_labels: {site: paris}}\n");
  const auto receiver = [&](const std::vector<std::string>& labels) {
    std::vector<std::string> arguments{"routes", "--json", "--config", file};
    arguments.insert(arguments.end(), labels.begin(), labels.end());
    const json answer = json::parse(hitwatch_notify(arguments).output, nullptr, false);
    return answer["routes"][0].value("receiver", "");
  };
  EXPECT_EQ(receiver({"alertname=A"}), "paris");
  EXPECT_EQ(receiver({"alertname=A", "site=oslo"}), "team");
}

TEST_F(NotifyTest, NeedsReceivers) {
  const std::string without = dir_.write("without.yaml", "targets: []\n");
  const Finished finished = hitwatch_notify({"routes", "--config", without, "a=b"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("has no receivers"));
}

// A daemon that has given up some notifications, and says so in pages.
class DaemonOfNotifications {
 public:
  explicit DaemonOfNotifications(std::vector<std::string> dead) : dead_(std::move(dead)) {
    server_.Get("/base/api/v1/notifications", [this](const auto& request, auto& response) {
      const std::string state = request.get_param_value("state");
      response.set_content(list(state).dump(), "application/json");
    });
    server_.Post(R"(/base/api/v1/notifications/(.+)/resend)",
                 [this](const auto& request, auto& response) {
                   const std::string id = request.matches[1];
                   const std::scoped_lock lock(mutex_);
                   if (std::erase(dead_, id) > 0) {
                     resent_.push_back(id);
                     response.set_content(R"({"status":"success"})", "application/json");
                     return;
                   }
                   response.status = 404;
                   response.set_content(R"({"status":"error","error":"no such notification"})",
                                        "application/json");
                 });
    server_.Post("/base/api/v1/notifications/resend", [this](const auto&, auto& response) {
      const std::scoped_lock lock(mutex_);
      const json data{{"resent", dead_.size()}, {"refused", 1}, {"error", "it is not configured"}};
      response.set_content(json{{"status", "success"}, {"data", data}}.dump(), "application/json");
      dead_.clear();
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    eventually([this] { return server_.is_running(); });
  }
  ~DaemonOfNotifications() {
    server_.stop();
    thread_.join();
  }
  DaemonOfNotifications(const DaemonOfNotifications&) = delete;
  DaemonOfNotifications& operator=(const DaemonOfNotifications&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/base/"; }
  std::vector<std::string> resent() const {
    const std::scoped_lock lock(mutex_);
    return resent_;
  }

 private:
  static constexpr std::size_t kPage = 2;

  json list(const std::string& state) const {
    const std::scoped_lock lock(mutex_);
    json all{{"status", "success"}, {"data", {{"total", 0}, {"notifications", json::array()}}}};
    const std::vector<std::string> ids =
        state == "dead" ? dead_ : std::vector<std::string>{"msg_waiting"};
    all["data"]["total"] = ids.size();
    for (std::size_t i = 0; i < std::min(ids.size(), kPage); ++i) {
      all["data"]["notifications"].push_back({{"id", ids[i]},
                                              {"state", state},
                                              {"receiver", "team"},
                                              {"integration", "webhook"},
                                              {"index", 0},
                                              {"groupKey", "{}:{}"},
                                              {"groupLabels", {{"alertname", "A"}}},
                                              {"status", "firing"},
                                              {"reason", "first notification"},
                                              {"alerts", 1},
                                              {"createdAt", "2026-10-14T17:41:40.000Z"},
                                              {"attempts", 3},
                                              {"lastError", "HTTP status 503"},
                                              {"diedAt", "2026-10-14T17:46:40.000Z"}});
    }
    return all;
  }

  mutable std::mutex mutex_;
  std::vector<std::string> dead_;
  std::vector<std::string> resent_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

TEST(NotifyLists, ShowWhatTheDaemonHas) {
  const DaemonOfNotifications daemon({"msg_1", "msg_2", "msg_3"});
  const Finished pending = hitwatch_notify({"pending", "--url", daemon.url()});
  EXPECT_EQ(pending.code, 0);
  EXPECT_THAT(pending.output, HasSubstr("\nmsg_waiting team/webhook[0] firing"));
  const Finished dead = hitwatch_notify({"dead"}, {{"HITWATCH_URL", daemon.url()}});
  EXPECT_EQ(dead.code, 0);
  EXPECT_THAT(dead.output, HasSubstr("\nmsg_2 team/webhook[0] firing"));
  EXPECT_THAT(dead.output, HasSubstr("\nand 1 more\n"));
  const Finished raw = hitwatch_notify({"dead", "--json", "--url", daemon.url()});
  EXPECT_EQ(json::parse(raw.output)["data"]["total"], 3);
}

TEST(NotifyResend, SendsAgainWhatIsNamed) {
  const DaemonOfNotifications daemon({"msg_1", "msg_2", "msg_3"});
  const Finished one = hitwatch_notify({"resend", "--url", daemon.url(), "msg_2"});
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(one.output, "msg_2: goes out again\n");
  const Finished none = hitwatch_notify({"resend", "--url", daemon.url(), "msg_2", "msg_3"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.output, HasSubstr("hitwatch notify: msg_2: no such notification\n"));
  EXPECT_THAT(daemon.resent(), ElementsAre("msg_2", "msg_3"));
}

TEST(NotifyResend, TellsWhatBecameOfAll) {
  const DaemonOfNotifications daemon({"msg_1", "msg_2", "msg_3"});
  const Finished finished = hitwatch_notify({"resend", "--url", daemon.url(), "--all"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("3 go out again\n"));
  EXPECT_THAT(finished.output,
              HasSubstr("hitwatch notify: 1 cannot be sent: it is not configured\n"));
}

TEST(NotifyResend, SaysThatThereIsNothing) {
  const Hitwatch daemon({"run", "--webhook", "http://127.0.0.1:1/", "redis://127.0.0.1:1"});
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
  const Finished finished = hitwatch_notify({"resend", "--url", url, "--all"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_EQ(finished.output, "Nothing was given up.\n");
}

TEST_F(NotifyTest, ARealDaemonSendsAgainWhatWasRefusedUnderItsId) {
  const SinkProcess sink({"--json", "--fail", "1", "--status", "400"});
  const Hitwatch daemon(
      {"run", "--config",
       dir_.write("hitwatch.yaml",
                  "targets: []\nrules: {bundled: false}\nstorage: {path: '" + dir_.path("data") +
                      "'}\nnotify:\n  route: {receiver: team, group_by: [alertname], group_wait: "
                      "0s}\n  receivers: [{name: team, webhook_configs: [{url: '" +
                      sink.url() + "'}]}]\n")});
  const std::string url = "http://127.0.0.1:" + std::to_string(daemon.port());
  httplib::Client client("127.0.0.1", daemon.port());
  const auto taken = client.Post("/api/v2/alerts", R"([{"labels":{"alertname":"RedisDown"}}])",
                                 "application/json");
  ASSERT_TRUE(taken);
  ASSERT_EQ(taken->status, 200) << taken->body;
  EXPECT_TRUE(eventually([&] {
    const Finished dead = hitwatch_notify({"dead", "--url", url});
    return dead.output.contains("alertname=\"RedisDown\"") &&
           dead.output.contains("HTTP status 400");
  })) << hitwatch_notify({"dead", "--url", url}).output;
  EXPECT_EQ(hitwatch_notify({"pending", "--url", url}).output, "Nothing waits for delivery.\n");
  const Finished resent = hitwatch_notify({"resend", "--url", url, "--all"});
  EXPECT_EQ(resent.code, 0) << resent.output;
  ASSERT_TRUE(eventually([&] { return sink.messages().size() == 2; })) << sink.output();
  EXPECT_EQ(sink.messages()[1]["seenBefore"], 1);
  EXPECT_EQ(hitwatch_notify({"dead", "--url", url}).output, "Nothing was given up.\n");
  const Finished unknown = hitwatch_notify({"resend", "--url", url, "msg_none"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.output, HasSubstr("hitwatch notify: msg_none: "));
}

TEST(NotifyUsage, IsSaid) {
  EXPECT_EQ(hitwatch_notify({}).code, 2);
  EXPECT_EQ(hitwatch_notify({"resend"}).code, 2);
  EXPECT_EQ(hitwatch_notify({"resend", "--all", "msg_1"}).code, 2);
  EXPECT_EQ(hitwatch_notify({"test", "--receiver", "a", "--webhook", "http://127.0.0.1/"}).code, 2);
  const Finished away =
      hitwatch_notify({"dead", "--url", "http://127.0.0.1:" + std::to_string(free_port())});
  EXPECT_EQ(away.code, 1);
  EXPECT_THAT(away.output, HasSubstr("cannot reach "));
}

}  // namespace
}  // namespace hitwatch::test
