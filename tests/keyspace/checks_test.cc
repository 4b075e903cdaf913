// Checks of keys, counts and groups against real servers.
#include "collectors/keyspace/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/keyspace/checks_driver.h"

namespace hitwatch::keyspace {
namespace {

using namespace std::string_literals;
using test::RedisServer;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class CheckedKeys : public testing::Test {
 protected:
  // As an application would: nothing of it is in the figures that the tests compare.
  void write_every_type() {
    server.command({"SET", "text", "abc"});
    server.command({"SET", "number", "12.5"});
    server.command({"SET", "empty", ""});
    server.command({"LPUSH", "list", "a", "b", "c"});
    server.command({"SADD", "set", "a", "b"});
    server.command({"ZADD", "sorted", "1", "a"});
    server.command({"HSET", "hash", "f", "v", "g", "w"});
    server.command({"XADD", "stream", "1-0", "f", "v"});
    server.command({"PFADD", "loglog", "a"});
  }

  RedisServer server;
  ChecksDriver driver{server.url()};
};

TEST_F(CheckedKeys, HaveTheSizeThatTheirTypeHas) {
  write_every_type();
  driver.options.keys = {{0, "*"}};
  driver.run();
  EXPECT_TRUE(driver.result.complete) << testing::PrintToString(driver.result.notes);
  EXPECT_THAT(
      driver.series("key_size"),
      UnorderedElementsAre(R"(db="db0",key="text" 3)", R"(db="db0",key="number" 4)",
                           R"(db="db0",key="empty" 0)", R"(db="db0",key="list" 3)",
                           R"(db="db0",key="set" 2)", R"(db="db0",key="sorted" 1)",
                           R"(db="db0",key="hash" 2)", R"(db="db0",key="stream" 1)",
                           "db=\"db0\",key=\"loglog\" " + server.command({"STRLEN", "loglog"})));
  EXPECT_EQ(driver.value("key_memory_usage_bytes", R"(db="db0",key="list")"),
            std::stod(server.command({"MEMORY", "USAGE", "list"})));
  EXPECT_THAT(driver.series("key_value"), IsEmpty());
  EXPECT_THAT(driver.series("key_value_as_string"), IsEmpty());
}

TEST_F(CheckedKeys, RaiseNoErrorsAndEveryLookupIsInTheLedger) {
  write_every_type();
  driver.options.keys = {{0, "*"}, {0, "list"}, {3, "x*"}};
  driver.options.single_keys = {{0, "text"}, {0, "gone"}, {7, "gone"}, {0, "text"}};
  driver.options.streams = {{0, "*"}};
  driver.options.single_streams = {{0, "gone"}, {0, "list"}};
  driver.options.count = {{0, "*"}};
  driver.options.groups = {"^(.)"};
  driver.options.values = true;
  const std::uint64_t before = lookups_of(server);
  const std::string run_id = server.command({"INFO", "server"});
  driver.run();
  driver.run();
  EXPECT_EQ(errors_of(server), 0U);
  EXPECT_EQ(driver.lookups(), lookups_of(server) - before);
  const std::size_t at = run_id.find("run_id:") + 7;
  EXPECT_EQ(driver.ledger.of_run(run_id.substr(at, 40)).misses,
            static_cast<std::uint64_t>(info_number(server, "keyspace_misses")));
}

TEST_F(CheckedKeys, ThatDoNotExistHaveSizeZeroIfTheyAreNamed) {
  driver.options.single_keys = {{0, "gone"}, {5, "gone"}};
  driver.options.keys = {{0, "also-gone"}, {0, "nothing*"}};
  driver.run();
  EXPECT_TRUE(driver.result.complete);
  EXPECT_THAT(driver.series("key_size"),
              ElementsAre(R"(db="db0",key="also-gone" 0)", R"(db="db0",key="gone" 0)",
                          R"(db="db5",key="gone" 0)"));
  EXPECT_THAT(driver.series("key_memory_usage_bytes"), IsEmpty());
}

TEST_F(CheckedKeys, OfADatabaseThatDoesNotExistHaveNoSize) {
  driver.options.single_keys = {{12345, "zz"}, {5, "gone"}};
  driver.options.keys = {{12345, "yy"}};
  driver.options.count = {{12345, "zz*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db5",key="gone" 0)"));
  EXPECT_THAT(driver.series("keys_count"), IsEmpty());
  EXPECT_TRUE(driver.has_note("3 selectors are left out: SELECT of their database fails"));
  EXPECT_FALSE(driver.result.complete);
  driver.run();
  EXPECT_TRUE(driver.has_note("3 selectors are left out: SELECT of their database fails"));
  EXPECT_EQ(errors_of(server), 1U) << "asked once";
}

TEST_F(CheckedKeys, AreFoundInTheirDatabases) {
  server.command({"SET", "a", "1"});
  server.command({"MOVE", "a", "4"});
  server.command({"SET", "a", "22"});
  driver.options.keys = {{4, "a*"}, {0, "a*"}, {1, "a*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"),
              ElementsAre(R"(db="db0",key="a" 2)", R"(db="db4",key="a" 1)"));
}

TEST_F(CheckedKeys, ShowValuesOnlyIfTheyAreAskedFor) {
  write_every_type();
  server.command({"SET", "long", std::string(4095, 'x') + "\xc3\xa4"});
  server.command({"SET", "huge", std::string((1 << 20) + 1, 'x')});
  server.command({"SET", "infinite", "+Inf"});
  server.command({"SET", "hexadecimal", "0x10"});
  driver.options.keys = {{0, "*"}};
  driver.options.values = true;
  driver.run();
  EXPECT_THAT(driver.series("key_value"),
              ElementsAre(R"(db="db0",key="infinite" inf)", R"(db="db0",key="number" 12.5)"));
  EXPECT_THAT(
      driver.series("key_value_as_string"),
      ElementsAre(R"(db="db0",key="empty",val="" 1)", R"(db="db0",key="hexadecimal",val="0x10" 1)",
                  "db=\"db0\",key=\"long\",val=\"" + std::string(4095, 'x') + "\" 1",
                  R"(db="db0",key="text",val="abc" 1)"));
  EXPECT_TRUE(driver.has_note("1 values are longer than 4096 bytes"));
  EXPECT_TRUE(driver.has_note("1 values are longer than 1 MiB"));
  EXPECT_FALSE(driver.result.complete);
}

TEST_F(CheckedKeys, MayHaveNamesOfAnyBytes) {
  server.command({"SET", "", "1"});
  server.command({"SET", "a\0b"s, "1"});
  server.command({"SET", "\xff", "1"});
  server.command({"SET", "\xfe", "1"});
  server.command({"SET", std::string(5000, 'n'), "1"});
  server.command({"SET", std::string(100'000, 'n'), "1"});
  driver.options.keys = {{0, "*"}};
  driver.options.count = {{0, "*"}};
  driver.options.groups = {"^(n)"};
  driver.run();
  EXPECT_THAT(driver.series("key_size"),
              UnorderedElementsAre(R"(db="db0",key="" 1)", "db=\"db0\",key=\"a\0b\" 1"s,
                                   R"(db="db0",key="\\xff" 1)", R"(db="db0",key="\\xfe" 1)"));
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="*")"), 6);
  EXPECT_EQ(driver.value("key_group_count", R"(db="db0",key_group="unclassified")"), 6);
  EXPECT_TRUE(driver.has_note("2 keys have names of more than 4096 bytes"));
  EXPECT_TRUE(driver.has_note("does not say the memory of 1 keys"));
}

TEST_F(CheckedKeys, AreLookedAtUpToABound) {
  server.command({"DEBUG", "POPULATE", "10"});
  server.command({"EVAL", "for i=1,10500 do redis.call('SET', 'k:'..i, i) end", "0"});
  driver.options.keys = {{0, "k:*"}};
  driver.options.count = {{0, "k:*"}};
  driver.run();
  EXPECT_EQ(driver.series("key_size").size(), 10'000U);
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="k:*")"), 10'500);
  EXPECT_TRUE(driver.has_note("1 selectors match more than 10,000 keys"));
}

TEST_F(CheckedKeys, AreCountedOnceWhileTheTablesAreResized) {
  server.command({"EVAL", "for i=1,30000 do redis.call('SET', 'k:'..i, i) end", "0"});
  server.command({"EVAL", "for i=1,29000 do redis.call('DEL', 'k:'..i) end", "0"});
  driver.options.count = {{0, "k:*"}};
  driver.options.scan_count = 10;
  driver.run();
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="k:*")"), 1000);
}

TEST_F(CheckedKeys, OfAServerThatIsDownAreNotShown) {
  server.kill();
  driver.options.single_keys = {{0, "a"}};
  driver.run();
  EXPECT_EQ(driver.result.snapshot, nullptr);
  EXPECT_FALSE(driver.result.complete);
  EXPECT_TRUE(driver.has_note("the server was not asked"));
}

TEST_F(CheckedKeys, OfAServerThatDiesMeanwhileAreShownAsFarAsTheyAreKnown) {
  server.command({"SET", "a", "1"});
  server.command({"EVAL", "for i=1,50000 do redis.call('SET', 'k:'..i, i) end", "0"});
  driver.options.single_keys = {{0, "a"}};
  driver.options.count = {{0, "*"}};
  driver.options.scan_count = 1;
  bool done = false;
  driver.checks().start([&](CheckResult got) {
    driver.result = std::move(got);
    done = true;
  });
  while (info_number(server, "cmdstat_scan") < 0 && !done) {
    driver.loop.run_for(std::chrono::milliseconds(10));
  }
  server.kill();
  while (!done) driver.loop.run_one_for(std::chrono::milliseconds(100));
  EXPECT_EQ(driver.value("key_size", R"(db="db0",key="a")"), 1);
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="*")"), std::nullopt);
  EXPECT_TRUE(driver.has_note("the connection was lost"));
  EXPECT_FALSE(driver.result.complete);
}

TEST_F(CheckedKeys, MayBeForgottenAtAnyMoment) {
  server.command({"EVAL", "for i=1,5000 do redis.call('SET', 'k:'..i, i) end", "0"});
  for (int moment = 0; moment < 60; ++moment) {
    ChecksDriver one(server.url());
    one.options.keys = {{0, "k:1*"}};
    one.options.groups = {"^(k)"};
    one.options.scan_count = 100;
    bool done = false;
    one.checks().start([&](const CheckResult&) { done = true; });
    for (int i = 0; i < moment; ++i) one.loop.run_one_for(std::chrono::milliseconds(1));
    if (moment % 2 == 0) one.checks().cancel();
    if (moment % 2 == 0 && !done) {
      one.loop.run_for(std::chrono::milliseconds(5));
      EXPECT_FALSE(done);
    }
  }
}

TEST_F(CheckedKeys, KeepTheirIdleTimes) {
  server.command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  write_every_type();
  driver.options.keys = {{0, "*"}};
  driver.options.streams = {{0, "stream"}};
  driver.options.values = true;
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_EQ(driver.series("key_memory_usage_bytes").size(), 9U);
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="*")"), 9);
  if (info_number(server, "redis_version") < 7.2) {
    EXPECT_THAT(driver.series("key_size"), IsEmpty());
    EXPECT_THAT(driver.series("stream_length"), IsEmpty());
    EXPECT_EQ(info_number(server, "cmdstat_strlen"), -1);
    EXPECT_EQ(info_number(server, "cmdstat_get"), -1);
    EXPECT_TRUE(driver.has_note("would keep it from being evicted"));
    EXPECT_FALSE(driver.result.complete);
  } else {
    EXPECT_EQ(driver.series("key_size").size(), 9U);
  }
}

TEST_F(CheckedKeys, AreLookedAtWhereEvictionDoesNotAskWhatWasUsed) {
  server.command({"SET", "a", "1", "EX", "1000"});
  driver.options.single_keys = {{0, "a"}};
  for (const char* policy : {"noeviction", "allkeys-random", "volatile-random", "volatile-ttl"}) {
    server.command({"CONFIG", "SET", "maxmemory-policy", policy});
    driver.run();
    EXPECT_EQ(driver.value("key_size", R"(db="db0",key="a")"), 1) << policy;
  }
}

TEST_F(CheckedKeys, MasterIsNotAskedIfOnlyReplicasShouldBe) {
  server.command({"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
  server.command({"SET", "a", "1"});
  driver.options.single_keys = {{0, "a"}};
  driver.options.on_masters = false;
  driver.run();
  ASSERT_NE(driver.result.snapshot, nullptr);
  EXPECT_THAT(driver.result.snapshot->samples, IsEmpty());
  EXPECT_TRUE(driver.has_note("only replicas are asked"));
  EXPECT_EQ(driver.lookups(), 0U);
  EXPECT_TRUE(driver.result.complete);

  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(server.port()),
                             "--maxmemory-policy", "allkeys-lru"});
  ASSERT_TRUE(test::eventually([&] { return replica.command({"DBSIZE"}) == "1"; }));
  ChecksDriver other(replica.url());
  other.options = driver.options;
  other.run();
  EXPECT_EQ(other.value("key_size", R"(db="db0",key="a")"), 1);
}

class CheckedGroups : public CheckedKeys {};

TEST_F(CheckedGroups, HoldEveryKeyOfEveryDatabase) {
  write_every_type();
  for (const char* key : {"user:1", "user:2", "item:1"}) server.command({"SET", key, "x"});
  server.command({"SET", "user:9", "x"});
  server.command({"MOVE", "user:9", "2"});
  driver.options.groups = {"^(user):", "^(item):"};
  driver.run();
  EXPECT_TRUE(driver.result.complete);
  EXPECT_THAT(
      driver.series("key_group_count"),
      ElementsAre(R"(db="db0",key_group="item" 1)", R"(db="db0",key_group="unclassified" 9)",
                  R"(db="db0",key_group="user" 2)", R"(db="db2",key_group="user" 1)"));
  EXPECT_EQ(driver.value("key_group_memory_usage_bytes", R"(db="db0",key_group="user")"),
            2 * std::stod(server.command({"MEMORY", "USAGE", "user:1"})));
  EXPECT_THAT(driver.series("number_of_distinct_key_groups"),
              ElementsAre(R"(db="db0" 3)", R"(db="db2" 1)"));
  EXPECT_GT(driver.value("last_key_groups_scrape_duration_milliseconds"), 0);
  EXPECT_EQ(driver.lookups(), 0U);
}

TEST_F(CheckedGroups, OfAFlushedDatabaseAreNone) {
  server.command({"SET", "user:1", "x"});
  server.command({"MOVE", "user:1", "2"});
  driver.options.groups = {"^(user):"};
  driver.run();
  server.command({"FLUSHALL"});
  driver.run();
  EXPECT_THAT(driver.series("key_group_count"), IsEmpty());
  EXPECT_THAT(driver.series("number_of_distinct_key_groups"),
              ElementsAre(R"(db="db0" 0)", R"(db="db2" 0)"));
}

TEST_F(CheckedGroups, BeyondTheBoundOverflow) {
  for (int i = 0; i < 20; ++i) {
    server.command({"SET", "g" + std::to_string(i) + ":x", std::string(100U * i, 'x')});
  }
  driver.options.groups = {"^(g%d+):"};
  driver.options.max_groups = 3;
  driver.run();
  EXPECT_EQ(driver.series("key_group_count").size(), 4U);
  EXPECT_EQ(driver.value("key_group_count", R"(db="db0",key_group="overflow")"), 17);
  EXPECT_EQ(driver.value("key_group_count", R"(db="db0",key_group="g19")"), 1);
  EXPECT_EQ(driver.value("number_of_distinct_key_groups", R"(db="db0")"), 20);
}

TEST_F(CheckedGroups, OfPatternsThatTakeForeverAreGivenUp) {
  for (int i = 0; i < 150; ++i) {
    server.command({"SET", std::string(1000, 'a') + std::to_string(i), "x"});
  }
  driver.options.groups = {"(.-)(.-)(.-)(.-)(.-)(.-)(.-)x$"};
  driver.options.count = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_group_count"), IsEmpty());
  EXPECT_TRUE(driver.has_note("matching their patterns takes too much work"));
  EXPECT_EQ(driver.value("keys_count", R"(db="db0",key="*")"), 150);
}

TEST_F(CheckedGroups, FaultyPatternsAreLeftOutAndSaid) {
  server.command({"SET", "user:1", "x"});
  driver.options.groups = {"(user", "^(user)"};
  driver.run();
  EXPECT_THAT(driver.series("key_group_count"), ElementsAre(R"(db="db0",key_group="user" 1)"));
  EXPECT_TRUE(driver.has_note("'(user' is left out: a '(' without its ')'"));
}

class LimitedUser : public CheckedKeys {
 protected:
  void limit(std::vector<std::string> rules) {
    std::vector<std::string> command = {"ACL", "SETUSER", "watcher",        "reset",
                                        "on",  ">secret", "+client|setname"};
    command.insert(command.end(), rules.begin(), rules.end());
    ASSERT_EQ(server.command(command), "OK");
    driver.target.username = "watcher";
    driver.target.password = {.literal = "secret", .file = "", .environment = ""};
  }
};

TEST_F(LimitedUser, WhatIsRefusedIsAskedOnceAndSaid) {
  write_every_type();
  limit({"+info", "+scan", "+select", "+type", "+llen", "~*"});
  driver.options.keys = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="list" 3)"));
  EXPECT_THAT(driver.series("key_memory_usage_bytes"), IsEmpty());
  EXPECT_TRUE(
      driver.has_note("the server refuses us MEMORY USAGE, STRLEN, SCARD, ZCARD, HLEN, XLEN"));
  const std::uint64_t errors = errors_of(server);
  driver.run();
  EXPECT_EQ(errors_of(server), errors);
  EXPECT_TRUE(driver.has_note("the server refuses us"));
  EXPECT_EQ(driver.lookups(), lookups_of(server));
}

TEST_F(LimitedUser, KeysThatAreNotOursAreAskedOnceAndSaid) {
  server.command({"SET", "mine:1", "x"});
  server.command({"SET", "yours:1", "x"});
  limit({"+@all", "~mine:*"});
  driver.options.keys = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="mine:1" 1)"));
  EXPECT_TRUE(driver.has_note("commands about keys that we may not read"));
  const std::uint64_t errors = errors_of(server);
  driver.run();
  EXPECT_EQ(errors_of(server), errors);
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="mine:1" 1)"));
}

