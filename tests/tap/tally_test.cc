// What a tally makes of exchanges.
#include "collectors/tap/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/tap/allocations.h"
#include "tests/tap/scripted_exchange.h"

namespace hitwatch::tap::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<keys::Rule> two_rules() {
  return {rule("catalog:{tenant}:*", "catalog"), rule("session:{id}", "session")};
}

struct Counted {
  explicit Counted(std::vector<keys::Rule> rules)
      : store(rules, {}, lookups::Clock::time_point(std::chrono::hours(1))),
        tally(std::move(rules), &store) {}

  void take(std::string_view name, std::vector<resp::KeyUse> keys) {
    tally.exchange(ScriptedExchange(name, std::move(keys)).get());
  }
  Report report() {
    tally.flush();
    Report report;
    tally.report(report);
    return report;
  }
  std::string text() {
    tally.flush();
    std::string out;
    store.write(out, metrics::Format::kText, lookups::Buckets::kClassic);
    return out;
  }

  lookups::Store store;
  Tally tally;
};

const Row* row_of(const Report& report, std::string_view pattern) {
  const auto found = std::ranges::find(report.rows, pattern, &Row::pattern);
  return found == report.rows.end() ? nullptr : &*found;
}

TEST(Tally, EachKeyCountsUnderItsTenantAndType) {
  Counted counted(two_rules());
  counted.take("MGET", {hit("catalog:acme:1", 100), miss("catalog:acme:2"), miss("session:9")});
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_hits_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
                        "source=\"tap\"} 1\n"));
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_misses_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
                        "source=\"tap\"} 1\n"));
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_misses_total{layer=\"redis\",type=\"session\",source=\"tap\"} 1\n"));
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_bytes_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
                        "source=\"tap\",direction=\"out\"} 100\n"));
}

TEST(Tally, ACommandIsOneOfEachPatternWhoseKeysItHas) {
  Counted counted(two_rules());
  counted.take("MGET", {hit("catalog:acme:1"), miss("catalog:acme:2"), miss("session:9")});
  const Report report = counted.report();
  EXPECT_EQ(report.total.commands, 1U);
  ASSERT_NE(row_of(report, "catalog:{tenant}:*"), nullptr);
  EXPECT_EQ(row_of(report, "catalog:{tenant}:*")->figures.commands, 1U);
  EXPECT_EQ(row_of(report, "catalog:{tenant}:*")->figures.hits, 1U);
  EXPECT_EQ(row_of(report, "catalog:{tenant}:*")->figures.misses, 1U);
  EXPECT_EQ(row_of(report, "session:{id}")->figures.commands, 1U);
}

TEST(Tally, FieldsCountAtTheLevelOfDataAndKeysAtThatOfLookups) {
  Counted counted(two_rules());
  counted.take("HMGET",
               {{.key = "session:9", .hits = 1, .misses = 2, .lookup = resp::Lookup::kHit}});
  const Report report = counted.report();
  EXPECT_EQ(report.total.hits, 1U);
  EXPECT_EQ(report.total.misses, 2U);
  EXPECT_EQ(report.total.lookup_hits, 1U);
  EXPECT_EQ(report.total.lookup_misses, 0U);
}

TEST(Tally, KeysWithoutPatternAreUnclassifiedInTheStoreToo) {
  Counted counted(two_rules());
  counted.take("GET", {hit("nonsense")});
  EXPECT_EQ(counted.report().rows.front().type, "unclassified");
  EXPECT_EQ(counted.store.counters().unclassified, 1);
  EXPECT_THAT(counted.text(), HasSubstr("type=\"unclassified\",source=\"tap\"} 1\n"));
}

TEST(Tally, AMissingTenantIsCountedByTheStore) {
  Counted counted({rule("{type}:{tenant}:{id}", "", true)});
  counted.take("GET", {hit("booking::42")});
  counted.report();
  EXPECT_EQ(counted.store.counters().without_tenant, 1);
}

