// Managed services: what docs/managed.md says to write, and servers that refuse what the services
// do. Only the addresses are others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "tests/system/daemon_fixture.h"
#include "tests/system/managed_server.h"

namespace hitwatch::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kPassword = "a-long-access-key";
// What lets in whoever has the password and no user.
const std::vector<std::string> kAccessKey = {"--requirepass", kPassword};

class ManagedTest : public DaemonTest {
 protected:
  // The configuration of the documentation, with `address` at the place of `documented_address`,
  // wherever it stands.
  void watch(const ManagedServer& server, std::string configuration,
             const std::string& documented_address, const std::string& address) {
    ASSERT_THAT(configuration, HasSubstr(documented_address));
    for (auto at = configuration.find(documented_address); at != configuration.npos;
         at = configuration.find(documented_address, at + address.size())) {
      configuration.replace(at, documented_address.size(), address);
    }
    dir_.write("redis-password", kPassword + "\n");
    if (configuration.find("\npoll:") == configuration.npos) {
      configuration += "poll: {interval: 250ms, timeout: 250ms}\n";
    }
    if (configuration.find("\nkeys:") == configuration.npos) {
      configuration += "keys: {sample: {interval: 1s}}\n";
    }
    // The services' own authority is one that systems trust, or a file.
    std::filesystem::copy_file(server.ca_file(), dir_.path("ca.crt"));
    daemon_ = std::make_unique<Hitwatch>(
        std::vector<std::string>{"run", "--config", dir_.write("hitwatch.yaml", configuration)},
        Process::Environment{{"SSL_CERT_FILE", server.ca_file()}});
  }

  static void fill(const ManagedServer& server) {
    server.command({"SET", "catalog:1", "x"});
    server.command({"SET", "catalog:2", "x"});
    server.command({"GET", "catalog:1"});
    server.command({"GET", "catalog:1"});
    server.command({"GET", "catalog:2"});
    server.command({"GET", "catalog:3"});
  }

  // `name{…}` of one series, "" if there is none.
  std::string series(const std::string& name, const std::string& with = "") const {
    const std::string text = daemon_->metrics();
    const std::regex line("(?:^|\n)(" + name + "(?:\\{[^}\n]*" + with + "[^}\n]*\\})?) ");
    std::smatch found;
    return std::regex_search(text, found, line) ? found[1].str() : "";
  }
  double value(const std::string& name, const std::string& with = "") const {
    return sample(daemon_->metrics(), series(name, with)).value_or(-1);
  }

  // What there must be whatever is refused: the server is up, its keys are counted, its hits and
  // misses are those of the application.
  void expect_figures() const {
    EXPECT_TRUE(eventually([this] { return value("redis_up") == 1; }))
        << daemon_->process().output();
    EXPECT_EQ(value("redis_db_keys", "db=\"db0\""), 2) << daemon_->metrics();
    EXPECT_GT(value("redis_memory_used_bytes"), 0);
    // Our own looks at keys are not among them.
    EXPECT_TRUE(eventually([this] {
      const auto health = nlohmann::json::parse(daemon_->get("/health/cache").body, nullptr, false);
      return health.is_object() && health.value("hits", 0) == 3 && health.value("misses", 0) == 1 &&
             health.value("hitRate", "") == "75.00%";
    })) << daemon_->get("/health/cache").body;
    EXPECT_THAT(daemon_->process().output(), Not(HasSubstr(kPassword)));
  }

  std::set<std::string> unavailable() const {
    std::set<std::string> names;
    const std::string text = daemon_->metrics();
    const std::regex line("\nredis_collector_unavailable\\{[^}\n]*collector=\"([a-z_]+)\"");
    for (std::sregex_iterator found(text.begin(), text.end(), line), end; found != end; ++found) {
      names.insert((*found)[1].str());
    }
    return names;
  }

