// The daemon evaluates rules: alerts fire and are resolved, outlive kill -9 and reloads, and people
// see why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kDownRule =
    "groups:\n"
    "- name: servers\n"
    "  rules:\n"
    "  - alert: Down\n"
    "    expr: redis_up == 0\n"
    "    labels: {severity: critical}\n"
    "    annotations: {summary: '{{ $labels.instance }} is down ({{ $value }})'}\n";

class RulesTest : public testing::Test {
 protected:
  // `more` are further lines of the section `rules`.
  void write(const std::string& rules, const std::string& more = "evaluation_interval: 1s") {
    dir_.write("rules.yaml", rules);
    dir_.write("hitwatch.yaml", "targets: [{url: '" + server_.url() +
                                    "', alias: cache-1}]\n"
                                    "poll: {interval: 1s, timeout: 1s}\n"
                                    "keys: {sample: {enabled: false}}\n"
                                    "apps: {statsd: {listen: []}}\n"
                                    "rules:\n  bundled: false\n  files: [rules.yaml]\n  " +
                                    more + "\nstorage: {path: '" + dir_.path() +
                                    "'}\nweb: {admin_api: true}\n");
  }
  void start() {
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")});
  }
  void start(const std::string& rules, const std::string& more = "evaluation_interval: 1s") {
    write(rules, more);
    start();
  }

  json get(const std::string& path) const {
    return json::parse(daemon_->get(path).body, nullptr, false);
  }
  // The alert of that name, if there is exactly one.
  std::optional<json> alert(const std::string& name) const {
    std::vector<json> found;
    const json answer = get("/api/v1/alerts");
    for (const json& one : answer["data"]["alerts"]) {
      if (one["labels"]["alertname"] == name) found.push_back(one);
    }
    return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
  }
  bool becomes(const std::string& name, const std::string& state) const {
    return eventually([&] {
      const auto found = alert(name);
      return state == "gone" ? !found : found && (*found)["state"] == state;
    });
  }
  json rule(const std::string& name) const {
    const json answer = get("/api/v1/rules");
    for (const json& group : answer["data"]["groups"]) {
      for (const json& one : group["rules"]) {
        if (one["name"] == name) return one;
      }
    }
    return {};
  }
  // The value of an instant query that has one element.
  std::optional<double> value(const std::string& query) const {
    const json answer = get("/api/v1/query?query=" + query);
    const json& result = answer["data"]["result"];
    if (!result.is_array() || result.size() != 1) return {};
    return std::stod(result[0]["value"][1].get<std::string>());
  }

  TempDir dir_;
  RedisServer server_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(RulesTest, AnAlertFiresWithItsTextsAndIsResolved) {
  start(kDownRule);
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  EXPECT_FALSE(alert("Down"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "firing")) << daemon_->process().output();
  const json fired = *alert("Down");
  EXPECT_EQ(fired["labels"], json({{"alertname", "Down"},
                                   {"instance", "cache-1"},
                                   {"job", "redis"},
                                   {"severity", "critical"}}));
  EXPECT_EQ(fired["annotations"]["summary"], "cache-1 is down (0)");
  EXPECT_EQ(fired["value"], "0e+00");
  EXPECT_TRUE(daemon_->shows(
      R"(hitwatch_alerts_active{alertname="Down",severity="critical",state="firing"} 1)"));
  server_.restart();
  EXPECT_TRUE(becomes("Down", "gone"));
  EXPECT_THAT(daemon_->process().output(),
              AllOf(HasSubstr("an alert fires"), HasSubstr("an alert is resolved")));
}

TEST_F(RulesTest, OfManyAlertsSoManyAreListedAsAreAskedForAndAllAreCounted) {
  start(
      "groups:\n  - name: g\n    rules:\n"
      "      - {alert: Always, expr: vector(1), labels: {severity: none}}\n"
      "      - {alert: Waits, expr: vector(1), for: 1h, labels: {severity: page}}\n"
      "      - {alert: Up, expr: redis_up}\n"
      "      - {record: some, expr: vector(1)}\n");
  ASSERT_TRUE(becomes("Up", "firing") && becomes("Waits", "pending"));
  const json data = get("/api/v1/alerts?limit=2")["data"];
  EXPECT_EQ(data["rules"], 3);
  EXPECT_EQ(data["counts"], json::parse(R"([{"state":"pending","severity":"page","alerts":1},
      {"state":"firing","severity":"","alerts":1},{"state":"firing","severity":"none","alerts":1}])"));
  ASSERT_EQ(data["alerts"].size(), 2U);
  for (const json& one : data["alerts"]) EXPECT_EQ(one["state"], "firing");
  EXPECT_FALSE(get("/api/v1/alerts")["data"].contains("counts"));
  EXPECT_EQ(get("/api/v1/alerts?limit=few")["errorType"], "bad_data");
}

TEST_F(RulesTest, AChangeOfATargetIsNotLeftToTheNextSlot) {
  start(kDownRule, "evaluation_interval: 1h");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "firing")) << daemon_->process().output();
  server_.restart();
  EXPECT_TRUE(becomes("Down", "gone"));
}

