// Who replicates from whom: real servers, and what the built daemon says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/system/daemon_fixture.h"
#include "tests/system/sentinel_set.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// A master with two replicas, of which the first has one, too.
class Replication : public testing::Test {
 protected:
  static std::vector<std::string> replica_of(const RedisServer& server) {
    return {"--replicaof", "127.0.0.1", std::to_string(server.port()), "--repl-diskless-sync-delay",
            "0"};
  }
  void follow(const RedisServer& replica, const RedisServer& master) const {
    replica.command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
  }
  void SetUp() override { start({{"a", &a_}, {"b", &b_}, {"c", &c_}, {"d", &d_}}); }
  void start(const std::vector<std::pair<std::string, const RedisServer*>>& servers) {
    std::string targets;
    for (const auto& [name, server] : servers) {
      targets += "  - {url: '" + server->url() + "', alias: " + name + "}\n";
    }
    daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
        "run", "--config",
        dir_.write("hitwatch.yaml", "targets:\n" + targets +
                                        "poll: {interval: 250ms, timeout: 250ms}\n"
                                        "keys: {sample: {enabled: false}}\n"
                                        "rules: {bundled: false}\n")});
  }

  json view() const { return json::parse(daemon_->get("/api/v1/replication").body)["data"]; }
  // A line for each server, with a blank for each step down.
  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    const json data = view();
    for (const json& tree : data["trees"]) {
      for (const json& row : tree["servers"]) {
        all.push_back(std::string(row["depth"].get<std::size_t>(), ' ') +
                      row["name"].get<std::string>());
      }
    }
    return all;
  }
  json row(const std::string& name) const {
    const json data = view();
    for (const json& tree : data["trees"]) {
      for (const json& row : tree["servers"]) {
        if (row["name"] == name) return row;
      }
    }
    return {};
  }
  json link(const std::string& name) const {
    const json found = row(name);
    return found.is_object() ? found["link"] : json();
  }
  bool is_up(const std::string& name) const {
    const json found = link(name);
    return found.is_object() && found["state"] == "up" && found["listedState"] == "online";
  }
  bool settled() const { return is_up("b") && is_up("c") && is_up("d"); }
  void wait_until_settled() const {
    ASSERT_TRUE(eventually([this] { return settled(); })) << view().dump(1);
  }

  TempDir dir_;
  RedisServer a_{{"--repl-diskless-sync-delay", "0"}};
  RedisServer b_{replica_of(a_)};
  RedisServer c_{replica_of(a_)};
  RedisServer d_{replica_of(b_)};
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(Replication, IsATreeWithLagAndCountsOfResynchronisations) {
  wait_until_settled();
  EXPECT_THAT(lines(), ElementsAre("a", " b", "  d", " c"));
  EXPECT_EQ(link("d")["master"], "b");
  EXPECT_EQ(row("a")["role"], "master");
  EXPECT_EQ(row("b")["role"], "replica");
  EXPECT_GE(row("a")["fullSyncs"], 2);
  EXPECT_GE(row("b")["fullSyncs"], 1) << "it has a replica, too";
  EXPECT_EQ(link("b")["lagBytesFrom"], "master");
  EXPECT_EQ(link("b")["lagSecondsFrom"], "master");
  for (const char* line :
       {"redis_replication_lag_bytes{instance=\"b\",master=\"a\"} ",
        "redis_replication_lag_seconds{instance=\"c\",master=\"a\"} ",
        "redis_replication_lag_bytes{instance=\"d\",master=\"b\"} ",
        "redis_replication_depth{instance=\"a\"} 0", "redis_replication_depth{instance=\"d\"} 2"}) {
    EXPECT_TRUE(daemon_->shows(line)) << daemon_->metrics();
  }
  EXPECT_THAT(daemon_->metrics(), testing::Not(HasSubstr("redis_replication_unlisted{")));

  // A link that broke for a moment goes on where it was.
  a_.command({"CLIENT", "KILL", "TYPE", "replica"});
  EXPECT_TRUE(eventually([this] { return row("a")["partialSyncs"] >= 2; })) << view().dump(1);
}

TEST_F(Replication, OfAReplicaThatHangsTheMasterTellsHowFarItIsBehind) {
  wait_until_settled();
  b_.process().signal(SIGSTOP);
  a_.command({"SET", "key", std::string(5000, 'x')});
  EXPECT_TRUE(eventually([this] {
    const json b = row("b");
    return b["state"] == "down" && b["link"]["lagBytes"] >= 5000;
  })) << view().dump(1);
  EXPECT_THAT(lines(), ElementsAre("a", " b", "  d", " c")) << "where it was";
  EXPECT_TRUE(eventually([this] { return link("b")["lagSeconds"] >= 2; }));
  const auto lag =
      sample(daemon_->metrics(), "redis_replication_lag_bytes{instance=\"b\",master=\"a\"}");
  EXPECT_GE(lag.value_or(0), 5000);
  b_.process().signal(SIGCONT);
  EXPECT_TRUE(eventually([this] {
    return row("b")["state"] == "up" && link("b")["lagBytes"].is_number() &&
           link("b")["lagBytes"] < 5000;
  })) << view().dump(1);
}