  // That what is refused is asked once for each connection, not with every poll.
  void expect_no_more_errors(const ManagedServer& server) const {
    const auto errors_grow = [&] {
      const double scrapes = value("redis_exporter_scrapes_total");
      const double errors = server.info("total_error_replies");
      EXPECT_TRUE(eventually([&] { return value("redis_exporter_scrapes_total") >= scrapes + 8; }));
      return server.info("total_error_replies") > errors;
    };
    // Other connections than those of polls may be new in the first of these times.
    EXPECT_TRUE(!errors_grow() || !errors_grow() || !errors_grow())
        << server.command({"INFO", "errorstats"}) << server.command({"INFO", "commandstats"});
  }
};

// Amazon's list of restricted commands.
const std::vector<std::string> kElastiCacheRefuses =
    unknown_commands({"BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "REPLICAOF", "SAVE",
                      "SLAVEOF", "SHUTDOWN", "SYNC"});

std::vector<std::string> operator+(std::vector<std::string> one,
                                   const std::vector<std::string>& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

// The user of docs/security.md, and nobody else.
std::vector<std::string> with_user(const std::vector<std::string>& arguments) {
  return arguments +
         user("hitwatch on >" + kPassword +
              " resetkeys %R~* resetchannels -@all +client|setname +info +latency|latest "
              "+latency|histogram +slowlog|len +slowlog|get +acl|log +cluster|info +cluster|shards "
              "+cluster|slots +cluster|nodes +select +scan +randomkey +memory|usage +pttl") +
         user("default off");
}

std::vector<std::string> with_key(const std::vector<std::string>& arguments) {
  return arguments + kAccessKey;
}

// Whoever has the password may do all but this.
std::vector<std::string> without(const std::string& rules) {
  return user("default on >" + kPassword + " ~* &* +@all " + rules);
}

TEST_F(ManagedTest, ElastiCacheNodesOfAReplicationGroup) {
  const ManagedServer server({.arguments = with_user(kElastiCacheRefuses)});
  fill(server);
  // One of the two: each server has its own authority.
  std::string configuration = documented("ElastiCache", 0);
  const auto second = configuration.find("  - url: rediss://shop-002");
  ASSERT_NE(second, configuration.npos);
  configuration.erase(second, configuration.find("credentials:") - second);
  const std::string pattern = "rediss://*.cache.amazonaws.com:6379";
  const auto at = configuration.find(pattern);
  ASSERT_NE(at, configuration.npos);
  configuration.replace(at, pattern.size(), "rediss://localhost:*");
  watch(server, configuration, "shop-001.shop.a1b2c3.euw1.cache.amazonaws.com:6379",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(unavailable(), ElementsAre("config"));
  expect_no_more_errors(server);
}

TEST_F(ManagedTest, ElastiCacheConfigurationEndpoint) {
  const ManagedServer server(
      {.arguments = with_user(kElastiCacheRefuses), .announced_host = "localhost"});
  fill(server);
  watch(server, documented("ElastiCache", 1),
        "clustercfg.orders.a1b2c3.euw1.cache.amazonaws.com:6379",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(series("redis_up"),
              testing::AllOf(HasSubstr("cluster=\"orders\""), HasSubstr("role=\"master\""),
                             HasSubstr("instance=\"localhost:")));
  EXPECT_THAT(unavailable(), ElementsAre("config"));
  expect_no_more_errors(server);
}

// Microsoft's list.
const std::vector<std::string> kAzureRefuses = unknown_commands(
    {"BGREWRITEAOF", "BGSAVE", "CONFIG", "DEBUG", "MIGRATE", "SAVE", "SHUTDOWN", "SLAVEOF"});

TEST_F(ManagedTest, AzureCache) {
  const ManagedServer server({.arguments = with_key(kAzureRefuses)});
  fill(server);
  watch(server, documented("Azure Cache for Redis", 0), "shop.redis.cache.windows.net:6380",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(unavailable(), ElementsAre("config"));
  expect_no_more_errors(server);
}

// A node is named by its address, and the certificate has another name.
TEST_F(ManagedTest, AzureCacheWithNodesAtTheirOwnPorts) {
  ManagedServer::Service service{.certificate_for = "orders.redis.cache.windows.net",
                                 .arguments = with_key(kAzureRefuses),
                                 .announced_host = "127.0.0.1"};
  const ManagedServer server(service);
  fill(server);
  watch(server, documented("Azure Cache for Redis", 1), "orders.redis.cache.windows.net:6380",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(series("redis_up"), HasSubstr("instance=\"127.0.0.1:"));
  EXPECT_THAT(unavailable(), ElementsAre("config"));
  expect_no_more_errors(server);
}

TEST_F(ManagedTest, AzureManagedRedisBehindItsProxy) {
  ManagedServer::Service service;
  // Redis' list: what manages users, and the cluster.
  service.arguments = without(
      "-acl -config -debug -cluster -replicaof "
      "-slaveof -shutdown -save -bgsave -migrate");
  const ManagedServer server(service);
  fill(server);
  watch(server, documented("Azure Managed Redis", 0), "shop.westeurope.redis.azure.net:10000",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(unavailable(), ElementsAre("acl_log", "config"));
  expect_no_more_errors(server);
}

// Without CLUSTER SHARDS, which not every service of this kind has.
TEST_F(ManagedTest, AzureManagedRedisWithItsNodes) {
  ManagedServer::Service service{.certificate_for = "orders.westeurope.redis.azure.net",
                                 .announced_host = "127.0.0.1"};
  service.arguments = without(
      "-acl -config -debug -cluster +cluster|info "
      "+cluster|slots +cluster|nodes");
  const ManagedServer server(service);
  fill(server);
  watch(server, documented("Azure Managed Redis", 1), "orders.westeurope.redis.azure.net:10000",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(series("redis_up"), HasSubstr("cluster=\"orders\""));
  EXPECT_THAT(unavailable(), ElementsAre("acl_log", "config"));
  expect_no_more_errors(server);
}

TEST_F(ManagedTest, Memorystore) {
  const ManagedServer server(
      {.certificate_for = "127.0.0.1",
       .arguments = with_key(unknown_commands(
           {"BGREWRITEAOF", "BGSAVE", "CLUSTER", "COMMAND", "CONFIG", "DEBUG", "LASTSAVE",
            "MIGRATE", "MONITOR", "OBJECT", "REPLICAOF", "SAVE", "SHUTDOWN", "ACL"}))});
  fill(server);
  watch(server, documented("Memorystore"), "10.0.0.3:6378",
        "127.0.0.1:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(unavailable(), ElementsAre("acl_log", "config"));
  expect_no_more_errors(server);
}

TEST_F(ManagedTest, MemorystoreForRedisCluster) {
  ManagedServer::Service service{.certificate_for = "127.0.0.1", .announced_host = "127.0.0.1"};
  service.arguments = without(
      "-acl -config +config|help -debug -cluster "
      "+cluster|info +cluster|shards +cluster|slots +cluster|nodes");
  const ManagedServer server(service);
  fill(server);
  watch(server, documented("Memorystore for Redis Cluster"), "10.0.0.4:6379",
        "127.0.0.1:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(series("redis_up"), HasSubstr("cluster=\"orders\""));
  EXPECT_THAT(unavailable(), ElementsAre("acl_log", "config"));
  expect_no_more_errors(server);
}

TEST_F(ManagedTest, Upstash) {
  const ManagedServer server(
      {.arguments = with_key(unknown_commands({"SLOWLOG", "LATENCY", "MEMORY", "DEBUG", "OBJECT"})),
       .announced_host = ""});
  fill(server);
  std::string configuration = documented("Upstash");
  const auto at = configuration.find("interval: 1m");
  ASSERT_NE(at, configuration.npos);
  configuration.replace(at, 12, "interval: 250ms");
  watch(server, configuration, "shop-12345.upstash.io:6379",
        "localhost:" + std::to_string(server.port()));
  expect_figures();
  EXPECT_THAT(unavailable(), ElementsAre("latency", "latency_histogram", "slowlog"));
  expect_no_more_errors(server);
}

}  // namespace
}  // namespace hitwatch::test
