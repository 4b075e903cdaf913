// People and programs that talk to an Alertmanager talk to the built daemon: Debian's amtool, and
// Grafana's data source "Alertmanager" with the implementation "prometheus".
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/net/rfc3339.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

// The daemon with an alert of its own that always fires, Own, and a webhook nobody answers at.
class AlertmanagerClientsTest : public testing::Test {
 protected:
  AlertmanagerClientsTest() {
    dir_.write("rules.yaml",
               "groups:\n- name: own\n  rules:\n"
               "  - {alert: Own, expr: vector(1), labels: {severity: page}, annotations: "
               "{summary: always}}\n");
    const std::string config =
        dir_.write("hitwatch.yaml",
                   "targets: [{url: '" + server_.url() +
                       "', alias: cache-1}]\n"
                       "keys: {sample: {enabled: false}}\napps: {statsd: {listen: []}}\n"
                       "rules: {bundled: false, files: [rules.yaml], evaluation_interval: 1s}\n"
                       "storage: {path: '" +
                       dir_.path() +
                       "'}\n"
                       "notify:\n"
                       "  global: {slack_api_url: 'http://127.0.0.1:1/hunter2'}\n"
                       "  route:\n"
                       "    receiver: ${HITWATCH_TEST_TEAM}\n"
                       "    routes:\n"
                       "    - {receiver: pager, matchers: [severity=\"page\"], continue: true}\n"
                       "    - {receiver: chat, matchers: [team=~\"a|b\"]}\n"
                       "  receivers:\n"
                       "  - {name: '${HITWATCH_TEST_TEAM}', webhook_configs: "
                       "[{url: 'http://127.0.0.1:1/hunter2'}]}\n"
                       "  - {name: pager, pagerduty_configs: [{routing_key: hunter2, url: "
                       "'http://127.0.0.1:1/'}]}\n"
                       "  - {name: chat, slack_configs: [{channel: general}]}\n");
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{"run", "--config", config},
                                         Process::Environment{{"HITWATCH_TEST_TEAM", "team"}});
    EXPECT_TRUE(eventually([this] { return get("/api/v2/alerts").body.contains("\"Own\""); }));
  }

  Finished amtool(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"amtool", "--alertmanager.url=http://127.0.0.1:" +
                                                       std::to_string(daemon_->port())});
    return run_to_end(std::move(arguments));
  }
  // What it prints, without the line's end; it must succeed.
  std::string amtool_prints(std::vector<std::string> arguments) const {
    const Finished finished = amtool(std::move(arguments));
    EXPECT_EQ(finished.code, 0) << finished.output;
    std::string output = finished.output;
    while (output.ends_with('\n')) output.pop_back();
    return output;
  }
  // The names of the alerts that a query finds.
  std::vector<std::string> queried(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"-o", "json", "alert", "query"});
    return names(json::parse(amtool_prints(std::move(arguments)), nullptr, false));
  }

  HttpResponse get(const std::string& path) const { return daemon_->get(path); }
  // Status 200 and JSON.
  json get_json(const std::string& path) const {
    const HttpResponse answer = get(path);
    EXPECT_EQ(answer.status, 200) << path << '\n' << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "application/json") << path;
    return json::parse(answer.body, nullptr, false);
  }
  json post(const std::string& path, const json& body) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    const auto answer = client.Post(path, body.dump(), "application/json");
    if (!answer) return "no answer";
    EXPECT_EQ(answer->status, 200) << path << '\n' << answer->body;
    return answer->body.empty() ? json("") : json::parse(answer->body, nullptr, false);
  }
  int remove(const std::string& path) const {
    httplib::Client client("127.0.0.1", daemon_->port());
    const auto answer = client.Delete(path);
    return answer ? answer->status : 0;
  }

  static std::vector<std::string> names(const json& alerts) {
    std::vector<std::string> names;
    for (const json& alert : alerts) names.push_back(alert["labels"].value("alertname", ""));
    std::ranges::sort(names);
    return names;
  }
  static std::string time_in(std::chrono::seconds offset) {
    const auto now = std::chrono::system_clock::now() + offset;
    return net::format_rfc3339_milliseconds(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  }

  TempDir dir_;
  RedisServer server_;
  std::unique_ptr<Hitwatch> daemon_;
};

