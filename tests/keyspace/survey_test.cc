// Surveys of real servers: what they find, what they leave behind, and what they do when servers
// refuse, forget or change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "tests/keyspace/survey_driver.h"
#include "tests/keyspace/zipf_keys.h"
#include "tests/system/harness.h"

namespace hitwatch::keyspace {
namespace {

using test::RedisServer;
using testing::HasSubstr;

// `count` keys `session:t<N>:<i>`, a tenth of all tenants' weight each, every second with a TTL of
// an hour.
constexpr const char* kFill = R"(
  for i = 0, tonumber(ARGV[1]) - 1 do
    local key = ARGV[2] .. (i % 10) .. ':' .. i
    redis.call('SET', key, string.rep('x', 20 + i % 200))
    if i % 2 == 0 then redis.call('EXPIRE', key, 3600) end
  end)";

void fill(const RedisServer& server, int count, const std::string& prefix = "session:t") {
  server.command({"EVAL", kFill, "0", std::to_string(count), prefix});
}

// Lines of INFO as numbers and texts.
std::map<std::string, std::string> info(const RedisServer& server, const std::string& section) {
  std::istringstream lines(server.command({"INFO", section}));
  std::map<std::string, std::string> fields;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto colon = line.find(':');
    if (colon != line.npos) fields[line.substr(0, colon)] = line.substr(colon + 1);
  }
  return fields;
}

TEST(Survey, OfFewKeysIsExact) {
  const RedisServer server;
  fill(server, 1000);
  server.command({"SET", "nothing known", "1"});
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->keys, 1001U);
  EXPECT_EQ(report->keys_with_ttl, 500U);
  EXPECT_EQ(report->sampled, 1001U);
  ASSERT_EQ(report->databases.size(), 1U);
  EXPECT_EQ(report->databases[0].method, Method::kFull);
  EXPECT_EQ(report->databases[0].unclassified.value, 1);
  const Group* group = find_group(*report, "session", "t3");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->keys.value, 100);
  EXPECT_EQ(group->keys.low, group->keys.high);
  ASSERT_EQ(report->unclassified_examples.size(), 1U);
  EXPECT_EQ(report->unclassified_examples[0].name, "nothing known");
}

TEST(Survey, SamplesManyKeysAndSaysHowWellItKnows) {
  const RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomCursors);
  EXPECT_GE(report->sampled, 1900U);
  EXPECT_LE(report->sampled, 2600U);
  double keys = 0;
  for (const Group& group : report->groups) {
    keys += group.keys.value;
    EXPECT_NEAR(group.keys.value, 2000, 500) << group.tenant;
    EXPECT_GT(group.keys.high, group.keys.low);
    ASSERT_TRUE(group.size_bytes);
  }
  EXPECT_NEAR(keys, 20'000, 1);
}

TEST(Survey, SizesSumToTheServersOwnFigure) {
  const RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  double sizes = 0;
  double low = 0;
  for (const Group& group : report->groups) {
    sizes += group.size_bytes->value;
    low += group.size_bytes->low;
  }
  EXPECT_NEAR(sizes, static_cast<double>(*report->used_memory_dataset), 1);
  EXPECT_LT(low, sizes);
  EXPECT_NEAR(report->calibration, sizes / report->memory_usage_bytes->value, 1e-9);
}

