// Changing a running daemon: its configuration, its target lists, its passwords. What has not
// changed keeps its connection and its counters, and what is wrong changes nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Long enough for a poll to end in time on a busy machine: one that does not takes its connection
// along.
const std::string kOften = "poll: {interval: 2s}\n";

// The server's ids of the daemon's connections.
std::set<std::string> connections(const RedisServer& server) {
  std::set<std::string> ids;
  std::istringstream lines(server.command({"CLIENT", "LIST"}));
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" name=hitwatch ") != line.npos) ids.insert(line.substr(0, line.find(' ')));
  }
  return ids;
}

class ReloadTest : public testing::Test {
 protected:
  void write(const std::string& targets, const std::string& more = "") const {
    replace("hitwatch.yaml",
            "targets:\n" + targets + "web: {admin_api: true}\n" + (more.empty() ? kOften : more));
  }
  // Takes the place of a file in one step, as who edits a list for others does.
  void replace(const std::string& name, const std::string& text) const {
    std::filesystem::rename(dir_.write(name + ".new", text), dir_.path(name));
  }
  void start() {
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")});
  }
  void start(const std::string& targets, const std::string& more = "") {
    write(targets, more);
    start();
  }
  void reload() const {
    const HttpResponse response = daemon_->post("/-/reload");
    EXPECT_EQ(response.status, 200) << response.body;
  }
  static std::string entry(const RedisServer& server, const std::string& alias,
                           const std::string& more = "") {
    return "  - {url: '" + server.url() + "', alias: " + alias + more + "}\n";
  }
  static std::string up(const std::string& alias) {
    return "redis_up{instance=\"" + alias + "\"} 1";
  }
  double polls(const std::string& alias) const {
    return sample(daemon_->metrics(), "redis_exporter_scrapes_total{instance=\"" + alias + "\"}")
        .value_or(-1);
  }
  bool polls_go_on(const std::string& alias) const {
    const double before = polls(alias);
    return eventually([&] { return polls(alias) > before; });
  }
  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& group : nlohmann::json::parse(daemon_->get("/sd").body)) {
      for (const auto& name : group["targets"]) names.insert(name);
    }
    return names;
  }
  bool comes_to_watch(const std::set<std::string>& wanted) const {
    return eventually([&] { return names() == wanted; });
  }

  TempDir dir_;
  std::unique_ptr<Hitwatch> daemon_;
};

TEST_F(ReloadTest, UnchangedTargetsKeepTheirConnectionAndCounters) {
  const RedisServer kept;
  const RedisServer removed;
  const RedisServer added;
  start(entry(kept, "kept") + entry(removed, "removed"));
  ASSERT_TRUE(daemon_->shows(up("kept")));
  ASSERT_TRUE(daemon_->shows(up("removed")));
  ASSERT_TRUE(polls_go_on("kept"));
  const std::set<std::string> connection = connections(kept);
  ASSERT_THAT(connection, SizeIs(1));
  const double before = polls("kept");

  // In another order, too.
  write(entry(added, "added") + entry(kept, "kept"));
  daemon_->process().signal(SIGHUP);
  EXPECT_TRUE(daemon_->shows(up("added")));
  EXPECT_GE(polls("kept"), before);
  EXPECT_TRUE(polls_go_on("kept"));
  EXPECT_EQ(connections(kept), connection);
  EXPECT_THAT(names(), UnorderedElementsAre("kept", "added"));
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("instance=\"removed\"")));
  EXPECT_TRUE(eventually([&] { return connections(removed).empty(); }));
}

TEST_F(ReloadTest, NothingIsPolledAnewBecauseOfAReload) {
  const RedisServer server;
  const std::string rarely = "poll: {interval: 1h}\n";
  start(entry(server, "a"), rarely);
  ASSERT_TRUE(daemon_->shows(up("a")));
  for (int i = 0; i < 5; ++i) reload();
  EXPECT_EQ(polls("a"), 1);
}

