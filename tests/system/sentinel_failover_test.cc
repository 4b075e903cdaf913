// Real sentinels: what they watch is found, and said who is master, whatever happens to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "tests/system/daemon_fixture.h"
#include "tests/system/sentinel_set.h"

namespace hitwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Clock = std::chrono::steady_clock;

// Samples of a family that have both texts in their line.
int series_with(const std::string& exposition, const std::string& family, const std::string& first,
                const std::string& second = "") {
  int found = 0;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(family + "{") && line.find(first) != line.npos &&
        line.find(second) != line.npos) {
      ++found;
    }
  }
  return found;
}

// Servers of that role that are up.
int servers_up(const std::string& exposition, const std::string& role) {
  return series_with(exposition, "redis_up", "role=\"" + role + "\"", "} 1");
}

// Scrapes again and again, and notes whatever may never be seen.
class Scraper {
 public:
  explicit Scraper(const Hitwatch& daemon) : daemon_(daemon), thread_([this] { run(); }) {}
  ~Scraper() { finish(); }

  // How many scrapes there were.
  int finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return scrapes_;
  }
  // Of finish().
  const std::string& faults() const { return faults_; }

 private:
  void run() {
    while (!stop_) {
      const std::string text = daemon_.metrics();
      ++scrapes_;
      const int masters = series_with(text, "redis_up", "role=\"master\"");
      if (masters != 1) faults_ += std::to_string(masters) + " masters\n";
      std::set<std::string> series;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        const std::string name = line.substr(0, line.rfind(' '));
        if (!series.insert(name).second) faults_ += "twice: " + name + "\n";
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  const Hitwatch& daemon_;
  std::atomic<bool> stop_ = false;
  int scrapes_ = 0;
  std::string faults_;
  std::thread thread_;
};

class SentinelDaemon : public DaemonTest {
 protected:
  // A daemon that is told of one sentinel.
  void follow(SentinelSet& set, const std::string& further = "") {
    start("targets: [{sentinel: {urls: ['" + set.sentinel(0).url() + "'], masters: [cache]" +
          further + "}}]");
  }
  bool sees_all() const {
    return eventually([this] {
      const std::string text = daemon_->metrics();
      return servers_up(text, "master") == 1 && servers_up(text, "replica") == 2 &&
             servers_up(text, "sentinel") == 3;
    });
  }
  bool names_master(const std::string& address) const {
    return daemon_->shows("redis_up{instance=\"" + address +
                          "\",master_name=\"cache\",role=\"master\"}");
  }
  std::string output() const { return daemon_->process().output(); }
  // The newest first.
  nlohmann::json events(const std::string& query) const {
    return get_json("/api/v1/events?group=cache&" + query)["data"]["events"];
  }
  // Of each change of master, from the first to that by which `last` became it, one event and one
  // line of the log.
  void expect_each_change_told_once(SentinelSet& set, const std::string& first,
                                    const std::string& last) {
    nlohmann::json told;
    ASSERT_TRUE(eventually([&] {
      told = events("kind=failover");
      return !told.empty() && told.front()["to"] == last;
    })) << told.dump(1);
    EXPECT_EQ(sample(daemon_->metrics(), "redis_sentinel_failovers_total{master_name=\"cache\"}"),
              static_cast<double>(told.size()))
        << told.dump(1);
    EXPECT_EQ(told.back()["from"], first) << told.dump(1);
    for (std::size_t i = 0; i < told.size(); ++i) {
      const std::string to = told[i]["to"];
      EXPECT_EQ(told[i]["target"], to);
      if (i > 0) {
        EXPECT_EQ(told[i - 1]["from"], to) << "the newest first: " << told.dump(1);
      }
      const std::string by = told[i]["toldBy"];
      EXPECT_TRUE(by == set.sentinel(0).address() || by == set.sentinel(1).address() ||
                  by == set.sentinel(2).address())
          << by;
    }
    EXPECT_EQ(lines_of_failovers(), told.size()) << output();
  }

 private:
  // Lines that name two masters, but for what replicas say of theirs.
  std::size_t lines_of_failovers() const {
    std::size_t found = 0;
    std::istringstream lines(output());
    for (std::string line; std::getline(lines, line);) {
      const bool names_two = line.contains(" from=127.0.0.1:") && line.contains(" to=127.0.0.1:");
      if (names_two && !line.contains("event=master_changed")) ++found;
    }
    return found;
  }
};

TEST_F(SentinelDaemon, SaysWhoIsMasterAtEveryMomentOfAFailover) {
  SentinelSet set;
  follow(set);
  ASSERT_TRUE(sees_all()) << daemon_->metrics();
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string of = "redis_sentinel_master_ok_sentinels{instance=\"" +
                           set.sentinel(i).address() +
                           "\",role=\"sentinel\",master_name=\"cache\",master_address=\"" +
                           set.server(0).address() + "\"}";
    EXPECT_EQ(sample(daemon_->metrics(), of), 3);
    EXPECT_TRUE(daemon_->shows("redis_sentinel_subscribed{sentinel=\"" + set.sentinel(i).address() +
                               "\"} 1"));
  }

  Scraper scraper(*daemon_);
  set.server(0).kill();
  std::string after;
  ASSERT_TRUE(eventually([&] {
    after = set.agreed();
    return !after.empty() && after != set.server(0).address();
  }));
  const auto agreed = Clock::now();
  ASSERT_TRUE(names_master(after)) << output();
  const std::chrono::duration<double, std::milli> late = Clock::now() - agreed;
  std::printf("the series name the new master %.0f ms after two sentinels did\n", late.count());
  EXPECT_TRUE(daemon_->shows(
      "redis_sentinel_agreed_master{master_name=\"cache\",master_address=\"" + after + "\"} 1"));
  expect_each_change_told_once(set, set.server(0).address(), after);

  set.server(0).restart();
  EXPECT_TRUE(sees_all()) << "the old master comes back as a replica: " << daemon_->metrics();
  EXPECT_GT(scraper.finish(), 0);
  EXPECT_EQ(scraper.faults(), "");
}

