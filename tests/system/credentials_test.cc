// Passwords that change while the daemon runs: it takes the new one at its next connection,
// wherever the configuration has passwords from. And who gets which.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "tests/system/daemon_fixture.h"
#include "tests/system/sentinel_set.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// A server whose user `watcher` has a password that can be changed. The user without a name may do
// everything.
class LockedServer {
 public:
  explicit LockedServer(const std::string& password) { change(password); }

  void change(const std::string& password) const {
    ASSERT_EQ(server_.command({"ACL", "SETUSER", "watcher", "on", "resetpass", ">" + password, "~*",
                               "&*", "+@all"}),
              "OK");
  }
  // Whoever is connected as `watcher` must come again.
  void hang_up() const { server_.command({"CLIENT", "KILL", "USER", "watcher"}); }
  // How many connections `watcher` has.
  int visitors() const {
    return occurrences(server_.command({"CLIENT", "LIST"}), " user=watcher ");
  }
  bool is_watched() const {
    return eventually([this] { return visitors() > 0; });
  }
  std::string address() const { return server_.address(); }
  std::string url() const { return server_.url(); }

 private:
  RedisServer server_;
};

class CredentialsTest : public DaemonTest {
 protected:
  // In one step, as who rotates secrets does.
  void replace(const std::string& name, const std::string& text) const {
    std::filesystem::rename(dir_.write(name + ".new", text), dir_.path(name));
  }
  bool is_up(const std::string& address) const {
    return daemon_->shows("redis_up{instance=\"" + address + "\"} 1");
  }
  bool is_refused(const std::string& address) const {
    return daemon_->shows("redis_exporter_last_scrape_error{instance=\"" + address +
                          "\",err=\"auth\"} 1");
  }
  // A name of its own, so that even one target has the label.
  static std::string target(const LockedServer& server, const std::string& more = "") {
    return "{url: '" + server.url() + "', alias: '" + server.address() + "'" + more + "}";
  }
};

TEST_F(CredentialsTest, AFileThatChangesCountsAtTheNextConnection) {
  const LockedServer server("old");
  replace("password", "old\n");
  start("targets: [" + target(server, ", username: watcher, password_file: password") + "]");
  ASSERT_TRUE(is_up(server.address())) << daemon_->process().output();

  server.change("new");
  replace("password", "new\n");
  server.hang_up();
  EXPECT_TRUE(server.is_watched());
  EXPECT_TRUE(is_up(server.address()));

  // The other way round: the server first.
  server.change("newer");
  server.hang_up();
  EXPECT_TRUE(is_refused(server.address()));
  replace("password", "newer\n");
  EXPECT_TRUE(is_up(server.address()));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("newer")));
}

TEST_F(CredentialsTest, AMapThatChangesCountsAtTheNextConnection) {
  const LockedServer named("one");
  const LockedServer listed("two");
  const LockedServer scraped("three");
  const auto map = [&](const std::string& one, const std::string& two, const std::string& three) {
    return "{\"redis://watcher@" + named.address() + "\": \"" + one + "\", \"" + listed.address() +
           "\": \"" + two + "\", \"redis://" + scraped.address() + "\": \"" + three + "\"}";
  };
  replace("passwords.json", map("one", "two", "three"));
  dir_.write("list.yaml", "- targets: ['" + listed.address() + "']\n");
  start("targets: [" + target(named) +
        ", {file: list.yaml}]\n"
        "credentials: [{password_map: passwords.json, username: watcher}]\n"
        "web: {scrape_allow: ['127.0.0.1:*']}");
  ASSERT_TRUE(is_up(named.address())) << daemon_->process().output();
  ASSERT_TRUE(is_up(listed.address())) << daemon_->process().output();
  EXPECT_EQ(sample(scrape(scraped.address()).body, "redis_up"), 1);

  named.change("uno");
  listed.change("due");
  scraped.change("tre");
  replace("passwords.json", map("uno", "due", "tre"));
  for (const LockedServer* server : {&named, &listed, &scraped}) server->hang_up();
  EXPECT_TRUE(named.is_watched());
  EXPECT_TRUE(listed.is_watched());
  EXPECT_TRUE(is_up(named.address()));
  EXPECT_TRUE(is_up(listed.address()));
  EXPECT_EQ(sample(scrape(scraped.address()).body, "redis_up"), 1);
}

