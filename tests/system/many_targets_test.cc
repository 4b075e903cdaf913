// Fifty targets on five servers: what they cost, and what they do to one another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <string>

#include "tests/system/daemon_fixture.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

#ifdef __SANITIZE_THREAD__
constexpr const char* kThreads = "10";  // one is the sanitizer's own
#else
constexpr const char* kThreads =
    "9";  // reloads, Redis, its keys, HTTP, rules, notifications, traces, two of queries
#endif

class ManyTargetsTest : public DaemonTest {
 protected:
  static constexpr int kServers = 5;
  static constexpr int kTargetsEach = 10;

  static std::string name(int server, int database) {
    return "s" + std::to_string(server) + "d" + std::to_string(database);
  }
  static std::string series(const std::string& family, int server, int database) {
    return family + "{instance=\"" + name(server, database) + "\"}";
  }
  std::string targets() const {
    std::string list = "apps: {statsd: {listen: []}}\ntargets:\n";
    for (int server = 0; server < kServers; ++server) {
      for (int database = 0; database < kTargetsEach; ++database) {
        list += "  - {url: '" + servers_[server].url() + "/" + std::to_string(database) +
                "', alias: " + name(server, database) + "}\n";
      }
    }
    return list;
  }
  bool all_are(double up, int server) const {
    const std::string metrics = daemon_->metrics();
    for (int database = 0; database < kTargetsEach; ++database) {
      if (sample(metrics, series("redis_up", server, database)) != up) return false;
    }
    return true;
  }
  std::string threads() const {
    std::ifstream status("/proc/" + std::to_string(daemon_->process().pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("Threads:\t")) return line.substr(9);
    }
    return "";
  }

  RedisServer servers_[kServers];
};

TEST_F(ManyTargetsTest, NeedNoFurtherThreadsAndOneConnectionEach) {
  start(targets());
  for (int server = 0; server < kServers; ++server) {
    EXPECT_TRUE(eventually([&] { return all_are(1, server); })) << daemon_->process().output();
    const std::string clients = servers_[server].command({"CLIENT", "LIST", "TYPE", "normal"});
    EXPECT_EQ(occurrences(clients, " name=hitwatch "), kTargetsEach) << clients;
  }
  EXPECT_EQ(threads(), kThreads);
}

TEST_F(ManyTargetsTest, ADeadAndAStoppedServerDelayNoOther) {
  start(targets());
  for (int server = 0; server < kServers; ++server) {
    ASSERT_TRUE(eventually([&] { return all_are(1, server); })) << daemon_->process().output();
  }
  servers_[0].kill();
  servers_[1].process().signal(SIGSTOP);
  EXPECT_TRUE(eventually([&] { return all_are(0, 0); }));
  EXPECT_TRUE(eventually([&] { return all_are(0, 1); }));
  EXPECT_THAT(daemon_->process().output(), HasSubstr("is down\" target=s1"));
  // Two more polls of every other target, none of which ever failed.
  const std::string before = daemon_->metrics();
  for (int server = 2; server < kServers; ++server) {
    for (int database = 0; database < kTargetsEach; ++database) {
      const std::string polls = series("redis_exporter_scrapes_total", server, database);
      EXPECT_TRUE(eventually(
          [&] { return sample(daemon_->metrics(), polls) >= sample(before, polls).value() + 2; }));
    }
    EXPECT_TRUE(all_are(1, server));
    EXPECT_THAT(daemon_->process().output(),
                Not(HasSubstr("is down\" target=s" + std::to_string(server))));
  }
  EXPECT_EQ(threads(), kThreads);
  servers_[1].process().signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return all_are(1, 1); }));
}

}  // namespace
}  // namespace hitwatch::test
