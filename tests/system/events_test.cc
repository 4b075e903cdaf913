// What happened to real servers, as the built daemon tells it, with traces and without.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"
#include "tests/system/span_receiver.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Events : public testing::Test {
 protected:
  void start(const std::string& more = "") {
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{
            "run", "--config",
            dir_.write("hitwatch.yaml", "targets:\n  - {url: '" + master_.url() +
                                            "', alias: first}\n  - {url: '" + replica_.url() +
                                            "', alias: second}\n"
                                            "poll: {interval: 250ms, timeout: 250ms}\n"
                                            "keys: {sample: {enabled: false}}\n"
                                            "rules: {bundled: false}\n" +
                                            more)},
        Process::Environment{{"OTEL_BSP_SCHEDULE_DELAY", "50"}});
    ASSERT_TRUE(eventually([this] {
      const std::string view = daemon_->get("/api/v1/replication?target=second").body;
      return view.contains("\"listedState\":\"online\"");
    })) << daemon_->process().output();
    // The master lists its replica; that says nothing of whether the replica has answered us, and
    // what never answered cannot go down.
    ASSERT_TRUE(daemon_->shows("redis_up{instance=\"second\"} 1")) << daemon_->process().output();
  }
  json events(const std::string& query = "") const {
    return json::parse(daemon_->get("/api/v1/events" + query).body)["data"]["events"];
  }
  // The newest of a kind, once it is there.
  json wait_for(const std::string& target, const std::string& kind) const {
    const std::string query = "?limit=1&target=" + target + "&kind=" + kind;
    EXPECT_TRUE(eventually([&] { return !events(query).empty(); })) << kind << events().dump(1);
    const json found = events(query);
    return found.empty() ? json() : found[0];
  }
  void kill_and_restart_the_second() {
    replica_.kill();
    const json down = wait_for("second", "down");
    EXPECT_THAT(down["text"], HasSubstr("second stopped answering"));
    replica_.restart();
    wait_for("second", "up");
    const json restart = wait_for("second", "restarted");
    EXPECT_NE(restart["from"], restart["to"]);
    EXPECT_EQ(restart["from"].get<std::string>().size(), 40U) << "run ids";
  }

  TempDir dir_;
  RedisServer master_{{"--repl-diskless-sync-delay", "0"}};
  RedisServer other_;
  RedisServer replica_{{"--replicaof", "127.0.0.1", std::to_string(master_.port())}};
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(Events, AreThereWithoutTraces) {
  start();
  EXPECT_TRUE(events().empty()) << "that a server was found is none: " << events().dump();
  kill_and_restart_the_second();
  replica_.command({"REPLICAOF", "NO", "ONE"});
  const json role = wait_for("second", "role_changed");
  EXPECT_EQ(role["from"], "slave");
  EXPECT_EQ(role["to"], "master");
  EXPECT_EQ(role["text"], "second says that it is a master now and no longer a replica.");
  replica_.command({"REPLICAOF", "127.0.0.1", std::to_string(other_.port())});
  const json master = wait_for("second", "master_changed");
  EXPECT_EQ(master["from"], master_.address());
  EXPECT_EQ(master["to"], other_.address());

  for (const json& event : events()) {
    EXPECT_EQ(event["target"], "second");
    EXPECT_EQ(event["traceId"], nullptr);
  }
  EXPECT_TRUE(events("?target=first").empty());
  EXPECT_TRUE(events("?since=2100-01-01T00:00:00Z").empty());
  EXPECT_EQ(daemon_->get("/api/v1/events?kind=flood").status, 400);
  EXPECT_TRUE(daemon_->shows("hitwatch_events_total{kind=\"restarted\"} 1"));
  EXPECT_TRUE(daemon_->shows("hitwatch_events_total{kind=\"failover\"} 0"));
  EXPECT_THAT(daemon_->process().output(),
              testing::AllOf(HasSubstr("msg=\"a server has another role\""),
                             HasSubstr("msg=\"a server was restarted\""),
                             HasSubstr("event=restarted target=second from=")));
}

TEST_F(Events, LeadToThePollsThatSawThem) {
  const SpanReceiver receiver;
  start("traces: {otlp: {endpoint: '" + receiver.url() + "'}}\n");
  kill_and_restart_the_second();
  for (const char* kind : {"down", "restarted"}) {
    const json event = wait_for("second", kind);
    const std::string place =
        event["traceId"].get<std::string>() + "/" + event["spanId"].get<std::string>();
    EXPECT_TRUE(eventually([&] {
      const auto polls = receiver.named("poll");
      return std::ranges::any_of(polls, [&](const ReceivedSpan& poll) {
        return poll.place() == place && std::ranges::any_of(poll.events, [&](const auto& one) {
                 return one.first == std::string("redis.") + kind;
               });
      });
    })) << event.dump();
  }
}

}  // namespace
}  // namespace hitwatch::test