TEST_F(ReloadTest, LabelsChange) {
  const RedisServer server;
  start(entry(server, "a", ", labels: {env: test}"));
  ASSERT_TRUE(daemon_->shows("redis_up{instance=\"a\",env=\"test\"} 1"));
  write(entry(server, "a", ", labels: {env: prod}"));
  reload();
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"a\",env=\"prod\"} 1"));
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("env=\"test\"")));
  EXPECT_TRUE(eventually([&] { return connections(server).size() == 1; }));
}

TEST_F(ReloadTest, ABadFileChangesNothingAndIsShown) {
  const RedisServer server;
  start(entry(server, "a"));
  ASSERT_TRUE(daemon_->shows(up("a")));
  const std::set<std::string> connection = connections(server);
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_config_last_reload_successful"), 1);

  write(entry(server, "b") + "  - {url: 'redis://me:geheim@cache:port'}\n  - {}\n");
  const HttpResponse refused = daemon_->post("/-/reload");
  EXPECT_EQ(refused.status, 500);
  const std::string place = dir_.path("hitwatch.yaml") + ":3:";
  EXPECT_THAT(refused.body, HasSubstr(place));
  EXPECT_THAT(refused.body, HasSubstr(dir_.path("hitwatch.yaml") + ":4:"));
  EXPECT_THAT(refused.body, Not(HasSubstr("geheim")));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("level=error"));
  EXPECT_THAT(daemon_->process().output(), HasSubstr(place));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_config_last_reload_successful"), 0);
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_config_reloads_failed_total"), 1);
  EXPECT_THAT(names(), UnorderedElementsAre("a"));
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_EQ(connections(server), connection);

  std::filesystem::remove(dir_.path("hitwatch.yaml"));
  EXPECT_EQ(daemon_->post("/-/reload").status, 500);
  EXPECT_TRUE(polls_go_on("a"));

  write(entry(server, "b"));
  daemon_->process().signal(SIGHUP);
  EXPECT_TRUE(daemon_->shows(up("b")));
  EXPECT_TRUE(daemon_->shows("hitwatch_config_last_reload_successful 1"));  // a moment later
}

TEST_F(ReloadTest, ThePollIntervalChanges) {
  const RedisServer server;
  start(entry(server, "a"), "poll: {interval: 1h}\n");
  ASSERT_TRUE(daemon_->shows(up("a")));
  const std::set<std::string> connection = connections(server);
  write(entry(server, "a"), kOften);
  reload();
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_EQ(connections(server), connection);
}

TEST_F(ReloadTest, TheModeChanges) {
  const RedisServer server;
  start(entry(server, "a"), kOften);
  ASSERT_TRUE(daemon_->shows(up("a")));
  write(entry(server, "a"), "poll: {mode: on_scrape}\n");
  reload();
  const double before = polls("a");
  EXPECT_EQ(polls("a"), before + 1);
  EXPECT_EQ(polls("a"), before + 2);
  write(entry(server, "a"), kOften);
  reload();
  EXPECT_TRUE(polls_go_on("a"));
}

TEST_F(ReloadTest, WhatIsCollectedChanges) {
  const RedisServer server;
  start(entry(server, "a"), kOften);
  ASSERT_TRUE(daemon_->shows(up("a")));
  EXPECT_THAT(daemon_->metrics(), Not(HasSubstr("\nredis_config_value{")));
  const std::set<std::string> connection = connections(server);
  write(entry(server, "a"), "poll: {interval: 2s, collect: {config: true}}\n");
  reload();
  EXPECT_TRUE(daemon_->shows("redis_config_value{"));
  EXPECT_EQ(connections(server), connection);
}

TEST_F(ReloadTest, TheLogLevelChanges) {
  const RedisServer server;
  const std::string log = "configuration loaded";
  start(entry(server, "a"), "log: {level: error}\n");
  EXPECT_THAT(daemon_->process().output(), IsEmpty());
  reload();
  EXPECT_EQ(occurrences(daemon_->process().output(), log), 0);
  write(entry(server, "a"), "log: {level: info}\n");
  reload();
  EXPECT_EQ(occurrences(daemon_->process().output(), log), 1);
  write(entry(server, "a"), "log: {level: error}\n");
  reload();
  EXPECT_EQ(occurrences(daemon_->process().output(), log), 1);
}

