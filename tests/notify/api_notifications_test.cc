// What /api/v1/notifications lists, and what can be sent again.
#include "agent/notify/api_notifications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/notify/api_host.h"
#include "tests/notify/times.h"

namespace hitwatch::notify {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

Message message(const std::string& id) {
  Alert alert{.labels = {{"alertname", "A"}},
              .annotations = {},
              .starts_at = kNow,
              .ends_at = {},
              .generator_url = "",
              .updated_at = kNow};
  return {.id = id,
          .destination = {.receiver = "team-X.web", .integration = "webhook", .index = 0},
          .group_key = "{}:{alertname=\"" + id + "\"}",
          .group_labels = {{"alertname", "A"}},
          .alerts = {{.alert = alert, .firing = true}},
          .reason = Reason::kFirst,
          .created_at = kNow};
}

class ApiNotificationsTest : public testing::Test {
 protected:
  ApiAnswer answer(const std::string& method, const std::string& path,
                   std::vector<web::Header> query = {}) {
    web::Request request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.from_loopback = true;
    return host.answer(request, kNow + 1000);
  }
  json list(std::vector<web::Header> query = {}) {
    const ApiAnswer given = answer("GET", "/api/v1/notifications", std::move(query));
    EXPECT_EQ(given.response.status, 200);
    EXPECT_FALSE(given.changed);
    const json body = json::parse(given.response.body);
    EXPECT_EQ(body["status"], "success");
    return body["data"];
  }
  std::vector<std::string> ids(std::vector<web::Header> query = {}) {
    std::vector<std::string> ids;
    const json data = list(std::move(query));
    for (const json& entry : data["notifications"]) ids.push_back(entry["id"]);
    return ids;
  }
  void attempt(const std::string& id, Verdict::Kind kind, const std::string& reason) {
    host.outbox().take_due(kNow);
    host.outbox().done(id, {.kind = kind, .reason = reason, .retry_after = {}}, kNow + 500);
  }

  ApiHost host{kNow};
};

TEST_F(ApiNotificationsTest, NothingIsAnEmptyList) {
  EXPECT_EQ(list(), json::parse(R"({"total":0,"notifications":[]})"));
}

TEST_F(ApiNotificationsTest, APendingOneIsShownWithItsLastError) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRetry, "HTTP status 503");
  json data = list();
  ASSERT_EQ(data["total"], 1);
  json& shown = data["notifications"][0];
  EXPECT_TRUE(shown["nextAttempt"].is_string());
  shown.erase("nextAttempt");
  EXPECT_EQ(shown, json::parse(R"({
    "id":"msg_1","state":"pending","receiver":"team-X.web","integration":"webhook","index":0,
    "groupKey":"{}:{alertname=\"msg_1\"}","groupLabels":{"alertname":"A"},"status":"firing",
    "reason":"first notification","alerts":1,"createdAt":"2026-09-21T14:13:20.000Z","attempts":1,
    "lastError":"HTTP status 503"})"));
}

TEST_F(ApiNotificationsTest, OneThatIsOnItsWayHasNoNextAttempt) {
  host.outbox().add(message("msg_1"), kNow);
  host.outbox().take_due(kNow);
  EXPECT_FALSE(list()["notifications"][0].contains("nextAttempt"));
}

TEST_F(ApiNotificationsTest, ADeadOneIsShownWithTheTimeOfItsDeath) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRefused, "HTTP status 404");
  const json shown = list()["notifications"][0];
  EXPECT_EQ(shown["state"], "dead");
  EXPECT_EQ(shown["diedAt"], "2026-09-21T14:13:20.500Z");
  EXPECT_EQ(shown["lastError"], "HTTP status 404");
  EXPECT_FALSE(shown.contains("nextAttempt"));
}

TEST_F(ApiNotificationsTest, TheStateChoosesWhatIsListed) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRefused, "HTTP status 404");
  host.outbox().add(message("msg_2"), kNow);
  EXPECT_THAT(ids(), ElementsAre("msg_2", "msg_1"));
  EXPECT_THAT(ids({{"state", "pending"}}), ElementsAre("msg_2"));
  EXPECT_THAT(ids({{"state", "dead"}}), ElementsAre("msg_1"));
  EXPECT_EQ(list({{"state", "dead"}})["total"], 1);
  const ApiAnswer given = answer("GET", "/api/v1/notifications", {{"state", "sent"}});
  EXPECT_EQ(given.response.status, 400);
  EXPECT_EQ(json::parse(given.response.body)["errorType"], "bad_data");
}

