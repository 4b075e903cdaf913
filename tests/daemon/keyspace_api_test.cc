// GET /api/v1/keyspace, and what the keys of targets look like in a scrape.
#include "agent/keyspace_api.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace hitwatch {
namespace {

using nlohmann::json;

std::shared_ptr<WatchedTarget> target_named(const std::string& alias) {
  redis::Target described;
  described.url = net::parse_redis_url("redis://127.0.0.1:1").value();
  described.alias = alias;
  return std::make_shared<WatchedTarget>(described);
}

void give_report(WatchedTarget& watched, std::size_t groups) {
  auto report = std::make_shared<keyspace::Report>();
  report->keys = 12;
  for (std::size_t i = 0; i < groups; ++i) {
    report->groups.emplace_back().type = "t" + std::to_string(i);
  }
  report->biggest = {
      {.database = 0, .name = "session:secret", .type = "session", .tenant = "acme", .bytes = 100}};
  KeyspaceResult result;
  result.report = std::move(report);
  result.check_notes =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"a note"});
  watched.set_latest_keyspace(result);
}

using Parameters = std::vector<web::Header>;

web::Response ask(const WatchedTargets& targets, Parameters parameters = {}) {
  web::Request request;
  request.method = "GET";
  request.path = "/api/v1/keyspace";
  request.query = std::move(parameters);
  return answer_keyspace(request, targets);
}

json targets_of(const web::Response& response) {
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "application/json");
  const json body = json::parse(response.body);
  EXPECT_EQ(body["status"], "success");
  return body["data"]["targets"];
}

TEST(KeyspaceApi, BeforeTheFirstRoundThereIsNoReport) {
  const json targets = targets_of(ask({target_named("a")}));
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0],
            (json{{"instance", "a"}, {"report", nullptr}, {"check_notes", json::array()}}));
}

TEST(KeyspaceApi, EveryTargetHasItsReport) {
  const WatchedTargets watched{target_named("a"), target_named("b")};
  give_report(*watched[1], 3);
  const json targets = targets_of(ask(watched));
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_TRUE(targets[0]["report"].is_null());
  EXPECT_EQ(targets[1]["instance"], "b");
  EXPECT_EQ(targets[1]["report"]["totals"]["keys"], 12);
  EXPECT_EQ(targets[1]["report"]["groups"].size(), 3U);
  EXPECT_EQ(targets[1]["check_notes"], json::array({"a note"}));
}

TEST(KeyspaceApi, NamesOfKeysAreRedacted) {
  const WatchedTargets watched{target_named("a")};
  give_report(*watched[0], 0);
  EXPECT_EQ(ask(watched).body.find("secret"), std::string::npos);
}

TEST(KeyspaceApi, OneTargetByName) {
  const WatchedTargets watched{target_named("a"), target_named("b")};
  const json targets = targets_of(ask(watched, {{"instance", "b"}}));
  ASSERT_EQ(targets.size(), 1U);
  EXPECT_EQ(targets[0]["instance"], "b");
  EXPECT_EQ(targets_of(ask(watched, {{"instance", ""}})).size(), 2U);
  const web::Response unknown = ask(watched, {{"instance", "c"}});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json::parse(unknown.body)["errorType"], "not_found");
}

TEST(KeyspaceApi, LimitsTheGroups) {
  const WatchedTargets watched{target_named("a")};
  give_report(*watched[0], 20);
  const json report = targets_of(ask(watched, {{"limit", "5"}}))[0]["report"];
  EXPECT_EQ(report["groups"].size(), 5U);
  EXPECT_EQ(report["total_groups"], 20);
}

TEST(KeyspaceApi, BadParametersAreNamed) {
  const auto error_of = [](Parameters parameters) {
    const web::Response response = ask({}, std::move(parameters));
    EXPECT_EQ(response.status, 400);
    return json::parse(response.body)["error"].get<std::string>();
  };
  EXPECT_EQ(error_of({{"target", "a"}}), "unknown parameter 'target': one of instance, limit");
  for (const char* limit : {"0", "10001", "-1", "x", "5x", "99999999999999999999"}) {
    EXPECT_EQ(error_of({{"limit", limit}}), "limit must be a whole number from 1 to 10000");
  }
}

std::size_t occurrences(const std::string& text, const std::string& of) {
  std::size_t found = 0;
  for (auto at = text.find(of); at != text.npos; at = text.find(of, at + of.size())) ++found;
  return found;
}

TEST(KeyspaceApi, AnAnswerIsBounded) {
  WatchedTargets watched;
  for (int i = 0; i < 250; ++i) watched.push_back(target_named("t" + std::to_string(i)));
  give_report(*watched[0], 10'000);
  for (std::size_t i = 1; i < 10; ++i) {
    watched[i]->set_latest_keyspace(watched[0]->latest_keyspace());
  }
  const std::string body = ask(watched).body;
  EXPECT_EQ(occurrences(body, R"("instance":)"), 200U);
  EXPECT_EQ(occurrences(body, R"("targets_left_out":50)"), 1U);
  EXPECT_EQ(occurrences(body, R"("mean_ttl_seconds":)"), 50'000U);
  EXPECT_EQ(occurrences(body, R"("total_groups":10000)"), 10U) << "each says what there is";
  EXPECT_EQ(targets_of(ask(watched, {{"instance", "t249"}})).size(), 1U);
}

}  // namespace
}  // namespace hitwatch