TEST_F(SentinelDaemon, GoesByTheOthersWhileASentinelIsStopped) {
  SentinelSet set;
  follow(set);
  ASSERT_TRUE(sees_all()) << daemon_->metrics();
  // The one that the configuration names.
  set.sentinel(0).process().signal(SIGSTOP);
  Scraper scraper(*daemon_);
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + set.sentinel(0).address() +
                             "\",role=\"sentinel\"} 0"));
  set.server(0).kill();
  std::string after;
  ASSERT_TRUE(eventually([&] {
    after = set.named_by(1);
    return after != set.server(0).address() && after == set.named_by(2);
  }));
  EXPECT_TRUE(names_master(after)) << output();
  set.sentinel(0).process().signal(SIGCONT);
  EXPECT_TRUE(daemon_->shows("redis_up{instance=\"" + set.sentinel(0).address() +
                             "\",role=\"sentinel\"} 1"));
  EXPECT_TRUE(eventually([&] { return set.named_by(0) == after; }));
  EXPECT_TRUE(daemon_->shows("redis_sentinel_disagreement{master_name=\"cache\"} 0"));
  EXPECT_GT(scraper.finish(), 0);
  EXPECT_EQ(scraper.faults(), "");
}

TEST_F(SentinelDaemon, NeedsNoSubscriptionAndHasALoginForSentinelsAndOneForServers) {
  SentinelSet set(
      {.server_arguments = {"--requirepass", "of-servers", "--masterauth", "of-servers"},
       .sentinel_lines = "sentinel auth-pass cache of-servers\n"
                         "requirepass of-sentinels\nsentinel sentinel-pass of-sentinels\n"
                         "user watcher on >of-watcher ~* resetchannels -@all +auth +info +ping "
                         "+client|setname +sentinel|myid +sentinel|masters +sentinel|master "
                         "+sentinel|get-master-addr-by-name +sentinel|replicas +sentinel|slaves "
                         "+sentinel|sentinels +sentinel|ckquorum\n",
       .sentinel_password = "of-sentinels"});
  follow(set, ", username: watcher, password: of-watcher, server_password_file: '" +
                  dir_.write("server-password", "of-servers\n") + "'");
  ASSERT_TRUE(sees_all()) << daemon_->metrics() << output();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(daemon_->shows("redis_sentinel_subscribed{sentinel=\"" + set.sentinel(i).address() +
                               "\"} 0"));
  }
  set.fail_over();
  const auto agreed = Clock::now();
  EXPECT_TRUE(names_master(set.agreed())) << output();
  const std::chrono::duration<double, std::milli> late = Clock::now() - agreed;
  std::printf("without subscription: %.0f ms after two sentinels did\n", late.count());
  EXPECT_TRUE(sees_all()) << daemon_->metrics();
  for (const char* secret : {"of-servers", "of-sentinels", "of-watcher"}) {
    EXPECT_THAT(output(), Not(HasSubstr(secret)));
    EXPECT_THAT(daemon_->metrics(), Not(HasSubstr(secret)));
  }
}