TEST(Tally, LatencyCountsOnceUnderTheFirstKeyWithItsOperation) {
  Counted counted(two_rules());
  ScriptedExchange exchange("MGET", {hit("session:1"), hit("catalog:acme:1")});
  exchange->latency = 2'000'000;
  counted.tally.exchange(exchange.get());
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_latency_seconds_count{layer=\"redis\",type=\"session\","
                        "operation=\"mget\",source=\"tap\"} 1\n"));
  EXPECT_THAT(counted.text(), Not(HasSubstr("cache_latency_seconds_count{layer=\"redis\","
                                            "type=\"catalog\"")));
  const Report report = counted.report();
  EXPECT_EQ(report.operations.front().operation, "MGET");
  EXPECT_EQ(report.operations.front().latencies[lookups::fine_bucket(0.002)], 1U);
}

TEST(Tally, UnknownLatenciesAreNone) {
  Counted counted(two_rules());
  counted.take("GET", {hit("session:1")});
  EXPECT_THAT(counted.text(), Not(HasSubstr("cache_latency_seconds")));
}

TEST(Tally, FailedAndRefusedCommandsAreErrorsOfTheFirstKey) {
  Counted counted(two_rules());
  for (const auto error : {resp::ReplyError::kFailed, resp::ReplyError::kRefused}) {
    ScriptedExchange exchange("INCR", {write("catalog:acme:1", 0)});
    exchange->error = error;
    counted.tally.exchange(exchange.get());
  }
  EXPECT_THAT(counted.text(),
              HasSubstr("cache_errors_total{layer=\"redis\",type=\"catalog\",tenant=\"acme\","
                        "operation=\"incr\",source=\"tap\"} 2\n"));
  const Report report = counted.report();
  EXPECT_EQ(report.total.errors, 2U);
  EXPECT_EQ(row_of(report, "catalog:{tenant}:*")->figures.errors, 2U);
}

TEST(Tally, BeingSentToAnotherNodeIsNoErrorAndNoLookup) {
  Counted counted(two_rules());
  ScriptedExchange exchange("GET", {{.key = "session:1"}});
  exchange->error = resp::ReplyError::kRedirected;
  exchange->latency = 1000;
  counted.tally.exchange(exchange.get());
  EXPECT_EQ(counted.text(), "");
  EXPECT_EQ(counted.report().total.errors, 0U);
}

TEST(Tally, ServersTellWhatTheyExecuted) {
  Counted counted(two_rules());
  counted.take("GET", {hit("session:1")});
  ScriptedExchange refused("GET", {{.key = "session:1"}});
  refused->error = resp::ReplyError::kRefused;
  refused->executed = false;
  counted.tally.exchange(refused.get());
  ScriptedExchange script("EVAL", {});
  script->has_unseen_lookups = true;
  counted.tally.exchange(script.get());
  ASSERT_EQ(counted.tally.servers().size(), 1U);
  const ServerFigures& server = counted.tally.servers().front();
  EXPECT_EQ(server.server, endpoint(1, 6379));
  EXPECT_EQ(server.figures.commands, 3U);
  EXPECT_EQ(server.executed, 2U);
  EXPECT_EQ(server.scripts, 1U);
  EXPECT_EQ(server.figures.lookup_hits, 1U);
}

TEST(Tally, ServersThatAreSilentForAnHourGiveWay) {
  Counted counted(two_rules());
  constexpr packets::Time kMinute = 60'000'000'000;
  const auto talk = [&](std::uint16_t port, packets::Time time) {
    ScriptedExchange exchange("GET", {hit("session:1")});
    exchange.peer().server.port = port;
    exchange->time = time;
    counted.tally.exchange(exchange.get());
  };
  for (std::uint16_t i = 0; i < kMaxServers; ++i)
    talk(static_cast<std::uint16_t>(1000 + i), kMinute);
  talk(5000, 2 * kMinute);
  ASSERT_EQ(counted.tally.servers().size(), kMaxServers);
  EXPECT_EQ(counted.tally.servers().front().server.port, 1000);
  talk(5000, 62 * kMinute);
  EXPECT_EQ(counted.tally.servers().size(), kMaxServers);
  EXPECT_EQ(counted.tally.servers().front().server.port, 5000);
}