TEST_F(CredentialsTest, ABadMapKeepsAwayThoseWhomItNamedOnly) {
  const LockedServer named("geheim-map");
  const LockedServer other("geheim-other");
  replace("passwords.json", "{\"redis://watcher@" + named.address() + "\": \"geheim-map\"}");
  start("targets: [" + target(named) + ", " + target(other) +
        "]\n"
        "credentials: [{password_map: passwords.json}, "
        "{match: '127.0.0.1:*', username: watcher, password: geheim-other}]");
  ASSERT_TRUE(is_up(named.address()));
  ASSERT_TRUE(is_up(other.address()));

  replace("passwords.json", "{\"redis://watcher@" + named.address() + "\": \"geheim-m");
  other.hang_up();
  // For two seconds the map's former content serves: it may be about to be written.
  EXPECT_TRUE(eventually([&] {
    named.hang_up();
    return daemon_->process().output().find("passwords.json is not a JSON object of passwords") !=
           std::string::npos;
  }));
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + named.address() + "\"} 0"));
  EXPECT_TRUE(other.is_watched());
  EXPECT_TRUE(is_up(other.address()));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
  replace("passwords.json", "{\"redis://watcher@" + named.address() + "\": \"geheim-map\"}");
  EXPECT_TRUE(is_up(named.address()));
}

TEST_F(CredentialsTest, AListOfPatternsChangesWithAReload) {
  const LockedServer server("old");
  const auto configuration = [&](const std::string& password) {
    return "targets: [" + target(server) +
           "]\ncredentials: [{match: '127.0.0.1:*', username: watcher, password: " + password +
           "}]\nweb: {admin_api: true}\npoll: {interval: 1s, timeout: 1s}\n";
  };
  replace("hitwatch.yaml", configuration("old"));
  daemon_ = std::make_unique<Hitwatch>(
      std::vector<std::string>{"run", "--config", dir_.path("hitwatch.yaml")});
  ASSERT_TRUE(is_up(server.address()));
  server.change("new");
  server.hang_up();
  EXPECT_TRUE(is_refused(server.address()));
  replace("hitwatch.yaml", configuration("new"));
  EXPECT_EQ(daemon_->post("/-/reload").status, 200);
  EXPECT_TRUE(is_up(server.address()));
}

TEST_F(CredentialsTest, ThePasswordFileOfTheExporterIsReadAgain) {
  const LockedServer server("old");
  const auto map = [&](const std::string& password) {
    return "{\"redis://watcher@" + server.address() + "\": \"" + password + "\"}";
  };
  replace("passwords.json", map("old"));
  daemon_ = std::make_unique<Hitwatch>(
      std::vector<std::string>{"exporter", "--redis.addr=" + server.url(), "--redis.user=watcher",
                               "--redis.password-file=" + dir_.path("passwords.json")});
  EXPECT_TRUE(daemon_->shows("redis_up 1"));
  server.change("new");
  replace("passwords.json", map("new"));
  server.hang_up();
  EXPECT_TRUE(daemon_->shows("redis_up 1"));
  EXPECT_TRUE(server.is_watched());
}

TEST_F(CredentialsTest, ServersThatSentinelsNameGetTheirsByAddress) {
  const LockedServer master("geheim-server");
  const RedisSentinel sentinel("requirepass geheim-sentinel\nsentinel monitor cache 127.0.0.1 " +
                               master.address().substr(10) +
                               " 1\nsentinel auth-user cache watcher\n"
                               "sentinel auth-pass cache geheim-server\n");
  const auto map = [&](const std::string& password) {
    return "{\"" + sentinel.address() + "\": \"geheim-sentinel\", \"redis://watcher@" +
           master.address() + "\": \"" + password + "\"}";
  };
  replace("passwords.json", map("geheim-server"));
  start("targets: [{sentinel: {urls: ['" + sentinel.url() +
        "']}}]\ncredentials: [{password_map: passwords.json}]");
  const std::string up =
      "redis_up{instance=\"" + master.address() + "\",master_name=\"cache\",role=\"master\"} ";
  ASSERT_TRUE(daemon_->shows(up + "1")) << daemon_->process().output() << daemon_->metrics();
  EXPECT_TRUE(
      daemon_->shows("redis_up{instance=\"" + sentinel.address() + "\",role=\"sentinel\"} 1"));

  master.change("geheim-neu");
  replace("passwords.json", map("geheim-neu"));
  master.hang_up();
  EXPECT_TRUE(master.is_watched());
  EXPECT_TRUE(daemon_->shows(up + "1"));
  EXPECT_THAT(daemon_->process().output(), Not(HasSubstr("geheim")));
}

TEST_F(CredentialsTest, ALoginOfTheSourceGoesBeforeCredentials) {
  const LockedServer master("right");
  const RedisSentinel sentinel("sentinel monitor cache 127.0.0.1 " + master.address().substr(10) +
                               " 1\n");
  dir_.write("password", "right\n");
  start("targets: [{sentinel: {urls: ['" + sentinel.url() +
        "'], server_username: watcher, server_password_file: password}}]\n"
        "credentials: [{match: '127.0.0.1:" +
        master.address().substr(10) + "', username: watcher, password: wrong}]");
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + master.address() +
                             "\",master_name=\"cache\",role=\"master\"} 1"))
      << daemon_->process().output();
}

}  // namespace
}  // namespace hitwatch::test