TEST_F(ReloadTest, WhatMayBeScrapedChanges) {
  const RedisServer server;
  const RedisServer other;
  start(entry(server, "a"));
  EXPECT_EQ(daemon_->get("/scrape?target=" + other.address()).status, 403);
  replace("hitwatch.yaml", "targets:\n" + entry(server, "a") +
                               "web: {admin_api: true, scrape_allow: ['127.0.0.1:*']}\n");
  reload();
  EXPECT_EQ(sample(daemon_->get("/scrape?target=" + other.address()).body, "redis_up"), 1);
  write(entry(server, "a"));
  reload();
  EXPECT_EQ(daemon_->get("/scrape?target=" + other.address()).status, 403);
  EXPECT_TRUE(eventually([&] { return connections(other).empty(); }));
}

TEST_F(ReloadTest, ManyReloadsAtOnceAreAllAnswered) {
  const RedisServer server;
  start(entry(server, "a"));
  ASSERT_TRUE(daemon_->shows(up("a")));
  const std::set<std::string> connection = connections(server);
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this] {
      for (int j = 0; j < 5; ++j) {
        EXPECT_EQ(daemon_->post("/-/reload").status, 200);
        EXPECT_EQ(daemon_->get("/metrics").status, 200);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_EQ(connections(server), connection);
}

class TargetListsTest : public ReloadTest {
 protected:
  // A configuration of one target and the lists in the folder `lists`.
  void watch_lists(const RedisServer& own) {
    std::filesystem::create_directory(dir_.path("lists"));
    start(entry(own, "own") + "  - file: lists/*.yaml\n  - file: lists/*.json\n");
  }
  std::string list(const std::string& file) const {
    return "hitwatch_target_list_faulty{file=\"" + dir_.path(file) + "\"} ";
  }
  static std::string yaml(const std::string& targets, const std::string& labels = "{}") {
    return "- targets: [" + targets + "]\n  labels: " + labels + "\n";
  }
};

TEST_F(TargetListsTest, ChangesArePickedUpWithoutAReload) {
  const RedisServer own;
  const RedisServer first;
  const RedisServer second;
  watch_lists(own);
  EXPECT_THAT(names(), UnorderedElementsAre("own"));

  replace("lists/a.yaml", yaml(first.address(), "{env: prod, __meta_rack: '7'}"));
  replace("lists/b.json",
          "[\n\t{\"targets\": [\"" + second.url() + "\"], \"labels\": {\"instance\": \"b\"}}\n]\n");
  EXPECT_TRUE(comes_to_watch({"own", first.address(), "b"}));
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + first.address() + "\",env=\"prod\"} 1"));
  EXPECT_TRUE(daemon_->shows(up("b")));
  const std::set<std::string> connection = connections(first);

  std::filesystem::remove(dir_.path("lists/b.json"));
  replace("lists/a.yaml", yaml(first.address(), "{env: prod}") + yaml(second.address()));
  EXPECT_TRUE(comes_to_watch({"own", first.address(), second.address()}));
  EXPECT_EQ(connections(first), connection);
  EXPECT_EQ(sample(daemon_->metrics(), "hitwatch_targets"), 3);
}

TEST_F(TargetListsTest, ABrokenFileKeepsTheTargetsItHad) {
  const RedisServer own;
  const RedisServer first;
  const RedisServer second;
  watch_lists(own);
  replace("lists/a.yaml", yaml("'" + first.address() + "'"));
  ASSERT_TRUE(comes_to_watch({"own", first.address()}));
  ASSERT_TRUE(daemon_->shows(up(first.address())));
  const std::set<std::string> connection = connections(first);

  replace("lists/a.yaml", yaml("'redis://me:geheim@" + first.address() + "x'"));
  replace("lists/b.json", "[{\"targets\": [\"" + second.address() + "\"]}]");
  EXPECT_TRUE(comes_to_watch({"own", first.address(), second.address()}));
  EXPECT_EQ(connections(first), connection);
  EXPECT_TRUE(daemon_->shows(list("lists/a.yaml") + "1"));
  EXPECT_TRUE(daemon_->shows(list("lists/b.json") + "0"));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("lists/a.yaml:1:13: [0].targets[0]: "));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));

  // A reload in between does not lose them either.
  reload();
  EXPECT_THAT(names(), UnorderedElementsAre("own", first.address(), second.address()));
  EXPECT_EQ(connections(first), connection);

  replace("lists/a.yaml", "[]\n");
  EXPECT_TRUE(comes_to_watch({"own", second.address()}));
  EXPECT_TRUE(daemon_->shows(list("lists/a.yaml") + "0"));
}