TEST_F(SentinelDaemon, ShowsMastersThatAreDeadAndMastersOfTheSameName) {
  const RedisServer first;
  const RedisServer second;
  const std::string dead = "127.0.0.1:" + std::to_string(free_port());
  const auto monitor = [](const std::string& name, const std::string& address) {
    const std::size_t colon = address.find(':');
    return "sentinel monitor " + name + " " + address.substr(0, colon) + " " +
           address.substr(colon + 1) + " 1\n";
  };
  const RedisSentinel one(monitor("dead", dead) + monitor("same", first.address()) +
                          monitor("other", dead));
  const RedisSentinel another(monitor("same", second.address()));
  start("targets: [{sentinel: {urls: ['" + one.url() + "'], masters: [dead, 's?me']}}, " +
        "{sentinel: {urls: ['" + another.url() + "']}}]");
  const auto up = [](const std::string& address, const std::string& name) {
    return "redis_up{instance=\"" + address + "\",master_name=\"" + name + "\",role=\"master\"} ";
  };
  EXPECT_TRUE(daemon_->shows(up(dead, "dead") + "0")) << output();
  EXPECT_TRUE(daemon_->shows(up(first.address(), "same") + "1")) << output();
  EXPECT_TRUE(daemon_->shows(up(second.address(), "same") + "1")) << output();
  const std::string text = daemon_->metrics();
  EXPECT_EQ(series_with(text, "redis_sentinel_agreed_master", "master_name=\"same\""), 2);
  EXPECT_EQ(series_with(text, "redis_sentinel_disagreement", "master_name=\"same\""), 1);
  EXPECT_EQ(series_with(text, "redis_sentinel_agreed_master", "master_name=\"other\""), 0);
}

TEST_F(SentinelDaemon, AReplicaThatClaimsToBeMasterStaysAReplica) {
  SentinelSet set;
  follow(set);
  ASSERT_TRUE(sees_all()) << daemon_->metrics();
  Scraper scraper(*daemon_);
  EXPECT_EQ(set.server(1).command({"REPLICAOF", "NO", "ONE"}), "OK");
  const std::string of = "instance=\"" + set.server(1).address() + "\"";
  EXPECT_TRUE(eventually([&] {
    const std::string text = daemon_->metrics();
    // By its own word, and by that of the sentinels.
    return series_with(text, "redis_instance_info", of, "role=\"master\"") == 1 &&
           series_with(text, "redis_up", of, "role=\"replica\"") == 1;
  })) << daemon_->metrics();
  EXPECT_GT(scraper.finish(), 0);
  EXPECT_EQ(scraper.faults(), "");
}

}  // namespace
}  // namespace hitwatch::test