TEST_F(RulesTest, WithoutReactionsItIs) {
  start(kDownRule, "evaluation_interval: 1h\n  react: false");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  server_.kill();
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 0"));
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_FALSE(alert("Down"));
}

TEST_F(RulesTest, AFiringAlertOutlivesKill9) {
  start(kDownRule);
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "firing"));
  const json before = *alert("Down");
  daemon_->process().signal(SIGKILL);
  daemon_->process().wait();
  start();
  ASSERT_TRUE(becomes("Down", "firing"));
  EXPECT_EQ((*alert("Down"))["activeAt"], before["activeAt"]);
  EXPECT_EQ((*alert("Down"))["firedAt"], before["firedAt"]);
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("an alert fires")));
  server_.restart();
  EXPECT_TRUE(becomes("Down", "gone"));
}

TEST_F(RulesTest, PendingProgressOutlivesKill9) {
  std::string rules = kDownRule;
  rules.replace(rules.find("    labels"), 0, "    for: 1h\n");
  start(rules);
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "pending"));
  ASSERT_TRUE(eventually([&] { return rule("Down")["evaluations"].size() > 3; }));
  daemon_->process().signal(SIGKILL);
  daemon_->process().wait();
  const auto restarted = std::chrono::system_clock::now();
  start();
  ASSERT_TRUE(becomes("Down", "pending"));
  // Before the restart: what it had waited counts.
  const std::string active = (*alert("Down"))["activeAt"];
  const std::time_t seconds = std::chrono::system_clock::to_time_t(restarted);
  char text[32];
  std::strftime(text, sizeof text, "%FT%TZ", std::gmtime(&seconds));
  EXPECT_LT(active, std::string(text));
}

TEST_F(RulesTest, ABadRuleFileChangesNothing) {
  start(kDownRule);
  ASSERT_TRUE(eventually([&] { return rule("Down")["health"] == "ok"; }));
  dir_.write("rules.yaml", "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(up\n");
  const HttpResponse refused = daemon_->post("/-/reload");
  EXPECT_EQ(refused.status, 500);
  EXPECT_THAT(refused.body, AllOf(HasSubstr("rules.yaml:5:"), HasSubstr("\"A\""),
                                  HasSubstr("unclosed left parenthesis")));
  EXPECT_EQ(rule("Down")["health"], "ok");
}

TEST_F(RulesTest, AReloadKeepsTheStateOfRulesThatAreTheSame) {
  start(kDownRule);
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "firing"));
  const json before = *alert("Down");
  dir_.write("rules.yaml", kDownRule + "  - record: servers:up\n    expr: sum(redis_up)\n");
  EXPECT_EQ(daemon_->post("/-/reload").status, 200);
  ASSERT_TRUE(eventually([&] { return value("servers:up") == 0; }));
  ASSERT_TRUE(alert("Down"));
  EXPECT_EQ((*alert("Down"))["activeAt"], before["activeAt"]);
  EXPECT_EQ(occurrences(daemon_->process().output(), "an alert fires"), 1);
  // A rule that is no more takes its alerts along.
  dir_.write("rules.yaml", "groups: []\n");
  EXPECT_EQ(daemon_->post("/-/reload").status, 200);
  EXPECT_TRUE(becomes("Down", "gone"));
}

