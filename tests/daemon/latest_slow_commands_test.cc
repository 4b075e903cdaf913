// Which slow commands are kept, and what is shown of them.
#include "agent/latest_slow_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "agent/slow_commands_api.h"
#include "tests/keys/rules.h"

namespace hitwatch {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class LatestSlowCommandsTest : public testing::Test {
 protected:
  static redis::Target target(const std::string& name) {
    redis::Target made;
    made.alias = name;
    return made;
  }
  static redis::SlowCommand command(std::int64_t id, std::vector<std::string> args = {"GET", "a"}) {
    redis::SlowCommand made;
    made.id = id;
    made.logged_at = 1'800'000'000 + id;
    made.duration = std::chrono::milliseconds(12);
    made.args = std::move(args);
    made.client_address = "10.0.0.1:5000";
    return made;
  }
  void polled(const std::string& name, const std::string& run,
              std::vector<redis::SlowCommand> commands) {
    redis::PollResult result;
    result.slow =
        std::make_shared<const redis::SlowCommands>(redis::SlowCommands{run, std::move(commands)});
    latest.polled(target(name), result);
  }
  std::vector<std::int64_t> ids(std::string_view name = "") const {
    std::vector<std::int64_t> ids;
    for (const ShownSlowCommand& shown : latest.newest(name)) ids.push_back(shown.id);
    return ids;
  }
  json answer(std::vector<web::Header> query = {}) const {
    web::Request request;
    request.method = "GET";
    request.query = std::move(query);
    const web::Response response = answer_slow_commands(request, latest);
    json body = json::parse(response.body);
    body["httpStatus"] = response.status;
    return body;
  }

  LatestSlowCommands latest;
};

TEST_F(LatestSlowCommandsTest, TheNewestComeFirstOfAllTargets) {
  polled("a", "run-a", {command(3), command(1)});
  polled("b", "run-b", {command(2)});
  EXPECT_THAT(ids(), ElementsAre(3, 2, 1));
  EXPECT_THAT(ids("a"), ElementsAre(3, 1));
  latest.polled(target("a"), {});  // nothing new
  EXPECT_THAT(ids(), ElementsAre(3, 2, 1));
}

TEST_F(LatestSlowCommandsTest, AnEntryOfOneServerWithTwoNamesIsKeptOnce) {
  polled("a", "run-1", {command(1)});
  polled("b", "run-1", {command(1), command(2)});
  EXPECT_THAT(ids(), ElementsAre(2, 1));
  // The same number after a restart is another entry.
  polled("a", "run-2", {command(1)});
  EXPECT_THAT(ids(), ElementsAre(2, 1, 1));
}

TEST_F(LatestSlowCommandsTest, ATargetWithManyLeavesRoomForOthers) {
  polled("quiet", "run-q", {command(1)});
  for (std::int64_t id = 10; id < 200; ++id) polled("loud", "run-l", {command(id)});
  EXPECT_EQ(ids("loud").size(), LatestSlowCommands::kMostOfTarget);
  EXPECT_EQ(ids("loud").front(), 199);
  EXPECT_THAT(ids("quiet"), ElementsAre(1));
  for (int i = 0; i < 40; ++i) {
    for (std::int64_t id = 0; id < 40; ++id) {
      polled("target-" + std::to_string(i), "run-" + std::to_string(i), {command(id)});
    }
  }
  EXPECT_EQ(ids().size(), LatestSlowCommands::kMost);
}

TEST_F(LatestSlowCommandsTest, TargetsThatAreGoneAreForgotten) {
  polled("a", "run-a", {command(1)});
  polled("b", "run-b", {command(2)});
  latest.keep_only({"b"});
  EXPECT_THAT(ids(), ElementsAre(2));
}

TEST_F(LatestSlowCommandsTest, ArgumentsAreNeverShown) {
  const auto text = [&] { return latest.newest("").front().text; };
  polled("a", "run", {command(1, {"SET", "catalog:acme:1", "card 4242"})});
  EXPECT_EQ(text(), "SET ? ?");
  polled("a", "run", {command(2, {"AUTH", "secret"})});
  EXPECT_EQ(text(), "AUTH ?");
}

TEST_F(LatestSlowCommandsTest, TypeAndTenantAreThoseOfTheFirstKey) {
  latest.configure(keys::test::rules({"catalog:{tenant}:*"}));
  polled("a", "run", {command(1, {"HGETALL", "catalog:acme:17"}), command(2, {"PING"})});
  const json commands = answer()["data"]["commands"];
  EXPECT_EQ(commands[0]["tenant"], "");
  EXPECT_EQ(commands[1]["type"], "catalog");
  EXPECT_EQ(commands[1]["tenant"], "acme");
}

TEST_F(LatestSlowCommandsTest, TheAnswerIsBounded) {
  for (std::int64_t id = 1; id <= 60; ++id) {
    polled(id % 2 == 0 ? "even" : "odd", id % 2 == 0 ? "run-e" : "run-o", {command(id)});
  }
  EXPECT_EQ(answer()["data"]["total"], 60);
  EXPECT_EQ(answer()["data"]["commands"].size(), 50U);
  const json data = answer({{"limit", "1"}, {"target", "odd"}})["data"];
  EXPECT_EQ(data["total"], 30);
  EXPECT_EQ(data["commands"], json::parse(R"([{"target": "odd", "id": 59,
      "time": "2027-01-15T08:00:59Z", "durationSeconds": 0.012, "operation": "GET", "text": "GET ?",
      "type": "", "tenant": "", "client": "10.0.0.1:5000", "clientName": ""}])"));
  EXPECT_EQ(answer({{"limit", "x"}})["httpStatus"], 400);
}

}  // namespace
}  // namespace hitwatch
