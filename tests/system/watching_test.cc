// What watching leaves of a server: nothing that applications or its figures would notice, every
// log entry counted once, and no more rights than docs/security.md asks for.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/application.h"
#include "tests/system/harness.h"

namespace hitwatch::test {
namespace {

using Arguments = std::vector<std::string>;

// A daemon that polls when scraped: one poll for each call of metrics().
Arguments polled(const std::string& url, const Arguments& more = {}) {
  Arguments arguments = {"exporter", "--redis.addr=" + url};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

const Arguments kAllOptInFlags = {"--include-config-metrics",     "--include-system-metrics",
                                  "--include-modules-metrics",    "--export-client-list",
                                  "--export-client-port",         "--include-cluster-slot-stats",
                                  "--include-sentinel-peer-info", "--include-rdb-file-size-metric",
                                  "--append-instance-role-label", "--ping-on-connect"};

double info_field(const RedisServer& server, const std::string& section, const std::string& field) {
  const std::string info = server.command({"INFO", section});
  const std::size_t at = info.find("\n" + field + ":");
  return at == std::string::npos ? -1 : std::strtod(&info[at + field.size() + 2], nullptr);
}

// The sum over all series of a family, and of those with that label.
double sum(const std::string& exposition, const std::string& family,
           const std::string& label = "") {
  double total = 0;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(family + "{") && line.find(label) != std::string::npos) {
      total += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return total;
}

TEST(Watching, FiftyPollsAreOneConnectionAndNoErrorHitOrMiss) {
  const RedisServer server;
  server.command({"SET", "key", "value"});
  server.command({"GET", "key"});
  server.command({"GET", "missing"});
  server.command({"INCR", "key"});
  const std::string errors = server.command({"INFO", "errorstats"});
  const double connections = info_field(server, "stats", "total_connections_received");

  const Hitwatch daemon(polled(server.url(), kAllOptInFlags));
  for (int i = 0; i < 50; ++i) daemon.metrics();
  ASSERT_EQ(sample(daemon.metrics(), "redis_up{instance_role=\"master\"}"), 1);

  EXPECT_EQ(info_field(server, "stats", "total_connections_received"), connections + 2)
      << "the daemon's and the one that asks";
  EXPECT_EQ(server.command({"INFO", "errorstats"}), errors);
  EXPECT_EQ(info_field(server, "stats", "total_error_replies"), 1);
  EXPECT_EQ(info_field(server, "stats", "keyspace_hits"), 1);
  EXPECT_EQ(info_field(server, "stats", "keyspace_misses"), 1);
}

TEST(Watching, AChangedSettingIsToldByTheNextPollThoughFewAskForSettings) {
  const RedisServer server;
  const Hitwatch daemon(polled(server.url()));
  for (int clients = 100; clients < 120; ++clients) {
    for (int poll = 0; poll < 5; ++poll) daemon.metrics();
    server.command({"CONFIG", "SET", "maxclients", std::to_string(clients)});
    EXPECT_EQ(sample(daemon.metrics(), "redis_config_maxclients"), clients);
  }
  const std::string stats = server.command({"INFO", "commandstats"});
  const std::string asked = "cmdstat_config|get:calls=";
  ASSERT_NE(stats.find(asked), std::string::npos);
  EXPECT_LT(std::stoi(stats.substr(stats.find(asked) + asked.size())), 60) << "in 120 polls";
}

// Writes a key as it was when it had not been used for long, or often.
void restore(const RedisServer& server, const std::string& what, const std::string& value) {
  server.command({"SET", "key", "value"});
  const std::string content = server.command({"DUMP", "key"});
  ASSERT_EQ(server.command({"RESTORE", "key", "0", content, "REPLACE", what, value}), "OK");
}

TEST(Watching, KeysStayAsIdleAsTheyWere) {
  const RedisServer server;
  restore(server, "IDLETIME", "5000");
  const Hitwatch daemon(polled(server.url(), kAllOptInFlags));
  for (int i = 0; i < 50; ++i) daemon.metrics();
  EXPECT_GE(std::stoi(server.command({"OBJECT", "IDLETIME", "key"})), 5000);
}

TEST(Watching, KeysStayAsFrequentAsTheyWere) {
  const RedisServer server(
      {"--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0", "--lfu-log-factor", "0"});
  restore(server, "FREQ", "100");
  const Hitwatch daemon(polled(server.url(), kAllOptInFlags));
  for (int i = 0; i < 50; ++i) daemon.metrics();
  EXPECT_EQ(server.command({"OBJECT", "FREQ", "key"}), "100");
}

constexpr int kOwnEntry = 1;  // that of CONFIG SET

// Leaves `size` + kOwnEntry entries in the slow log, of which none is the daemon's.
void slow_burst(const RedisServer& server, int size) {
  std::vector<Arguments> commands = {{"CONFIG", "SET", "slowlog-log-slower-than", "0"}};
  for (int i = 0; i < size; ++i) commands.push_back({"SET", "key", "value"});
  commands.push_back({"CONFIG", "SET", "slowlog-log-slower-than", "-1"});
  Application(server.port()).pipeline(commands);
}

const Arguments kQuietLog = {"--slowlog-log-slower-than", "-1", "--slowlog-max-len", "1000"};

double slow_entries(const std::string& exposition, const std::string& label = "") {
  return sum(exposition, "redis_slowlog_entries_total", label);
}

TEST(SlowLog, EntriesCountOnceHoweverManyComeBetweenPolls) {
  const RedisServer server(kQuietLog);
  slow_burst(server, 10);
  const Hitwatch daemon(polled(server.url()));
  EXPECT_EQ(slow_entries(daemon.metrics()), 0) << "what was there before";
  slow_burst(server, 300);
  EXPECT_EQ(slow_entries(daemon.metrics(), "cmd=\"set\""), 300);
  EXPECT_EQ(slow_entries(daemon.metrics(), "cmd=\"set\""), 300);
  slow_burst(server, 600);
  slow_burst(server, 1);
  daemon.metrics();
  const std::string metrics = daemon.metrics();
  EXPECT_EQ(slow_entries(metrics, "cmd=\"set\""), 901);
  EXPECT_EQ(slow_entries(metrics, "cmd=\"config|set\""), 3 * kOwnEntry);
  EXPECT_EQ(slow_entries(metrics), 904);
  EXPECT_EQ(sample(metrics, "redis_slowlog_last_id"), 10 + 901 + 4 * kOwnEntry - 1);
}

TEST(SlowLog, EntriesThatFellOutOfItCountWithoutTheirCommand) {
  const RedisServer server({"--slowlog-log-slower-than", "-1", "--slowlog-max-len", "100"});
  const Hitwatch daemon(polled(server.url()));
  daemon.metrics();
  slow_burst(server, 500);
  const std::string metrics = daemon.metrics();
  EXPECT_EQ(slow_entries(metrics, "cmd=\"set\""), 100);
  EXPECT_EQ(slow_entries(metrics), 500 + kOwnEntry);
}

TEST(SlowLog, TotalsOutliveARestartOfTheServer) {
  RedisServer server(kQuietLog);
  const Hitwatch daemon(polled(server.url()));
  daemon.metrics();
  slow_burst(server, 200);
  EXPECT_EQ(slow_entries(daemon.metrics(), "cmd=\"set\""), 200);
  server.kill();
  EXPECT_TRUE(daemon.shows("redis_up 0"));
  server.restart();
  slow_burst(server, 20);
  EXPECT_TRUE(daemon.shows("redis_up 1"));
  EXPECT_EQ(slow_entries(daemon.metrics(), "cmd=\"set\""), 220);
  slow_burst(server, 150);
  EXPECT_EQ(slow_entries(daemon.metrics(), "cmd=\"set\""), 370);
}

TEST(SlowLog, TotalsOutliveItsReset) {
  const RedisServer server(kQuietLog);
  const Hitwatch daemon(polled(server.url()));
  daemon.metrics();
  slow_burst(server, 200);
  EXPECT_EQ(slow_entries(daemon.metrics()), 200 + kOwnEntry);
  EXPECT_EQ(sample(daemon.metrics(), "redis_slowlog_length"), 200 + kOwnEntry);
  server.command({"SLOWLOG", "RESET"});
  EXPECT_EQ(slow_entries(daemon.metrics()), 200 + kOwnEntry);
  EXPECT_EQ(sample(daemon.metrics(), "redis_slowlog_length"), 0);
  slow_burst(server, 50);
  server.command({"SLOWLOG", "RESET"});
  slow_burst(server, 5);
  EXPECT_EQ(slow_entries(daemon.metrics()), 255 + 3 * kOwnEntry) << "those reset unseen too";
}

class AclLog : public testing::Test {
 protected:
  AclLog() {
    server.command({"ACL", "SETUSER", "reader", "on", ">secret", "~mine", "&news", "+get",
                    "+subscribe", "+auth"});
  }

  void fail_to_log_in(int times) {
    const std::vector<Arguments> commands(static_cast<std::size_t>(times),
                                          {"AUTH", "reader", "wrong"});
    Application(server.port()).pipeline(commands);
  }
  void deny(const Arguments& command, int times) {
    std::vector<Arguments> commands(static_cast<std::size_t>(times), command);
    commands.insert(commands.begin(), {"AUTH", "reader", "secret"});
    Application(server.port()).pipeline(commands);
  }
  static double denied(const std::string& exposition, const std::string& reason) {
    return sample(exposition, "redis_acl_log_entries_total{reason=\"" + reason + "\"}")
        .value_or(-1);
  }

  RedisServer server;
};

TEST_F(AclLog, DenialsCountOnceByReason) {
  fail_to_log_in(7);
  const Hitwatch daemon(polled(server.url()));
  std::string metrics = daemon.metrics();
  for (const char* reason : {"auth", "command", "key", "channel"}) {
    EXPECT_EQ(denied(metrics, reason), 0) << reason;
  }
  fail_to_log_in(300);
  deny({"SET", "mine", "x"}, 4);
  deny({"GET", "theirs"}, 3);
  deny({"GET", "theirs too"}, 2);
  deny({"SUBSCRIBE", "gossip"}, 1);
  daemon.metrics();
  metrics = daemon.metrics();
  EXPECT_EQ(denied(metrics, "auth"), 300);
  EXPECT_EQ(denied(metrics, "command"), 4);
  EXPECT_EQ(denied(metrics, "key"), 5);
  EXPECT_EQ(denied(metrics, "channel"), 1);
  deny({"GET", "theirs"}, 10);
  EXPECT_EQ(denied(daemon.metrics(), "key"), 15);
}

TEST_F(AclLog, TotalsOutliveItsReset) {
  const Hitwatch daemon(polled(server.url()));
  daemon.metrics();
  fail_to_log_in(20);
  EXPECT_EQ(denied(daemon.metrics(), "auth"), 20);
  server.command({"ACL", "LOG", "RESET"});
  fail_to_log_in(3);
  EXPECT_EQ(denied(daemon.metrics(), "auth"), 23);
  EXPECT_EQ(denied(daemon.metrics(), "auth"), 23);
}

TEST_F(AclLog, TotalsOutliveARestartOfTheServer) {
  const Hitwatch daemon(polled(server.url()));
  daemon.metrics();
  fail_to_log_in(20);
  EXPECT_EQ(denied(daemon.metrics(), "auth"), 20);
  server.kill();
  EXPECT_TRUE(daemon.shows("redis_up 0"));
  server.restart();
  fail_to_log_in(3);
  EXPECT_TRUE(daemon.shows("redis_up 1"));
  EXPECT_EQ(denied(daemon.metrics(), "auth"), 23);
}

// The lines that docs/security.md shows, that for servers without what looking at keys needs. With
// every opt-in, `+client|list` and `+ping` are needed too.
const Arguments kServerAcl = {"ACL",
                              "SETUSER",
                              "hitwatch",
                              "on",
                              ">secret",
                              "resetkeys",
                              "resetchannels",
                              "-@all",
                              "+client|setname",
                              "+info",
                              "+config|get",
                              "+latency|latest",
                              "+latency|histogram",
                              "+slowlog|len",
                              "+slowlog|get",
                              "+acl|log",
                              "+cluster|info"};
const Arguments kSentinelAcl = {"ACL",
                                "SETUSER",
                                "hitwatch",
                                "on",
                                ">secret",
                                "resetkeys",
                                "resetchannels",
                                "-@all",
                                "+client|setname",
                                "+info",
                                "+sentinel|masters",
                                "+sentinel|slaves",
                                "+sentinel|sentinels",
                                "+sentinel|ckquorum"};

Arguments with(Arguments acl, const Arguments& more) {
  acl.insert(acl.end(), more.begin(), more.end());
  return acl;
}

Arguments as_user(const std::string& url, const Arguments& more = {}) {
  return with(polled(url, more), {"--redis.user=hitwatch", "--redis.password=secret"});
}

void expect_nothing_refused(const Hitwatch& daemon, const RedisServer* server) {
  daemon.metrics();
  const std::string metrics = daemon.metrics();
  EXPECT_NE(metrics.find("\nredis_exporter_last_scrape_error{"), std::string::npos);
  EXPECT_EQ(sum(metrics, "redis_exporter_last_scrape_error"), 0) << metrics;
  EXPECT_EQ(metrics.find("\nredis_collector_unavailable{"), std::string::npos)
      << metrics.substr(metrics.find("\nredis_collector_unavailable{"), 200);
  if (server != nullptr) {
    EXPECT_EQ(server->command({"ACL", "LOG"}), "") << "the server denied something";
  }
}

// The commands of the line are those that were called, no fewer and no more.
void expect_all_needed(const RedisServer& server, const Arguments& acl) {
  std::istringstream lines(server.command({"INFO", "commandstats"}));
  std::set<std::string> called;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("cmdstat_")) called.insert("+" + line.substr(8, line.find(':') - 8));
  }
  for (const char* by_the_test : {"+acl|setuser", "+auth", "+cluster|addslotsrange"}) {
    called.erase(by_the_test);
  }
  std::set<std::string> allowed;
  std::ranges::copy_if(acl, std::inserter(allowed, allowed.end()),
                       [](const std::string& word) { return word.starts_with('+'); });
  EXPECT_EQ(called, allowed);
}

TEST(LeastPrivilege, TheLineForServersIsEnoughAndNoMore) {
  const RedisServer server(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())});
  ASSERT_EQ(server.command(kServerAcl), "OK");
  const Hitwatch daemon(as_user(server.url()));
  daemon.metrics();
  expect_all_needed(server, kServerAcl);
  expect_nothing_refused(daemon, &server);
}