TEST_F(RulesTest, ARuleThatLooksBackTooFarIsRefusedByName) {
  write("groups:\n- name: g\n  rules:\n  - record: r\n    expr: rate(redis_up[2h])\n");
  const Finished finished =
      run_to_end({hitwatch_binary(), "run", "--config", dir_.path("hitwatch.yaml")});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, AllOf(HasSubstr("rules.yaml:4:5: group \"g\", rule 1, \"r\""),
                                     HasSubstr("the window keeps 1h")));
}

TEST_F(RulesTest, EveryRuleTellsOfItsEvaluations) {
  start(kDownRule + "  - record: nothing\n    expr: sum(no_such_series)\n");
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 1"));
  ASSERT_TRUE(eventually([&] { return rule("Down")["everMatched"] == true; }));
  EXPECT_EQ(rule("nothing")["everMatched"], false);
  EXPECT_EQ(rule("nothing")["type"], "recording");
  EXPECT_TRUE(daemon_->shows("hitwatch_rules_never_matched 1"));
  server_.kill();
  ASSERT_TRUE(becomes("Down", "firing"));
  json change;
  const json down = rule("Down");
  for (const json& evaluation : down["evaluations"]) {
    EXPECT_GE(evaluation["seconds"], 0);
    if (evaluation.contains("changes")) change = evaluation["changes"][0];
  }
  EXPECT_EQ(change["to"], "firing");
  EXPECT_EQ(change["labels"]["instance"], "cache-1");
  EXPECT_THAT(change["reason"].get<std::string>(), HasSubstr("holds"));
  EXPECT_TRUE(eventually([&] { return rule("Down")["evaluations"].size() == 20; },
                         std::chrono::seconds(60)));
  EXPECT_EQ(rule("Down")["evaluations"][0]["results"], 1);
  EXPECT_EQ(occurrences(daemon_->process().output(), "a rule has not read a single series"), 1);
}

TEST_F(RulesTest, AnAlertOfATargetThatIsDownIsKeptOrResolvedAsConfigured) {
  const std::string rules =
      "groups:\n- name: g\n  rules:\n  - alert: Used\n    expr: redis_connected_clients > 0\n";
  for (const std::string policy : {"keep", "resolve"}) {
    start(rules, "evaluation_interval: 1s\n  no_data: " + policy);
    ASSERT_TRUE(becomes("Used", "firing")) << daemon_->process().output();
    server_.kill();
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"cache-1\"} 0"));
    if (policy == "resolve") {
      EXPECT_TRUE(becomes("Used", "gone"));
    } else {
      std::this_thread::sleep_for(std::chrono::seconds(3));
      ASSERT_TRUE(alert("Used"));
      EXPECT_EQ((*alert("Used"))["state"], "firing");
    }
    daemon_.reset();
    server_.restart();
    std::filesystem::remove(dir_.path("state.db"));
  }
}

TEST_F(RulesTest, ThresholdsAreSeries) {
  start("groups: []\n", "evaluation_interval: 1s\nthresholds: {hit_ratio: {session: 50%}}");
  EXPECT_TRUE(daemon_->shows(
      R"(hitwatch_threshold{threshold="hit_ratio",type="session",tenant="",instance=""} 0.5)"));
  EXPECT_TRUE(daemon_->shows(
      R"(hitwatch_threshold{threshold="hit_ratio",type="",tenant="",instance=""} 0.8)"));
  EXPECT_TRUE(eventually([&] {
    return value("hitwatch_threshold{threshold=\"hit_ratio\",type=\"session\"}") == 0.5;
  }));
}

TEST(Rules, TheBundledOnesAreOnByDefault) {
  const RedisServer server;
  const Hitwatch daemon({"run", server.url()});
  // Evaluated within 15 s. What is only pending says more of the machine than of the rules.
  EXPECT_TRUE(eventually(
      [&] {
        std::vector<std::string> firing;
        const json alerts = json::parse(daemon.get("/api/v1/alerts").body)["data"]["alerts"];
        for (const json& one : alerts) {
          if (one["state"] == "firing") firing.push_back(one["labels"]["alertname"]);
        }
        return firing == std::vector<std::string>{"Watchdog"};
      },
      std::chrono::seconds(40)))
      << daemon.get("/api/v1/alerts").body;
  const json answer = json::parse(daemon.get("/api/v1/rules").body);
  for (const json& group : answer["data"]["groups"]) {
    for (const json& rule : group["rules"]) EXPECT_NE(rule["health"], "err") << rule;
  }
}

}  // namespace
}  // namespace hitwatch::test