using AmtoolTest = AlertmanagerClientsTest;
using GrafanaTest = AlertmanagerClientsTest;

constexpr const char* kId = "[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+";

TEST_F(AmtoolTest, AlertsAreAddedAndQueried) {
  EXPECT_THAT(amtool_prints({"alert", "query"}),
              MatchesRegex("Alertname  Starts At                Summary  State *\n"
                           "Own        [-0-9]+ [:0-9]+ UTC  always   active *"));
  EXPECT_EQ(amtool_prints({"alert", "add", "Theirs", "team=a", "--annotation=summary=posted"}), "");
  EXPECT_THAT(queried({}), ElementsAre("Own", "Theirs"));
  EXPECT_THAT(queried({"team=a"}), ElementsAre("Theirs"));
  EXPECT_THAT(queried({"alertname=~\"O.*\"", "team!=a"}), ElementsAre("Own"));
  EXPECT_THAT(queried({"--receiver=chat"}), ElementsAre("Theirs"));
  EXPECT_THAT(amtool_prints({"-o", "extended", "alert", "query", "team=a"}),
              AllOf(HasSubstr("alertname=\"Theirs\" team=\"a\""), HasSubstr("summary=\"posted\"")));
  const Finished ended = amtool(
      {"alert", "add", "Late", "--start=2026-01-02T00:00:00Z", "--end=2026-01-01T00:00:00Z"});
  EXPECT_EQ(ended.code, 1) << ended.output;
}

TEST_F(AmtoolTest, SilencesAreAddedUpdatedAndExpired) {
  const std::string id = amtool_prints(
      {"silence", "add", "alertname=Own", "--author=ada", "--comment=planned", "--duration=1h"});
  EXPECT_THAT(id, MatchesRegex(kId));
  EXPECT_EQ(amtool_prints({"silence", "query", "--quiet"}), id);
  EXPECT_THAT(
      amtool_prints({"silence", "query", "alertname=Own"}),
      AllOf(HasSubstr(id), HasSubstr("alertname=\"Own\""), HasSubstr("ada"), HasSubstr("planned")));
  EXPECT_THAT(queried({}), IsEmpty());
  EXPECT_THAT(queried({"--silenced"}), ElementsAre("Own"));

  const std::string updated =
      amtool_prints({"silence", "update", id, "--duration=2h", "--comment=longer"});
  EXPECT_THAT(updated, AllOf(HasSubstr(id), HasSubstr("longer")));
  EXPECT_THAT(queried({}), IsEmpty());

  EXPECT_EQ(amtool_prints({"silence", "expire", id}), "");
  EXPECT_EQ(amtool_prints({"silence", "query", "--quiet"}), "");
  EXPECT_EQ(amtool_prints({"silence", "query", "--expired", "--quiet"}), id);
  EXPECT_THAT(queried({}), ElementsAre("Own"));

  const Finished unknown = amtool({"silence", "expire", "11111111-1111-4111-8111-111111111111"});
  EXPECT_EQ(unknown.code, 1) << unknown.output;
  const Finished bad = amtool({"silence", "add", "alertname=~.*", "--comment=everything"});
  EXPECT_EQ(bad.code, 1) << bad.output;
}