TEST_F(LimitedUser, DeniedKeysRaiseABoundedNumberOfErrors) {
  server.command({"EVAL", "for i=1,5000 do redis.call('SET', 'yours:'..i, i) end", "0"});
  limit({"+@all", "~mine:*"});
  driver.options.groups = {"^(yours)"};
  driver.run();
  EXPECT_EQ(driver.value("key_group_count", R"(db="db0",key_group="yours")"), 5000);
  EXPECT_THAT(driver.series("key_group_memory_usage_bytes"), IsEmpty());
  EXPECT_LE(errors_of(server), 1100U);
}

TEST_F(LimitedUser, OtherDatabasesMayBeRefused) {
  server.command({"SET", "a", "1"});
  server.command({"MOVE", "a", "4"});
  server.command({"SET", "a", "22"});
  limit({"+@all", "-select", "~*"});
  driver.options.keys = {{4, "a*"}, {0, "a*"}};
  driver.options.count = {{4, "a*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="a" 2)"));
  EXPECT_THAT(driver.series("keys_count"), IsEmpty());
  EXPECT_TRUE(driver.has_note("the server refuses us SELECT"));
}

TEST_F(LimitedUser, WithoutInfoNothingThatCouldTouchIsSent) {
  write_every_type();
  limit({"+@all", "-info", "~*"});
  driver.options.keys = {{0, "*"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), IsEmpty());
  EXPECT_EQ(driver.series("key_memory_usage_bytes").size(), 9U);
}