TEST_F(ApiNotificationsTest, AtMostAThousandAreListedAndAllAreCounted) {
  for (int i = 0; i < 1'500; ++i) host.outbox().add(message("msg_" + std::to_string(i)), kNow);
  const json data = list();
  EXPECT_EQ(data["total"], 1'500);
  EXPECT_EQ(data["notifications"].size(), 1'000U);
  EXPECT_EQ(data["notifications"][999]["id"], "msg_999");
  const json two = list({{"limit", "2"}});
  EXPECT_EQ(two["total"], 1'500);
  EXPECT_EQ(two["notifications"].size(), 2U);
  EXPECT_EQ(list({{"limit", "2000"}})["notifications"].size(), 1'000U);
  EXPECT_EQ(answer("GET", "/api/v1/notifications", {{"limit", "all"}}).response.status, 400);
}

TEST_F(ApiNotificationsTest, ADeadOneCanBeSentAgain) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRefused, "HTTP status 404");
  const ApiAnswer given = answer("POST", "/api/v1/notifications/msg_1/resend");
  EXPECT_EQ(given.response.status, 200);
  EXPECT_EQ(given.response.body, "{\"status\":\"success\"}\n");
  EXPECT_TRUE(given.changed);
  EXPECT_THAT(ids({{"state", "pending"}}), ElementsAre("msg_1"));
  EXPECT_THAT(ids({{"state", "dead"}}), IsEmpty());
}

TEST_F(ApiNotificationsTest, AllThatAreDeadGoOutAgainInTheOrderOfTheirMaking) {
  for (const char* id : {"msg_2", "msg_1", "msg_3"}) {
    Message one = message(id);
    one.group_key = "{}:{}";
    host.outbox().add(one, kNow);
    attempt(id, Verdict::Kind::kRefused, "HTTP status 400");
  }
  const ApiAnswer given = answer("POST", "/api/v1/notifications/resend");
  EXPECT_EQ(given.response.body,
            "{\"status\":\"success\",\"data\":{\"resent\":3,\"refused\":0}}\n");
  EXPECT_TRUE(given.changed);
  EXPECT_THAT(ids({{"state", "dead"}}), IsEmpty());
  for (const char* id : {"msg_2", "msg_1", "msg_3"}) {
    const auto due = host.outbox().take_due(kNow + 1000);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0]->id, id);
    host.outbox().done(id, {.kind = Verdict::Kind::kAccepted, .reason = "", .retry_after = {}},
                       kNow + 1000);
  }
  EXPECT_FALSE(answer("POST", "/api/v1/notifications/resend").changed);
}

TEST_F(ApiNotificationsTest, WhatHasNoDestinationAnyMoreIsRefusedOfAll) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRefused, "HTTP status 400");
  host.outbox().set_destinations({}, kNow);
  const json data =
      json::parse(answer("POST", "/api/v1/notifications/resend").response.body)["data"];
  EXPECT_EQ(data["resent"], 0);
  EXPECT_EQ(data["refused"], 1);
  EXPECT_EQ(data["error"], "its destination, team-X.web/webhook[0], is not configured");
}

TEST_F(ApiNotificationsTest, WhatIsNotDeadCannotBeSentAgain) {
  host.outbox().add(message("msg_1"), kNow);
  for (const std::string id : {"msg_1", "msg_2", ""}) {
    const ApiAnswer given = answer("POST", "/api/v1/notifications/" + id + "/resend");
    EXPECT_EQ(given.response.status, 404) << id;
    EXPECT_FALSE(given.changed);
    const json body = json::parse(given.response.body);
    EXPECT_EQ(body["status"], "error");
    EXPECT_EQ(body["errorType"], "not_found");
  }
}

TEST_F(ApiNotificationsTest, WhoseDestinationIsNoMoreCannotBeSentAgain) {
  host.outbox().add(message("msg_1"), kNow);
  attempt("msg_1", Verdict::Kind::kRefused, "HTTP status 404");
  host.outbox().set_destinations({}, kNow);
  const ApiAnswer given = answer("POST", "/api/v1/notifications/msg_1/resend");
  EXPECT_EQ(given.response.status, 409);
  EXPECT_THAT(ids({{"state", "dead"}}), ElementsAre("msg_1"));
}

TEST_F(ApiNotificationsTest, ErrorsHaveTheFormOfPrometheus) {
  const json body = json::parse(answer("DELETE", "/api/v1/notifications").response.body);
  EXPECT_EQ(body["status"], "error");
  EXPECT_EQ(body["error"], "use GET here");
}

}  // namespace
}  // namespace hitwatch::notify