TEST(Tally, NamesThatNoServerKnowsAreOneOperation) {
  Counted counted(two_rules());
  for (int i = 0; i < 600; ++i) {
    const std::string name = "NONSENSE" + std::to_string(i);
    ScriptedExchange refused(name, {});
    refused->error = resp::ReplyError::kRefused;
    counted.tally.exchange(refused.get());
  }
  counted.take("GET", {hit("session:1")});
  std::vector<std::string> names;
  for (const OperationRow& row : counted.report().operations) names.push_back(row.operation);
  EXPECT_THAT(names, testing::UnorderedElementsAre("?", "GET"));
}

TEST(Tally, OwnConnectionsCountApart) {
  Counted counted(two_rules());
  ScriptedExchange own("GET", {hit("session:1")});
  own.peer().is_ours = true;
  counted.tally.exchange(own.get());
  EXPECT_EQ(counted.text(), "");
  const Report report = counted.report();
  EXPECT_EQ(report.total.commands, 0U);
  EXPECT_TRUE(report.hot_keys.empty());
  EXPECT_TRUE(report.clients.empty());
  ASSERT_EQ(report.counters.servers.size(), 1U);
  EXPECT_EQ(report.counters.servers[0].own.lookup_hits, 1U);
  EXPECT_EQ(report.counters.servers[0].figures.commands, 0U);
  EXPECT_EQ(report.counters.servers[0].executed, 1U);
}

TEST(Tally, ClientsAreTheirAddressAndLibrary) {
  Counted counted(two_rules());
  counted.take("GET", {hit("session:1")});
  ScriptedExchange other("GET", {hit("session:1")});
  other.peer().library = "redis-py";
  other->request_bytes = 30;
  counted.tally.exchange(other.get());
  counted.tally.exchange(other.get());
  const Report report = counted.report();
  ASSERT_EQ(report.clients.size(), 2U);
  EXPECT_EQ(report.clients[0].library, "redis-py");
  EXPECT_EQ(report.clients[0].address, "10.0.0.2");
  EXPECT_EQ(report.clients[0].figures.bytes_in, 60U);
  EXPECT_EQ(report.clients[1].library, "ioredis");
}

TEST(Tally, ManyClientsOperationsAndServersAreBounded) {
  Counted counted(two_rules());
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::string name = "CMD" + std::to_string(i);
    ScriptedExchange exchange(name, {});
    exchange.peer().client.address.bytes[13] = static_cast<std::uint8_t>(i >> 8U);
    exchange.peer().client.address.bytes[14] = static_cast<std::uint8_t>(i);
    exchange.peer().server.port = static_cast<std::uint16_t>(i + 1);
    counted.tally.exchange(exchange.get());
  }
  const Report report = counted.report();
  EXPECT_EQ(report.total.commands, 3000U);
  ASSERT_EQ(report.clients.size(), kMaxClients + 1);
  EXPECT_EQ(report.clients.front().address, "overflow");
  EXPECT_EQ(report.clients.front().figures.commands, 3000 - kMaxClients);
  ASSERT_EQ(report.operations.size(), kMaxOperations + 1);
  EXPECT_EQ(report.operations.front().operation, "overflow");
  EXPECT_EQ(report.counters.servers.size(), kMaxServers);
}

