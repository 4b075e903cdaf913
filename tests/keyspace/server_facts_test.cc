// What matters of the INFO of real servers.
#include "collectors/keyspace/server_facts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace hitwatch::keyspace {
namespace {

ServerFacts facts_of(const std::string& server) {
  const auto tests = std::filesystem::path(HITWATCH_TEST_DATA).parent_path().parent_path();
  std::ifstream file(tests / "redis/data" / server / "info-everything.txt");
  EXPECT_TRUE(file) << server;
  return read_facts(std::string(std::istreambuf_iterator<char>(file), {}));
}

TEST(ServerFacts, OfANewClusterSayThatEachSlotHasATable) {
  EXPECT_TRUE(facts_of("redis-7.4.1-cluster").table_per_slot);
  EXPECT_TRUE(facts_of("valkey-8.0.1-cluster").table_per_slot);
  for (const char* server : {"redis-6.2.16", "redis-7.0.15", "redis-7.2.6", "redis-7.4.1",
                             "redis-8.0-m01", "valkey-8.0.1", "keydb-6.3.4"}) {
    EXPECT_FALSE(facts_of(server).table_per_slot) << server;
  }
}

TEST(ServerFacts, OldClustersHaveOneTable) {
  EXPECT_FALSE(read_facts("redis_version:7.2.6\r\ncluster_enabled:1\r\n").table_per_slot);
  EXPECT_TRUE(read_facts("redis_version:7.3.240\r\ncluster_enabled:1\r\n").table_per_slot);
  // Valkey says 7.2.4 for the sake of clients; 7.2 is what it was made of.
  EXPECT_FALSE(read_facts("redis_version:7.2.4\r\nvalkey_version:7.2.8\r\ncluster_enabled:1\r\n")
                   .table_per_slot);
  EXPECT_TRUE(read_facts("redis_version:7.2.4\r\nvalkey_version:8.0.1\r\ncluster_enabled:1\r\n")
                  .table_per_slot);
}

TEST(ServerFacts, OfASentinelSayThatItHoldsNoKeys) {
  const ServerFacts facts = facts_of("redis-7.0.15-sentinel");
  EXPECT_TRUE(facts.sentinel);
  EXPECT_TRUE(facts.databases.empty());
  EXPECT_FALSE(facts_of("redis-7.0.15").sentinel);
  // As Valkey has it.
  EXPECT_TRUE(read_facts("server_mode:sentinel\r\n").sentinel);
}

TEST(ServerFacts, OfEveryServerNameItsRunAndItsRole) {
  for (const char* server : {"redis-6.2.16", "redis-7.0.15", "redis-7.2.6", "redis-7.4.1",
                             "redis-8.0-m01", "valkey-8.0.1", "keydb-6.3.4"}) {
    const ServerFacts facts = facts_of(server);
    EXPECT_EQ(facts.run_id.size(), 40U) << server;
    EXPECT_EQ(facts.role, "master") << server;
    EXPECT_TRUE(facts.used_memory_dataset) << server;
    EXPECT_GT(facts.uptime_seconds, 0) << server;
    EXPECT_FALSE(facts.loading) << server;
  }
}

TEST(ServerFacts, AddUpLookupsAndListDatabasesWithKeys) {
  const ServerFacts facts = read_facts(
      "# Stats\r\nkeyspace_hits:30\r\nkeyspace_misses:12\r\ninstantaneous_ops_per_sec:7\r\n"
      "loading:1\r\n# Keyspace\r\n"
      "db0:keys=18446744073709551615,expires=3,avg_ttl=0\r\n"
      "db3:keys=0,expires=0\r\n"
      "db15:keys=5,expires=5,avg_ttl=9,subexpiry=0\r\n"
      "db:keys=1\r\ndb_x:keys=1\r\ndb99999999999:keys=4,expires=0\r\n");
  EXPECT_EQ(facts.lookups, 42);
  EXPECT_EQ(facts.operations_per_second, 7);
  EXPECT_TRUE(facts.loading);
  ASSERT_EQ(facts.databases.size(), 2U);
  EXPECT_EQ(facts.databases[0].index, 0);
  EXPECT_EQ(facts.databases[0].keys, 18446744073709551615U);
  EXPECT_EQ(facts.databases[0].expires, 3U);
  EXPECT_EQ(facts.databases[1].index, 15);
  EXPECT_EQ(facts.databases[1].expires, 5U);
}

TEST(ServerFacts, OfNothingAreNone) {
  for (const char* info : {"", "\r\n\r\n", "nonsense", ":::\r\n", "db0:\r\n", "db0:keys=x\r\n"}) {
    const ServerFacts facts = read_facts(info);
    EXPECT_TRUE(facts.databases.empty()) << info;
    EXPECT_FALSE(facts.used_memory_dataset);
    EXPECT_EQ(facts.lookups, 0);
  }
}

}  // namespace
}  // namespace hitwatch::keyspace