TEST_F(AmtoolTest, TheConfigurationIsShownWithoutSecretsAndLeadsToTheReceivers) {
  EXPECT_THAT(amtool_prints({"config", "show"}),
              AllOf(HasSubstr("receiver: team\n"), HasSubstr("http://127.0.0.1:1/<secret>"),
                    HasSubstr("routing_key: \"<secret>\""), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(amtool_prints({"config", "routes", "test", "x=y"}), "team");
  EXPECT_EQ(amtool_prints({"config", "routes", "test", "severity=page"}), "pager");
  EXPECT_EQ(amtool_prints({"config", "routes", "test", "severity=page", "team=b"}), "pager,chat");
  EXPECT_EQ(amtool_prints({"config", "routes", "test", "--verify.receivers=chat", "team=a"}),
            "chat");
  const Finished other = amtool({"config", "routes", "test", "--verify.receivers=team", "team=a"});
  EXPECT_EQ(other.code, 1) << other.output;
  EXPECT_THAT(amtool_prints({"config", "routes", "show"}), HasSubstr("receiver: pager"));
}

// It asks both, and takes for Mimir what answers the second.
TEST_F(GrafanaTest, TheStatusIsThatOfAnAlertmanagerAndNotOfMimir) {
  const json status = get_json("/api/v2/status");
  EXPECT_THAT(status["config"].value("original", ""), HasSubstr("receiver: team"));
  EXPECT_TRUE(status["versionInfo"]["version"].is_string());
  EXPECT_TRUE(status["cluster"]["status"].is_string());
  EXPECT_TRUE(status["uptime"].is_string());
  EXPECT_EQ(get("/alertmanager/api/v2/status").status, 404);
}

TEST_F(GrafanaTest, ATestAlertIsListedAndGrouped) {
  const json test_alert = {{"annotations", {{"summary", "a test"}}},
                           {"labels", {{"alertname", "TestAlert"}, {"team", "a"}}},
                           {"startsAt", time_in(std::chrono::seconds(0))},
                           {"endsAt", time_in(std::chrono::minutes(5))}};
  EXPECT_EQ(post("/api/v2/alerts", json::array({test_alert})), "");
  const std::string all = "silenced=true&inhibited=true&active=true&unprocessed=true";
  EXPECT_THAT(names(get_json("/api/v2/alerts?" + all)), ElementsAre("Own", "TestAlert"));
  EXPECT_THAT(names(get_json("/api/v2/alerts?" + all + "&filter=team%3D%22a%22")),
              ElementsAre("TestAlert"));
  EXPECT_THAT(names(get_json("/api/v2/alerts?active=false")), IsEmpty());

  const std::string groups_path = "/api/v2/alerts/groups?" + all + "&filter=team%3D%22a%22";
  EXPECT_TRUE(eventually([&] { return !get_json(groups_path).empty(); }));
  const json groups = get_json(groups_path);
  ASSERT_EQ(groups.size(), 1U) << groups;
  EXPECT_EQ(groups[0]["receiver"]["name"], "chat");
  EXPECT_EQ(groups[0]["labels"], json::object());
  ASSERT_THAT(names(groups[0]["alerts"]), ElementsAre("TestAlert"));
  const json& alert = groups[0]["alerts"][0];
  EXPECT_EQ(alert["annotations"]["summary"], "a test");
  EXPECT_EQ(alert["status"]["state"], "active");
  EXPECT_TRUE(alert["fingerprint"].is_string());
}

TEST_F(GrafanaTest, ASilenceIsMadeEditedListedAndEnded) {
  json silence = {
      {"matchers",
       json::array(
           {{{"name", "alertname"}, {"value", "Own"}, {"isRegex", false}, {"isEqual", true}}})},
      {"startsAt", time_in(std::chrono::seconds(0))},
      {"endsAt", time_in(std::chrono::hours(2))},
      {"comment", "created"},
      {"createdBy", "grafana"}};
  const std::string id = post("/api/v2/silences", silence).value("silenceID", "");
  EXPECT_THAT(id, MatchesRegex(kId));
  EXPECT_THAT(names(get_json("/api/v2/alerts?silenced=false")), IsEmpty());
  const json alerts = get_json("/api/v2/alerts?silenced=true");
  ASSERT_THAT(names(alerts), ElementsAre("Own"));
  EXPECT_EQ(alerts[0]["status"]["state"], "suppressed");
  EXPECT_EQ(alerts[0]["status"]["silencedBy"], json::array({id}));

  silence["id"] = id;
  silence["comment"] = "edited";
  EXPECT_EQ(post("/api/v2/silences", silence).value("silenceID", ""), id);
  const json silences = get_json("/api/v2/silences");
  ASSERT_EQ(silences.size(), 1U) << silences;
  EXPECT_EQ(silences[0]["comment"], "edited");
  EXPECT_EQ(silences[0]["matchers"], silence["matchers"]);
  EXPECT_EQ(silences[0]["status"]["state"], "active");

  EXPECT_EQ(remove("/api/v2/silence/" + id), 200);
  EXPECT_EQ(get_json("/api/v2/silence/" + id)["status"]["state"], "expired");
  EXPECT_THAT(names(get_json("/api/v2/alerts?silenced=false")), ElementsAre("Own"));
}

}  // namespace
}  // namespace hitwatch::test
