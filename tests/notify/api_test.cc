// What clients of Alertmanager's API get. Statuses and forms are those of Alertmanager 0.25, beside
// which tests/system/alertmanager_api_test.cc puts this.
#include "agent/notify/api.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/notify/api_host.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view kNowText = "2026-09-21T14:13:20.000Z";
constexpr const char* kNobody = "11111111-1111-4111-8111-111111111111";

web::Request request(std::string method, std::string path, std::string body = {}) {
  web::Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  request.from_loopback = true;
  if (!request.body.empty()) request.headers = {{"Content-Type", "application/json"}};
  return request;
}

json body_of(const ApiAnswer& answer) { return json::parse(answer.response.body, nullptr, false); }

class ApiTest : public testing::Test {
 protected:
  ApiAnswer answer(const web::Request& asked, std::int64_t now = kNow) {
    return host.answer(asked, now);
  }
  json get(const std::string& path, std::vector<web::Header> query = {}, std::int64_t now = kNow) {
    web::Request asked = request("GET", path);
    asked.query = std::move(query);
    const ApiAnswer given = answer(asked, now);
    EXPECT_EQ(given.response.status, 200) << given.response.body;
    EXPECT_EQ(given.response.content_type, "application/json");
    EXPECT_FALSE(given.changed);
    return body_of(given);
  }
  ApiAnswer post(const std::string& path, std::string body, std::int64_t now = kNow) {
    return answer(request("POST", path, std::move(body)), now);
  }
  void take(std::string alerts) {
    const ApiAnswer given = post("/api/v2/alerts", std::move(alerts));
    EXPECT_EQ(given.response.status, 200) << given.response.body;
    EXPECT_EQ(given.response.body, "");
    EXPECT_TRUE(given.changed);
    EXPECT_FALSE(given.silences_changed);
  }
  // Silences alerts of a name until an hour from now; the silence's id.
  std::string silence(const std::string& alertname) {
    const ApiAnswer given = post(
        "/api/v2/silences", fmt::format(R"({{"matchers":[{{"name":"alertname","value":"{}",)"
                                        R"("isRegex":false}}],"startsAt":"2026-09-21T14:00:00Z",)"
                                        R"("endsAt":"2026-09-21T15:13:20Z","createdBy":"ada",)"
                                        R"("comment":"why"}})",
                                        alertname));
    EXPECT_EQ(given.response.status, 200) << given.response.body;
    EXPECT_TRUE(given.changed);
    EXPECT_TRUE(given.silences_changed);
    return body_of(given).value("silenceID", "");
  }
  std::vector<std::string> names(std::vector<web::Header> query = {}, std::int64_t now = kNow) {
    std::vector<std::string> names;
    for (const json& alert : get("/api/v2/alerts", std::move(query), now)) {
      names.push_back(alert["labels"].value("alertname", ""));
    }
    std::ranges::sort(names);
    return names;
  }
  // `labels receiver names…` of each group.
  std::vector<std::string> groups(std::vector<web::Header> query = {}) {
    std::vector<std::string> lines;
    for (const json& group : get("/api/v2/alerts/groups", std::move(query))) {
      std::string line = group["labels"].dump() + " " + group["receiver"].value("name", "");
      for (const json& alert : group["alerts"])
        line += " " + alert["labels"].value("instance", "-");
      lines.push_back(line);
    }
    return lines;
  }

  ApiHost host{kNow};
};

TEST_F(ApiTest, StatusShowsTheConfigurationAndNoCluster) {
  const json status = get("/api/v2/status");
  EXPECT_EQ(status["cluster"], json::parse(R"({"name":"","peers":[],"status":"disabled"})"));
  EXPECT_EQ(status["config"]["original"], ApiHost::kConfiguration);
  EXPECT_EQ(status["uptime"], kNowText);
  EXPECT_THAT(status["versionInfo"]["revision"].get<std::string>(), StartsWith("hitwatch "));
  for (const char* name :
       {"branch", "buildDate", "buildUser", "goVersion", "revision", "version"}) {
    EXPECT_TRUE(status["versionInfo"][name].is_string()) << name;
  }
}

TEST_F(ApiTest, ReceiversAreThoseOfTheConfiguration) {
  EXPECT_EQ(get("/api/v2/receivers"), json::parse(R"([{"name":"default"},{"name":"team-X.page"},
                                        {"name":"team-X.web"},{"name":"unused"}])"));
}