TEST(Survey, KeysWithoutTtlSumToTheServersOwnFigure) {
  const RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  double without = 0;
  for (const Group& group : report->groups) without += group.keys_without_ttl.value().value;
  EXPECT_NEAR(without, 10'000, 1);
  EXPECT_LE(report->ttls_read, 100U);
  EXPECT_GT(report->ttls_read, 30U);
}

TEST(Survey, FullReadsEveryKeyOfEveryDatabase) {
  const RedisServer server;
  fill(server, 20'000);
  server.command({"EVAL", "redis.call('SELECT', 3); redis.call('SET', 'cart:acme:1', 'x')", "0"});
  SurveyDriver driver(server.url());
  driver.options.full = true;
  const auto report = driver.run();
  EXPECT_TRUE(report->full);
  EXPECT_EQ(report->sampled, 20'001U);
  ASSERT_EQ(report->databases.size(), 2U);
  const Group* group = find_group(*report, "session", "t0");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(group->keys.value, 2000);
  double bytes = 0;
  for (int i = 0; i < 20'000; i += 10) {
    // By classes of size only: 20 to 219 bytes of value.
    static std::map<int, double> by_length;
    const int length = 20 + i % 200;
    if (!by_length.contains(length)) {
      by_length[length] = std::stod(
          server.command({"MEMORY", "USAGE", "session:t0:" + std::to_string(10'000 + i % 200)}));
    }
    bytes += by_length[length];
  }
  EXPECT_NEAR(group->memory_usage_bytes->value, bytes, bytes * 0.02);
  EXPECT_EQ(group->memory_usage_bytes->low, group->memory_usage_bytes->high);
  EXPECT_NE(find_group(*report, "cart", "acme", 3), nullptr);
}

TEST(Survey, IntervalsHoldTheTruthAsOftenAsTheySay) {
  const RedisServer server;
  const ZipfTruths truths = fill_with_zipf_keys(server.port(), 40'000, 200, 1);
  SurveyDriver driver(server.url());
  driver.options.full = true;
  const auto full = driver.run();
  for (const Group& group : full->groups) {
    EXPECT_EQ(group.keys.value, truths.at({group.type, group.tenant}).keys);
  }
  EXPECT_EQ(full->groups.size(), truths.size());
  std::map<std::string, Coverage> coverage;
  driver.options.full = false;
  for (int round = 0; round < 20; ++round) {
    add_coverage(*driver.run(), *full, truths, coverage);
  }
  for (const char* figure : {"all", "keys", "memory_usage", "size", "without_ttl"}) {
    EXPECT_GE(coverage[figure].share(), 0.90) << figure;
  }
  EXPECT_LE(coverage["all"].share(), 0.99);
}

TEST(Survey, OnlyDatabasesAskedFor) {
  const RedisServer server;
  fill(server, 100);
  server.command({"EVAL", "redis.call('SELECT', 3); redis.call('SET', 'cart:acme:1', 'x')", "0"});
  SurveyDriver driver(server.url());
  driver.options.databases = {3, 7};
  const auto report = driver.run();
  EXPECT_EQ(report->keys, 1U);
  ASSERT_EQ(report->databases.size(), 1U);
  EXPECT_EQ(report->databases[0].index, 3);
}

TEST(Survey, OfNothingIsComplete) {
  const RedisServer server;
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->keys, 0U);
  EXPECT_TRUE(report->groups.empty());
}

TEST(Survey, LeavesNoTraceButTheHitsThatItReports) {
  for (const std::string policy : {"allkeys-lru", "allkeys-lfu"}) {
    const RedisServer server({"--maxmemory-policy", policy});
    fill(server, 5000);
    std::this_thread::sleep_for(std::chrono::milliseconds(2100));
    const std::string word = policy == "allkeys-lru" ? "IDLETIME" : "FREQ";
    const std::vector<std::string> probes{"session:t1:1", "session:t2:2", "session:t3:4993"};
    std::vector<int> before;
    for (const std::string& key : probes) {
      before.push_back(std::stoi(server.command({"OBJECT", word, key})));
    }
    const auto stats = info(server, "stats");
    const auto errors = info(server, "errorstats");
    SurveyDriver driver(server.url());
    for (int round = 0; round < 3; ++round) {
      driver.options.full = round == 1;
      const auto report = driver.run();
      EXPECT_TRUE(report->complete);
    }
    const auto after = info(server, "stats");
    EXPECT_EQ(info(server, "errorstats"), errors);
    EXPECT_EQ(after.at("keyspace_misses"), stats.at("keyspace_misses"));
    const auto added =
        std::stoull(after.at("keyspace_hits")) - std::stoull(stats.at("keyspace_hits"));
    const auto own = driver.ledger.of_run(info(server, "server").at("run_id"));
    EXPECT_GT(added, 100U);
    EXPECT_EQ(own.hits, added);
    EXPECT_EQ(own.misses, 0U);
    EXPECT_EQ(driver.ledger.entries().at(0).lookups, added);
    for (std::size_t i = 0; i < probes.size(); ++i) {
      const int now = std::stoi(server.command({"OBJECT", word, probes[i]}));
      if (word == "IDLETIME") {
        EXPECT_GE(now, before[i]);
      } else {
        EXPECT_EQ(now, before[i]);
      }
    }
  }
}

TEST(Survey, ReadsOneTtlForEveryHundredLookupsOfTheApplications) {
  const RedisServer server;
  fill(server, 5000);
  SurveyDriver driver(server.url());
  driver.run();
  server.command({"EVAL",
                  "for i = 1, 30000 do redis.call('GET', 'session:t1:' .. (i % 500) * 10 + 1) end",
                  "0"});
  const auto report = driver.run();
  EXPECT_GT(report->ttls_read, 200U);
  EXPECT_LE(report->ttls_read, 300U);
  EXPECT_LE(driver.run()->ttls_read, 100U);
}

TEST(Survey, ReadsNoMoreThanThatWhereLookupsAreFew) {
  const RedisServer server;
  fill(server, 5000);
  SurveyDriver driver(server.url());
  driver.run();
  server.command({"EVAL",
                  "for i = 1, 2000 do redis.call('GET', 'session:t1:' .. (i % 500) * 10 + 1) end",
                  "0"});
  EXPECT_LE(driver.run()->ttls_read, 20U);
}

TEST(Survey, TenantsBeyondTheLimitAreTheSmallestAndStayTheSame) {
  const RedisServer server;
  fill_with_zipf_keys(server.port(), 10'000, 300, 1);
  SurveyDriver driver(server.url());
  driver.options.most_tenants = 20;
  std::set<std::string> tenants;
  std::set<std::string> first;
  for (int round = 0; round < 4; ++round) {
    const auto report = driver.run();
    double keys = 0;
    for (const Group& group : report->groups) {
      keys += group.keys.value;
      tenants.insert(group.tenant);
    }
    EXPECT_NEAR(keys, 10'000, 1);
    EXPECT_NE(find_group(*report, "catalog", "overflow"), nullptr);
    if (round == 0) first = tenants;
  }
  EXPECT_EQ(first.size(), 21U);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(first.contains("t" + std::to_string(i))) << i;
  EXPECT_LE(tenants.size(), 25U);
}

// Without what it knows of earlier rounds, a sample either meets the one big key or does not.
TEST(Survey, OneBigKeyNeverTakesMoreThanThereIs) {
  const RedisServer server;
  fill(server, 20'000);
  server.command({"EVAL", "redis.call('SET', 'whale:acme:1', string.rep('x', 4000000))", "0"});
  int met = 0;
  for (int round = 0; round < 60; ++round) {
    SurveyDriver driver(server.url());
    const auto report = driver.run();
    const auto dataset = static_cast<double>(*report->used_memory_dataset);
    double others = 0;
    for (const Group& group : report->groups) {
      EXPECT_LE(group.size_bytes->value, dataset);
      if (group.type == "session") others += group.size_bytes->value;
    }
    // Some 3.5 MB in truth.
    EXPECT_GE(others, 2.5e6);
    EXPECT_LE(others, 5e6);
    if (const Group* whale = find_group(*report, "whale", "acme")) {
      ++met;
      EXPECT_NEAR(whale->size_bytes->value, 4e6, 1.5e6);
    }
  }
  EXPECT_GT(met, 0);
}

TEST(Survey, BinaryAndEmptyNamesAreKeysLikeOthers) {
  const RedisServer server;
  fill(server, 10);
  server.command({"SET", "", "empty"});
  server.command({"EVAL", "redis.call('SET', 'a\\0b\\r\\n\\255', 'x')", "0"});
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->sampled, 12U);
  EXPECT_EQ(report->databases.at(0).unclassified.value, 2);
  EXPECT_EQ(report->unreadable, 0U);
}

TEST(Survey, NamesTooLongToAskAboutAreCounted) {
  const RedisServer server;
  fill(server, 10);
  server.command({"EVAL", "redis.call('SET', string.rep('k', 80 * 1024 * 1024), 'x')", "0"});
  server.command({"SETRANGE", "big:acme:1", std::to_string((512 << 20) - 1), "x"});
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->sampled, 12U);
  EXPECT_EQ(report->unreadable, 1U);
  EXPECT_TRUE(has_note(*report, "1 of 12 sampled keys could not be measured"));
  EXPECT_EQ(report->biggest.at(0).name, "big:acme:1");
  EXPECT_GE(report->biggest[0].bytes, 512ULL << 20);
  for (const KeyExample& key : report->unclassified_examples) EXPECT_LE(key.name.size(), 4096U);
}

TEST(Survey, PatternsThatMatchNothingLeaveAllUnclassified) {
  const RedisServer server;
  fill(server, 100);
  SurveyDriver driver(server.url(), {"nobody:{tenant}:*"});
  const auto report = driver.run();
  EXPECT_EQ(report->databases.at(0).unclassified.value, 100);
  ASSERT_EQ(report->groups.size(), 1U);
  EXPECT_EQ(report->groups[0].type, "unclassified");
  EXPECT_EQ(report->groups[0].tenant, "");
}

TEST(Survey, KeysWithoutTheirTenantAreFound) {
  const RedisServer server;
  server.command({"SET", "catalog::1", "x"});
  server.command({"SET", "catalog:acme:1", "x"});
  SurveyDriver driver(server.url(), {"!catalog:{tenant}:*"});
  const auto report = driver.run();
  ASSERT_EQ(report->without_tenant.size(), 1U);
  EXPECT_EQ(report->without_tenant[0].type, "catalog");
  EXPECT_EQ(report->without_tenant[0].keys.value, 1);
  ASSERT_EQ(report->tenantless_examples.size(), 1U);
  EXPECT_EQ(report->tenantless_examples[0].name, "catalog::1");
}

TEST(Survey, SpellingsOfOneConventionAreFound) {
  const RedisServer server;
  for (const char* key : {"session:1", "session:2", "sessions:1", "Session.3", "cart:1"}) {
    server.command({"SET", key, "x"});
  }
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  ASSERT_EQ(report->duplicates.size(), 1U);
  const auto& spellings = report->duplicates[0].spellings;
  ASSERT_EQ(spellings.size(), 3U);
  EXPECT_EQ(spellings[0].text, "session:");
  EXPECT_EQ(spellings[0].keys.value, 2);
}

TEST(Survey, RefusedCommandsAreLeftOutAndSaid) {
  const RedisServer server;
  fill(server, 5000);
  server.command({"ACL", "SETUSER", "watcher", "on", ">pw", "~*", "+info", "+select", "+scan"});
  SurveyDriver driver("redis://watcher:pw@" + server.address());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_TRUE(has_note(*report, "MEMORY USAGE is refused"));
  EXPECT_TRUE(has_note(*report, "PTTL is refused"));
  EXPECT_NEAR(report->groups.at(0).keys.value, 500, 200);
  EXPECT_FALSE(report->groups[0].size_bytes);
  EXPECT_FALSE(report->groups[0].keys_without_ttl);
  const std::string errors = info(server, "errorstats")["errorstat_NOPERM"];
  EXPECT_THAT(errors, HasSubstr("count="));
  EXPECT_LE(std::stoi(errors.substr(6)), 3);  // CLIENT SETNAME, MEMORY USAGE, PTTL: once each
  driver.run();
  const std::string later = info(server, "errorstats")["errorstat_NOPERM"];
  EXPECT_LE(std::stoi(later.substr(6)), 4);  // only CLIENT SETNAME again
}

TEST(Survey, RefusedSelectLeavesTheFirstDatabase) {
  const RedisServer server;
  fill(server, 100);
  server.command({"EVAL", "redis.call('SELECT', 3); redis.call('SET', 'cart:acme:1', 'x')", "0"});
  server.command({"ACL", "SETUSER", "watcher", "on", ">pw", "~*", "+info", "+client|setname",
                  "+scan", "+memory|usage", "+pttl"});
  SurveyDriver driver("redis://watcher:pw@" + server.address());
  for (int round = 0; round < 2; ++round) {
    const auto report = driver.run();
    ASSERT_EQ(report->databases.size(), 1U);
    EXPECT_EQ(report->databases[0].sampled, 100U);
    EXPECT_TRUE(has_note(*report, "db3 is left out: NOPERM"));
  }
  EXPECT_EQ(info(server, "errorstats")["errorstat_NOPERM"], "count=1");
}

TEST(Survey, RefusedScanFallsBackToRandomKeys) {
  const RedisServer server;
  fill(server, 20'000);
  server.command({"ACL", "SETUSER", "watcher", "on", ">pw", "~*", "+info", "+select", "+randomkey",
                  "+memory|usage", "+pttl"});
  SurveyDriver driver("redis://watcher:pw@" + server.address());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomKey);
  EXPECT_TRUE(has_note(*report, "SCAN is refused"));
  EXPECT_GE(report->sampled, 1900U);
  EXPECT_NEAR(find_group(*report, "session", "t1")->keys.value, 2000, 500);
  server.command({"ACL", "SETUSER", "watcher", "-randomkey"});
  SurveyDriver nothing("redis://watcher:pw@" + server.address());
  const auto errors = [&] {
    return std::stoi(info(server, "errorstats")["errorstat_NOPERM"].substr(6));
  };
  const int before = errors();
  const auto empty = nothing.run();
  EXPECT_FALSE(empty->complete);
  EXPECT_LE(errors() - before, 3);  // CLIENT SETNAME, SCAN, RANDOMKEY
  EXPECT_FALSE(nothing.run()->complete);
  EXPECT_LE(errors() - before, 4);  // CLIENT SETNAME again
  EXPECT_TRUE(has_note(*empty, "so is RANDOMKEY"));
  EXPECT_EQ(empty->keys, 20'000U);
  EXPECT_EQ(empty->sampled, 0U);
}

TEST(Survey, KeysThatTheUserMayNotReadAreCountedByName) {
  const RedisServer server;
  fill(server, 500, "session:t");
  fill(server, 500, "secret:t");
  server.command({"ACL", "SETUSER", "watcher", "on", ">pw", "~session:*", "+info", "+select",
                  "+scan", "+memory|usage", "+pttl", "+client"});
  SurveyDriver driver("redis://watcher:pw@" + server.address());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(find_group(*report, "secret", "t1")->keys.value, 50);
  EXPECT_FALSE(find_group(*report, "secret", "t1")->size_bytes);
  EXPECT_TRUE(find_group(*report, "session", "t1")->size_bytes);
  EXPECT_TRUE(has_note(*report, "may not read the keys of 10 groups"));
  EXPECT_EQ(report->unreadable, 500U);
  const auto first = info(server, "errorstats")["errorstat_NOPERM"];
  EXPECT_LE(std::stoi(first.substr(6)), 30);
  driver.run();
  EXPECT_EQ(info(server, "errorstats")["errorstat_NOPERM"], first);
}

// Pages of which nothing is to be asked come while others are still being looked at.
TEST(Survey, PagesOfKeysThatTheUserMayNotReadDisturbNoOthers) {
  const RedisServer server;
  fill(server, 20'000, "secret:t");
  fill(server, 200, "session:t");
  server.command({"ACL", "SETUSER", "watcher", "on", ">pw", "~session:*", "+info", "+select",
                  "+scan", "+memory|usage", "+pttl", "+client"});
  SurveyDriver driver("redis://watcher:pw@" + server.address());
  driver.options.full = true;
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->unreadable, 20'000U);
  EXPECT_EQ(find_group(*report, "session", "t1")->keys.value, 20);
}

TEST(Survey, FlushedMeanwhileSaysSo) {
  const RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  driver.options.budget = 0.05;
  driver.on_progress = [&](Survey&) { server.command({"FLUSHALL"}); };
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->keys, 0U);
  EXPECT_TRUE(report->groups.empty());
  EXPECT_TRUE(has_note(*report, "db0 was emptied"));
}

TEST(Survey, DoubledMeanwhileWidensItsIntervals) {
  const RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  driver.options.budget = 0.05;
  bool done = false;
  driver.on_progress = [&](Survey&) {
    if (!std::exchange(done, true)) fill(server, 20'000, "other:t");
  };
  const auto report = driver.run();
  EXPECT_TRUE(has_note(*report, "db0 went from 20000 to 40000 keys"));
  for (const Group& group : report->groups) {
    EXPECT_LE(group.keys.low, 2000) << group.type;
    EXPECT_GE(group.keys.high, 2000) << group.type;
  }
}

TEST(Survey, LostMeanwhileTellsWhatItKnows) {
  RedisServer server;
  fill(server, 20'000);
  SurveyDriver driver(server.url());
  driver.options.budget = 0.005;
  bool done = false;
  driver.on_progress = [&](Survey&) {
    if (!std::exchange(done, true)) return;
    server.kill();
  };
  const auto report = driver.run();
  EXPECT_FALSE(report->complete);
  EXPECT_TRUE(has_note(*report, "ended early: "));
  EXPECT_EQ(report->keys, 20'000U);
  EXPECT_GT(report->sampled, 0U);
  EXPECT_LT(report->sampled, 2000U);
  EXPECT_FALSE(report->groups.empty());
}

TEST(Survey, FinishedEarlyIsASampleOfWhatItWouldHaveRead) {
  const RedisServer server;
  fill(server, 50'000);
  SurveyDriver driver(server.url());
  driver.options.full = true;
  driver.options.budget = 0.05;
  int calls = 0;
  driver.on_progress = [&](Survey& survey) {
    if (++calls == 3) survey.finish_now();
  };
  const auto report = driver.run();
  EXPECT_FALSE(report->complete);
  EXPECT_FALSE(report->full);
  EXPECT_TRUE(has_note(*report, "ended before all keys were read"));
  const Group* group = find_group(*report, "session", "t1");
  ASSERT_NE(group, nullptr);
  EXPECT_LT(group->keys.low, group->keys.high);
  // Of 95 % intervals a twentieth misses; one three times as wide does not.
  const double width = group->keys.high - group->keys.low;
  EXPECT_LE(group->keys.low - width, 5000);
  EXPECT_GE(group->keys.high + width, 5000);
}

TEST(Survey, UnreachableServerIsSaid) {
  SurveyDriver driver("redis://127.0.0.1:" + std::to_string(test::free_port()));
  const auto report = driver.run();
  EXPECT_FALSE(report->complete);
  EXPECT_TRUE(report->run_id.empty());
  EXPECT_TRUE(has_note(*report, "cannot connect"));
}

TEST(Survey, IsNotBegunWithoutConsent) {
  const RedisServer server;
  fill(server, 100);
  SurveyDriver driver(server.url());
  driver.agree = false;
  const auto report = driver.run();
  EXPECT_FALSE(report->complete);
  EXPECT_EQ(report->sampled, 0U);
  EXPECT_EQ(report->keys, 100U);
}

TEST(Survey, TenantsSeenBeforeStayWithAnUpperBound) {
  const RedisServer server;
  fill(server, 20'000);
  for (int i = 0; i < 40; ++i) server.command({"SET", "rare:r" + std::to_string(i) + ":1", "x"});
  SurveyDriver driver(server.url());
  std::set<std::string> rare;
  std::shared_ptr<const Report> report;
  for (int round = 0; round < 3; ++round) {
    report = driver.run();
    for (const Group& group : report->groups) {
      if (group.type == "rare" && group.sampled > 0) rare.insert(group.tenant);
    }
  }
  for (const std::string& tenant : rare) {
    const Group* group = find_group(*report, "rare", tenant);
    ASSERT_NE(group, nullptr) << tenant;
    if (group->sampled > 0) continue;
    EXPECT_EQ(group->keys.value, 0);
    EXPECT_GE(group->keys.high, 1);
  }
}

TEST(Survey, BigKeysFoundOnceAreWeighedInEveryRound) {
  const RedisServer server;
  fill(server, 20'000);
  server.command({"EVAL", "redis.call('SET', 'whale:acme:1', string.rep('x', 20000000))", "0"});
  SurveyDriver driver(server.url());
  driver.options.full = true;
  driver.run();
  driver.options.full = false;
  const auto report = driver.run();
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomCursors);
  const Group* whale = find_group(*report, "whale", "acme");
  ASSERT_NE(whale, nullptr);
  EXPECT_EQ(whale->keys.value, 1);
  EXPECT_NEAR(whale->memory_usage_bytes->value, 2e7, 6e6);
  EXPECT_EQ(whale->memory_usage_bytes->low, whale->memory_usage_bytes->high);
}

}  // namespace
}  // namespace hitwatch::keyspace