TEST_F(TargetListsTest, ADuplicateIsLeftOut) {
  const RedisServer own;
  const RedisServer first;
  std::filesystem::create_directory(dir_.path("lists"));
  replace("lists/a.yaml", yaml("'" + first.address() + "', '" + first.url() + "'"));
  watch_lists(own);
  EXPECT_THAT(names(), UnorderedElementsAre("own", first.address()));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("its list has it twice"));
}

TEST_F(TargetListsTest, ANameThatIsTakenIsLeftOut) {
  const RedisServer own;
  const RedisServer other;
  std::filesystem::create_directory(dir_.path("lists"));
  replace("lists/a.yaml", yaml(other.address(), "{instance: own}"));
  watch_lists(own);
  EXPECT_THAT(names(), UnorderedElementsAre("own"));
  EXPECT_TRUE(daemon_->shows(up("own")));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("its name is taken"));
  EXPECT_THAT(connections(other), IsEmpty());
}

TEST_F(TargetListsTest, CredentialsAreThoseOfTheConfiguration) {
  const RedisServer locked({"--requirepass", "right"});
  std::filesystem::create_directory(dir_.path("lists"));
  replace("lists/a.yaml", yaml(locked.address(), "{instance: a}"));
  dir_.write("password", "right\n");
  start("  - file: lists/*.yaml\n",
        "credentials: [{match: '127.0.0.1:*', password_file: password}]\n");
  EXPECT_TRUE(daemon_->shows(up("a")));
}

class RotationTest : public ReloadTest {};

TEST_F(RotationTest, APasswordFileTakesEffectAtTheNextReconnect) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "watcher", "on", ">before", "+@all"});
  dir_.write("password", "before\n");
  start(entry(server, "a", ", username: watcher, password_file: password"));
  ASSERT_TRUE(daemon_->shows(up("a"))) << daemon_->process().output();
  const std::set<std::string> connection = connections(server);

  server.command({"ACL", "SETUSER", "watcher", "resetpass", ">after"});
  replace("password", "after\n");
  reload();
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_EQ(connections(server), connection);

  server.command({"CLIENT", "KILL", "USER", "watcher"});
  EXPECT_TRUE(eventually([&] {
    const std::set<std::string> now = connections(server);
    return !now.empty() && now != connection;
  }));
  EXPECT_TRUE(polls_go_on("a"));
  EXPECT_TRUE(daemon_->shows(up("a")));
  EXPECT_THAT(server.command({"ACL", "LOG"}), IsEmpty());  // no wrong password was ever tried
}

TEST_F(RotationTest, APasswordInTheConfigurationTakesEffectAtTheReload) {
  const RedisServer server;
  server.command({"ACL", "SETUSER", "watcher", "on", ">before", "+@all"});
  start(entry(server, "a", ", username: watcher, password: before"));
  ASSERT_TRUE(daemon_->shows(up("a")));
  server.command({"ACL", "SETUSER", "watcher", "resetpass", ">after"});
  server.command({"CLIENT", "KILL", "USER", "watcher"});
  ASSERT_TRUE(daemon_->shows("redis_exporter_last_scrape_error{instance=\"a\",err=\"auth\"} 1"));
  write(entry(server, "a", ", username: watcher, password: after"));
  reload();
  EXPECT_TRUE(daemon_->shows(up("a")));
}

}  // namespace
}  // namespace hitwatch::test