TEST(LeastPrivilege, ServersThatAreNoClusterNeedNoMore) {
  const RedisServer server;
  ASSERT_EQ(server.command(kServerAcl), "OK");
  expect_nothing_refused(Hitwatch(as_user(server.url())), &server);
}

TEST(LeastPrivilege, TheLineIsEnoughForKeyspaceStatisticsToo) {
  const RedisServer server;
  for (int i = 0; i < 300; ++i) server.command({"SET", "cart:acme:" + std::to_string(i), "x"});
  // +randomkey is for where SCAN is refused.
  const Arguments rights = {"%R~*", "+select", "+scan", "+memory|usage", "+pttl"};
  ASSERT_EQ(server.command(with(kServerAcl, rights)), "OK");
  const TempDir dir;
  const Hitwatch daemon(
      {"run", "--config",
       dir.write("hitwatch.yaml", "targets: [{url: '" + server.url() +
                                      "', username: hitwatch, password: secret}]\n"
                                      "keys: {sample: {budget: 100%}}\n")});
  EXPECT_TRUE(daemon.shows("cache_keys_unclassified{db=\"db0\"} 300"));
  expect_nothing_refused(daemon, &server);
}

TEST(LeastPrivilege, OptInsNeedTwoCommandsMore) {
  const RedisServer server;
  ASSERT_EQ(server.command(with(kServerAcl, {"+client|list", "+ping"})), "OK");
  expect_nothing_refused(Hitwatch(as_user(server.url(), kAllOptInFlags)), &server);
}

TEST(LeastPrivilege, TheLineForSentinelsIsEnough) {
  const RedisServer master;
  const TempDir dir;
  const std::string port = std::to_string(free_port());
  const Process sentinel(
      {"redis-sentinel",
       dir.write("sentinel.conf", "port " + port + "\nbind 127.0.0.1\ndir " + dir.path() +
                                      "\nsentinel monitor cache 127.0.0.1 " +
                                      std::to_string(master.port()) + " 1\n")});
  Arguments set_user = with({"redis-cli", "-p", port}, kSentinelAcl);
  ASSERT_TRUE(eventually([&] { return run_to_end(set_user).output == "OK\n"; }))
      << sentinel.output();
  const Hitwatch daemon(as_user("redis://127.0.0.1:" + port));
  expect_nothing_refused(daemon, nullptr);
  EXPECT_EQ(sum(daemon.metrics(), "redis_sentinel_master_ckquorum_status"), 1);

  ASSERT_EQ(run_to_end(with(set_user, {"+sentinel|config", "+client|list", "+ping"})).output,
            "OK\n");
  expect_nothing_refused(Hitwatch(as_user("redis://127.0.0.1:" + port, kAllOptInFlags)), nullptr);
}

}  // namespace
}  // namespace hitwatch::test