TEST(Tally, HotKeysAndTenantsComeFirst) {
  Counted counted(two_rules());
  for (int i = 0; i < 50; ++i) counted.take("GET", {hit("catalog:acme:1")});
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "catalog:t" + std::to_string(i) + ":1";
    counted.take("GET", {hit(key)});
    if (i % 20 == 0) counted.take("GET", {hit("catalog:acme:1")});
  }
  const Report report = counted.report();
  ASSERT_EQ(report.hot_keys.size(), kMaxHeavy);
  EXPECT_EQ(report.hot_keys.front().name, "catalog:acme:1");
  EXPECT_GE(report.hot_keys.front().count, 300U);
  EXPECT_LE(report.hot_keys.front().count - report.hot_keys.front().error, 300U);
  EXPECT_EQ(report.hot_tenants.front().name, "acme");
}

TEST(Tally, BigValuesNameKeyAndOperation) {
  Counted counted(two_rules());
  counted.take("GET", {hit("session:1", 5000)});
  counted.take("SET", {write("session:2", 9000)});
  const Report report = counted.report();
  ASSERT_EQ(report.big_values.size(), 2U);
  EXPECT_EQ(report.big_values[0].key, "session:2");
  EXPECT_EQ(report.big_values[0].operation, "SET");
  EXPECT_EQ(report.big_values[0].bytes, 9000U);
}

TEST(Tally, NewRulesKeepTheFiguresOfThoseThatStay) {
  Counted counted(two_rules());
  counted.take("GET", {hit("session:1")});
  counted.take("GET", {hit("catalog:acme:1")});
  counted.tally.configure({rule("cart:{id}", "cart"), rule("session:{id}", "session")});
  counted.take("GET", {hit("session:1")});
  const Report report = counted.report();
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].pattern, "session:{id}");
  EXPECT_EQ(report.rows[0].figures.hits, 2U);
}

// Others write expositions from the same store: the lock is free after a batch without a flush.
TEST(Tally, TheStoresLockIsGivenBackAfterABatch) {
  Counted counted(two_rules());
  for (std::size_t i = 0; i < 256; ++i) counted.take("GET", {hit("session:1")});
  EXPECT_EQ(counted.store.counters().tenants, 0U);
}

TEST(Tally, WorksWithoutAStore) {
  Tally tally(two_rules(), nullptr);
  tally.exchange(ScriptedExchange("GET", {hit("session:1")}).get());
  tally.flush();
  Report report;
  tally.report(report);
  EXPECT_EQ(report.total.hits, 1U);
}

TEST(Tally, ExamplesOfKeysAreFewAndShort) {
  Counted counted(two_rules());
  for (int i = 0; i < 10; ++i) {
    counted.take("GET", {hit("session:" + std::to_string(i) + std::string(500, 'x'))});
  }
  const Report report = counted.report();
  ASSERT_EQ(report.rows[0].examples.size(), 3U);
  EXPECT_EQ(report.rows[0].examples[0].size(), 128U);
}

class TallySteadyState : public testing::TestWithParam<bool> {};

// With patterns and without, the same keys again and new ones.
TEST_P(TallySteadyState, AllocatesNothing) {
  Counted counted(GetParam() ? two_rules() : std::vector<keys::Rule>{});
  std::vector<std::string> keys;
  for (int i = 0; i < 40'000; ++i) {
    keys.push_back("catalog:" + std::to_string(i % 90) + ":" + std::to_string(1'000'000 + i));
  }
  const auto take = [&](std::size_t begin, std::size_t end) {
    const std::vector<resp::KeyUse> none;
    ScriptedExchange exchange("GET", {hit("session:1")});
    exchange->latency = 30'000;
    const std::uint64_t before = allocations();
    for (std::size_t i = begin; i < end; ++i) {
      const resp::KeyUse use = hit(keys[i], 1 + i % 977);
      exchange->keys = {&use, 1};
      counted.tally.exchange(exchange.get());
    }
    return allocations() - before;
  };
  EXPECT_GT(take(0, 20'000), 0U);
  EXPECT_EQ(take(20'000, 40'000), 0U);
}

INSTANTIATE_TEST_SUITE_P(Tally, TallySteadyState, testing::Bool());

}  // namespace
}  // namespace hitwatch::tap::test