TEST_F(Replication, FollowsReplicasToOtherMasters) {
  wait_until_settled();
  follow(d_, c_);
  EXPECT_TRUE(eventually([this] { return link("d")["master"] == "c" && is_up("d"); }));
  EXPECT_THAT(lines(), ElementsAre("a", " b", " c", "  d"));
  c_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(eventually([this] { return row("c")["role"] == "master" && is_up("d"); }))
      << view().dump(1);
  EXPECT_THAT(lines(), ElementsAre("a", " b", "c", " d"));
  // Above each other: nobody has the data any more that a master would have.
  follow(c_, d_);
  EXPECT_TRUE(eventually([this] { return lines().size() == 5; })) << view().dump(1);
  EXPECT_THAT(view()["trees"][1]["servers"][0]["problems"].dump(), HasSubstr("in a circle"));
}

TEST_F(Replication, AMasterElsewhereIsShownAsWhatItIs) {
  wait_until_settled();
  daemon_.reset();
  start({{"b", &b_}, {"d", &d_}});
  EXPECT_TRUE(eventually([this] { return is_up("d"); })) << view().dump(1);
  EXPECT_THAT(lines(), ElementsAre(a_.address(), " b", "  d"));
  EXPECT_EQ(row(a_.address())["watched"], false);
  EXPECT_TRUE(daemon_->shows("redis_replication_lag_seconds{instance=\"b\",master=\"" +
                             a_.address() + "\"} "));
}

TEST_F(Replication, AReplicaThatItsMasterDoesNotListIsPointedOut) {
  wait_until_settled();
  daemon_.reset();
  auto announced = replica_of(a_);
  announced.insert(announced.end(),
                   {"--replica-announce-ip", "10.99.99.99", "--replica-announce-port", "7777"});
  const RedisServer elsewhere(announced);
  // Its master does not let this one in.
  const RedisServer locked({"--requirepass", "right"});
  const RedisServer refused(replica_of(locked));
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml",
                 "targets:\n"
                 "  - {url: '" +
                     a_.url() +
                     "', alias: a}\n"
                     "  - {url: '" +
                     c_.url() +
                     "', alias: c}\n"
                     "  - {url: '" +
                     elsewhere.url() +
                     "', alias: elsewhere}\n"
                     "  - {url: '" +
                     locked.url() +
                     "', alias: locked, password: right}\n"
                     "  - {url: '" +
                     refused.url() +
                     "', alias: refused}\n"
                     "poll: {interval: 250ms, timeout: 250ms}\n"
                     "keys: {sample: {enabled: false}}\nrules: {bundled: false}\n")});
  EXPECT_TRUE(daemon_->shows("redis_replication_unlisted{instance=\"elsewhere\",master=\"a\"} 1"))
      << view().dump(1);
  EXPECT_TRUE(
      daemon_->shows("redis_replication_unlisted{instance=\"refused\",master=\"locked\"} 1"))
      << view().dump(1);
  EXPECT_EQ(occurrences(daemon_->metrics(), "redis_replication_unlisted{"), 2);
  EXPECT_EQ(link("elsewhere")["state"], "up");
  EXPECT_THAT(row("elsewhere")["problems"].dump(),
              HasSubstr("elsewhere says that it replicates from a, which lists no such replica."));
  EXPECT_EQ(row("10.99.99.99:7777")["watched"], false) << "what the master lists instead";
  EXPECT_THAT(row("refused")["problems"].dump(), HasSubstr("link to locked is down"));
}

// Sentinels name it by its IP address.
TEST_F(Replication, AServerUnderAnotherNameIsCountedOnce) {
  const RedisSentinel sentinel("sentinel monitor orders 127.0.0.1 " + std::to_string(a_.port()) +
                               " 1\n");
  daemon_ = std::make_unique<Hitwatch>(std::vector<std::string>{
      "run", "--config",
      dir_.write("hitwatch.yaml",
                 "targets:\n  - {url: 'redis://localhost:" + std::to_string(a_.port()) +
                     "', alias: catalog}\n  - {sentinel: {urls: ['" + sentinel.url() +
                     "']}}\npoll: {interval: 250ms, timeout: 250ms}\n"
                     "keys: {sample: {enabled: false}}\nrules: {bundled: false}\n")});
  const std::string up = "redis_up{instance=\"catalog\",master_name=\"orders\",role=\"master\"} 1";
  ASSERT_TRUE(daemon_->shows(up)) << daemon_->process().output();
  EXPECT_EQ(occurrences(daemon_->metrics(),
                        "redis_up{instance=\"127.0.0.1:" + std::to_string(a_.port()) + "\""),
            0);
  a_.kill();
  a_.restart();
  ASSERT_TRUE(eventually([this] {
    return daemon_->get("/api/v1/events?target=catalog&kind=restarted")
        .body.contains("\"total\":1");
  }));
  EXPECT_EQ(occurrences(daemon_->process().output(), "it is watched once"), 1) << "as before";
}

}  // namespace
}  // namespace hitwatch::test