TEST(CheckedCluster, HasOneDatabase) {
  const RedisServer node(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(test::free_port())});
  ChecksDriver driver(node.url());
  driver.options.single_keys = {{2, "bar"}};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), IsEmpty());
  EXPECT_TRUE(driver.has_note("1 selectors are left out: SELECT of their database fails"));
}

TEST(CheckedCluster, ANodeIsAskedAboutItsOwnKeysOnly) {
  const RedisServer one(
      {"--cluster-enabled", "yes", "--cluster-port", std::to_string(test::free_port())});
  one.command({"CLUSTER", "ADDSLOTSRANGE", "0", "12000"});
  one.command({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
  ASSERT_TRUE(test::eventually([&] {
    return one.command({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
  }));
  one.command({"SET", "bar", "1"});  // slot 5061
  const std::uint64_t errors = errors_of(one);
  ChecksDriver driver(one.url());
  driver.options.single_keys = {{0, "foo"}, {0, "bar"}, {0, "{foo}x"}};  // foo: slot 12182
  driver.options.keys = {{0, "b*"}};
  driver.options.groups = {"^(b)"};
  driver.run();
  EXPECT_THAT(driver.series("key_size"), ElementsAre(R"(db="db0",key="bar" 1)"));
  EXPECT_THAT(driver.series("key_group_count"), ElementsAre(R"(db="db0",key_group="b" 1)"));
  EXPECT_TRUE(driver.has_note("2 keys belong to other nodes"));
  EXPECT_TRUE(driver.result.complete);
  EXPECT_EQ(errors_of(one), errors);
}

}  // namespace
}  // namespace hitwatch::keyspace