TEST_F(ApiTest, AnAlertThatWasPostedIsListed) {
  take(R"([{"labels":{"alertname":"A","severity":"page","team":"web","instance":"i1"},
            "annotations":{"summary":"x"},"generatorURL":"http://g/x"}])");
  const json alerts = get("/api/v2/alerts");
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0], json::parse(R"({
    "annotations":{"summary":"x"},"endsAt":"2026-09-21T14:18:20.000Z",
    "fingerprint":"4ae6a876b6e245a1","receivers":[{"name":"team-X.page"},{"name":"team-X.web"}],
    "startsAt":"2026-09-21T14:13:20.000Z",
    "status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},
    "updatedAt":"2026-09-21T14:13:20.000Z","generatorURL":"http://g/x",
    "labels":{"alertname":"A","instance":"i1","severity":"page","team":"web"}})"));
}

TEST_F(ApiTest, WhatIsResolvedIsNotListed) {
  take(R"([{"labels":{"alertname":"A"},"endsAt":"2026-09-21T14:20:00Z"}])");
  EXPECT_THAT(names(), ElementsAre("A"));
  EXPECT_THAT(names({}, kNow + 400'000), IsEmpty());
}

TEST_F(ApiTest, AcceptableAlertsAreTakenBesideOthers) {
  const ApiAnswer given =
      post("/api/v2/alerts", R"([{"labels":{"alertname":"A"}},{"labels":{"alertname":""}}])");
  EXPECT_EQ(given.response.status, 400);
  EXPECT_EQ(body_of(given), "alert 1: it has no label with a value");
  EXPECT_TRUE(given.changed);
  EXPECT_THAT(names(), ElementsAre("A"));
}

TEST_F(ApiTest, OfManyFaultsTheFirstAreShown) {
  std::string alerts = R"([{"labels":{}})";
  for (int i = 0; i < 5'000; ++i) alerts += R"(,{"labels":{}})";
  const ApiAnswer given = post("/api/v2/alerts", alerts + "]");
  EXPECT_THAT(body_of(given).get<std::string>(),
              AllOf(StartsWith("alert 0: it has no label"), HasSubstr("; and 4981 more")));
  EXPECT_LT(given.response.body.size(), 2'000U);
  EXPECT_FALSE(given.changed);
}

TEST_F(ApiTest, AMegabyteOfLabelsIsRefused) {
  const ApiAnswer given =
      post("/api/v2/alerts",
           fmt::format(R"([{{"labels":{{"alertname":"{}"}}}}])", std::string(1 << 20, 'x')));
  EXPECT_EQ(given.response.status, 400);
  EXPECT_EQ(body_of(given), "alert 0: its labels take 1048585 bytes, more than 16384");
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ApiTest, AlertsForWhichThereIsNoRoomAreNotPassedOver) {
  ApiHost small(kNow, {.max_alerts = 2});
  const ApiAnswer given =
      small.answer(request("POST", "/api/v2/alerts",
                           R"([{"labels":{"a":"1"}},{"labels":{"a":"2"}},{"labels":{"a":"3"}}])"),
                   kNow);
  EXPECT_EQ(given.response.status, 503);
  EXPECT_EQ(body_of(given), "1 of 3 alerts were not taken: there are too many alerts");
  EXPECT_TRUE(given.changed);
}

TEST_F(ApiTest, ABodyOfAnotherFormIsAnsweredWithItsCode) {
  const ApiAnswer given = post("/api/v2/alerts", R"([{"annotations":{}}])");
  EXPECT_EQ(given.response.status, 422);
  EXPECT_EQ(body_of(given),
            json::parse(R"({"code":602,"message":"alert 0: \"labels\" is missing"})"));
  EXPECT_EQ(post("/api/v2/alerts", "[{").response.status, 400);
  EXPECT_EQ(post("/api/v2/silences", "{}").response.status, 422);
}

TEST_F(ApiTest, OtherMediaTypesAreRefused) {
  for (const std::string path : {"/api/v2/alerts", "/api/v2/silences"}) {
    web::Request asked = request("POST", path, R"([{"labels":{"alertname":"A"}}])");
    for (const std::string type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
      asked.headers = {{"Content-Type", type}};
      EXPECT_EQ(answer(asked).response.status, 415) << type;
    }
  }
  web::Request asked = request("POST", "/api/v2/alerts", "[]");
  asked.headers = {{"content-type", "Application/JSON ; charset=utf-8"}};
  EXPECT_EQ(answer(asked).response.status, 200);
}

TEST_F(ApiTest, ListsAreFiltered) {
  take(R"([{"labels":{"alertname":"A","severity":"page","team":"web","instance":"i1"}},
           {"labels":{"alertname":"Boss"}},{"labels":{"alertname":"Minor"}},
           {"labels":{"alertname":"Quiet"}}])");
  silence("Quiet");
  EXPECT_THAT(names(), ElementsAre("A", "Boss", "Minor", "Quiet"));
  EXPECT_THAT(names({{"filter", "severity=page"}}), ElementsAre("A"));
  EXPECT_THAT(names({{"filter", "alertname=~\"B.*|M.*\""}, {"filter", "alertname!=Boss"}}),
              ElementsAre("Minor"));
  EXPECT_THAT(names({{"silenced", "false"}}), ElementsAre("A", "Boss", "Minor"));
  EXPECT_THAT(names({{"inhibited", "false"}}), ElementsAre("A", "Boss", "Quiet"));
  EXPECT_THAT(names({{"active", "false"}}), ElementsAre("Minor", "Quiet"));
  EXPECT_THAT(names({{"receiver", "team-X.web"}}), ElementsAre("A"));
  EXPECT_THAT(names({{"receiver", "team"}}), IsEmpty());
}

TEST_F(ApiTest, WhoKeepsAnAlertBackIsShown) {
  take(R"([{"labels":{"alertname":"Boss"}},{"labels":{"alertname":"Minor"}},
           {"labels":{"alertname":"Quiet"}},{"labels":{"alertname":"Late","team":"web"}}])");
  const std::string id = silence("Quiet");
  host.closed = {"night"};
  const auto status = [&](const std::string& name) {
    return get("/api/v2/alerts", {{"filter", "alertname=" + name}})[0]["status"];
  };
  EXPECT_EQ(status("Boss")["state"], "active");
  EXPECT_EQ(status("Minor"), json({{"inhibitedBy", json::array({"6ff799469a9d6b43"})},
                                   {"mutedBy", json::array()},
                                   {"silencedBy", json::array()},
                                   {"state", "suppressed"}}));
  EXPECT_EQ(status("Quiet")["silencedBy"], json::array({id}));
  EXPECT_EQ(status("Late")["mutedBy"], json::array({"night"}));
  EXPECT_EQ(status("Late")["state"], "suppressed");
}

TEST_F(ApiTest, GroupsAreListedByReceiver) {
  take(R"([{"labels":{"alertname":"B"}},
           {"labels":{"alertname":"A","severity":"page","team":"web","instance":"i1"}},
           {"labels":{"alertname":"A","severity":"page","team":"web","instance":"i2"}},
           {"labels":{"alertname":"A"}}])");
  EXPECT_THAT(groups(), ElementsAre(R"({"alertname":"A"} default -)",
                                    R"({"alertname":"A"} team-X.page i1 i2)",
                                    R"({"alertname":"B"} default -)",
                                    R"({"alertname":"A","instance":"i1"} team-X.web i1)",
                                    R"({"alertname":"A","instance":"i2"} team-X.web i2)"));
  EXPECT_THAT(groups({{"receiver", "team.*"}, {"filter", "instance=i2"}}),
              ElementsAre(R"({"alertname":"A"} team-X.page i2)",
                          R"({"alertname":"A","instance":"i2"} team-X.web i2)"));
  const json of_web = get("/api/v2/alerts/groups", {{"receiver", "team-X.web"}});
  EXPECT_EQ(of_web[0]["alerts"][0]["receivers"], json::parse(R"([{"name":"team-X.web"}])"));
}

TEST_F(ApiTest, FiltersThatCannotBeReadAreAnsweredWithASentence) {
  for (const std::string path : {"/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences"}) {
    web::Request asked = request("GET", path);
    asked.query = {{"filter", "bad"}};
    const ApiAnswer given = answer(asked);
    EXPECT_EQ(given.response.status, 400) << path;
    EXPECT_THAT(body_of(given).get<std::string>(), StartsWith("bad filter: ")) << path;
  }
  web::Request asked = request("GET", "/api/v2/alerts/groups");
  asked.query = {{"receiver", "("}};
  EXPECT_EQ(answer(asked).response.status, 400);
}

TEST_F(ApiTest, ASilenceIsShownChangedAndEnded) {
  const std::string id = silence("Quiet");
  const json shown = get("/api/v2/silence/" + id);
  EXPECT_EQ(shown["id"], id);
  EXPECT_EQ(shown["startsAt"], kNowText);
  EXPECT_EQ(shown["status"]["state"], "active");
  EXPECT_EQ(get("/api/v2/silences"), json::array({shown}));

  json changed = shown;
  changed["comment"] = "longer";
  EXPECT_EQ(body_of(post("/api/v2/silences", changed.dump())), json({{"silenceID", id}}));
  EXPECT_EQ(get("/api/v2/silence/" + id)["comment"], "longer");

  const ApiAnswer ended = answer(request("DELETE", "/api/v2/silence/" + id), kNow + 1);
  EXPECT_EQ(ended.response.status, 200);
  EXPECT_EQ(ended.response.body, "");
  EXPECT_TRUE(ended.changed);
  EXPECT_TRUE(ended.silences_changed);
  EXPECT_EQ(get("/api/v2/silence/" + id, {}, kNow + 2)["status"]["state"], "expired");
  const ApiAnswer again = answer(request("DELETE", "/api/v2/silence/" + id), kNow + 2);
  EXPECT_EQ(again.response.status, 200);
  EXPECT_FALSE(again.changed);
}

TEST_F(ApiTest, SilencesAreFilteredByTheirMatchersAsTheyAre) {
  silence("A");
  silence("B");
  const auto count = [&](const std::string& filter) {
    return get("/api/v2/silences", {{"filter", filter}}).size();
  };
  EXPECT_EQ(get("/api/v2/silences").size(), 2U);
  EXPECT_EQ(count("alertname=A"), 1U);
  EXPECT_EQ(count("alertname=~A"), 0U);
  EXPECT_EQ(count("alertname!=C"), 0U);
  EXPECT_EQ(count("team=\"\""), 0U);
}

TEST_F(ApiTest, ASilenceThatIsNotThereIsNotFound) {
  EXPECT_EQ(answer(request("GET", std::string("/api/v2/silence/") + kNobody)).response.status, 404);
  EXPECT_EQ(answer(request("DELETE", std::string("/api/v2/silence/") + kNobody)).response.status,
            404);
  for (const std::string id : {"x", "11111111-1111-4111-8111-11111111111g"}) {
    EXPECT_EQ(answer(request("GET", "/api/v2/silence/" + id)).response.status, 422) << id;
  }
}

TEST_F(ApiTest, ASilenceThatCannotBeIsAnsweredWithASentence) {
  const auto given = [&](const std::string& id, const std::string& matcher,
                         const std::string& ends_at) {
    return post("/api/v2/silences",
                fmt::format(R"({{"id":"{}","matchers":[{}],"startsAt":"2026-09-21T14:00:00Z",)"
                            R"("endsAt":"{}","createdBy":"","comment":""}})",
                            id, matcher, ends_at));
  };
  const std::string matcher = R"({"name":"a","value":"b","isRegex":false})";
  EXPECT_EQ(given("", matcher, "2026-09-21T15:00:00Z").response.status, 200);
  EXPECT_EQ(given(kNobody, matcher, "2026-09-21T15:00:00Z").response.status, 404);
  const std::string refused[][2] = {
      {R"({"name":"a","value":"(","isRegex":true})", "2026-09-21T15:00:00Z"},
      {R"({"name":"a","value":"","isRegex":false})", "2026-09-21T15:00:00Z"},
      {R"({"name":"a-b","value":"x","isRegex":false})", "2026-09-21T15:00:00Z"},
      {matcher, "2026-09-21T14:10:00Z"}};
  for (const auto& [bad, ends_at] : refused) {
    const ApiAnswer answered = given("", bad, ends_at);
    EXPECT_EQ(answered.response.status, 400) << bad;
    EXPECT_THAT(body_of(answered).get<std::string>(), StartsWith("invalid silence: ")) << bad;
    EXPECT_FALSE(answered.changed) << bad;
  }
}

TEST_F(ApiTest, OthersThanThisMachineMayChangeOnlyWithTheAdminApi) {
  web::Request asked = request("POST", "/api/v2/alerts", R"([{"labels":{"alertname":"A"}}])");
  asked.from_loopback = false;
  const ApiAnswer refused = answer(asked);
  EXPECT_EQ(refused.response.status, 403);
  EXPECT_THAT(body_of(refused)["message"].get<std::string>(), HasSubstr("web.admin_api"));
  EXPECT_FALSE(refused.changed);
  EXPECT_THAT(names(), IsEmpty());
  host.admin_api = true;
  EXPECT_EQ(answer(asked).response.status, 200);
  host.admin_api = false;
  asked = request("GET", "/api/v2/alerts");
  asked.from_loopback = false;
  EXPECT_EQ(answer(asked).response.status, 200);
}

TEST_F(ApiTest, OtherMethodsAndPathsAreRefused) {
  const ApiAnswer put = answer(request("PUT", "/api/v2/alerts"));
  EXPECT_EQ(put.response.status, 405);
  ASSERT_EQ(put.response.headers.size(), 1U);
  EXPECT_EQ(put.response.headers[0].name, "Allow");
  EXPECT_EQ(put.response.headers[0].value, "GET, POST");
  EXPECT_EQ(answer(request("HEAD", "/api/v2/alerts")).response.status, 200);
  for (const std::string path : {"/api/v2", "/api/v2/nothing", "/api/v2/silence/a/b",
                                 "/alertmanager/api/v2/status", "/api/v1/notifications/other"}) {
    EXPECT_EQ(answer(request("GET", path)).response.status, 404) << path;
  }
}

}  // namespace
}  // namespace hitwatch::notify
