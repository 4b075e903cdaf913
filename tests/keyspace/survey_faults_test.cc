// Surveys of servers behind proxies that know nothing of SCAN, and of keys that do not hold still.
// Each ends in a report that says what it could not know.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "tests/keyspace/redis_proxy.h"
#include "tests/keyspace/survey_driver.h"
#include "tests/system/harness.h"

namespace hitwatch::keyspace {
namespace {

using test::RedisServer;
using Words = RedisProxy::Words;
using Reply = std::optional<std::string>;

// For commands during which a test changes very much.
constexpr std::chrono::seconds kLong{30};

// `count` keys, evenly of ten tenants, in a database; every second with a TTL.
void fill_database(const RedisServer& server, int count, const std::string& prefix = "session:t",
                   int database = 0) {
  constexpr const char* kScript = R"(
    redis.call('SELECT', ARGV[3])
    for i = 0, tonumber(ARGV[1]) - 1 do
      local key = ARGV[2] .. (i % 10) .. ':' .. i
      redis.call('SET', key, string.rep('x', 20 + i % 200))
      if i % 20 < 10 then redis.call('EXPIRE', key, 3600) end
    end)";
  server.command({"EVAL", kScript, "0", std::to_string(count), prefix, std::to_string(database)});
}

// What a sample of the keys that fill_database() makes has to say. The standard deviation of a
// tenant's keys is 6.5 %; a half is never reached by chance.
void expect_even_tenants(const Report& report, double keys) {
  for (int i = 0; i < 10; ++i) {
    const Group* group = find_group(report, "session", "t" + std::to_string(i));
    ASSERT_NE(group, nullptr) << i;
    EXPECT_NEAR(group->keys.value, keys / 10, keys / 20) << i;
  }
}

bool is_scan(const Words& words) { return words.front() == "SCAN"; }

TEST(SurveyFaults, ProxyThatRefusesMadeUpCursorsIsScannedFromRoundToRound) {
  const RedisServer server;
  fill_database(server, 20'000);
  std::atomic<int> refused = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    // A table of 32,768 buckets: cursors past that were never given.
    if (!is_scan(words) || std::stoull(words[1]) < 32'768) return std::nullopt;
    ++refused;
    return error_reply("ERR invalid cursor");
  });
  SurveyDriver driver(proxy.url());
  std::set<std::string> seen;
  for (int round = 0; round < 3; ++round) {
    const auto report = driver.run();
    EXPECT_TRUE(report->complete);
    EXPECT_EQ(report->databases.at(0).method, Method::kRollingScan);
    EXPECT_EQ(has_note(*report, "made-up cursors are refused (ERR invalid cursor)"), round == 0);
    expect_even_tenants(*report, 20'000);
    // What came first last time does not come again.
    EXPECT_TRUE(seen.insert(report->biggest.at(0).name).second);
  }
  EXPECT_EQ(refused, 1);
}

TEST(SurveyFaults, ProxyThatForgetsCursorsIsScannedFromTheBeginning) {
  const RedisServer server;
  fill_database(server, 20'000);
  bool fresh = true;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (words.front() == "INFO") fresh = true;
    if (!is_scan(words)) return std::nullopt;
    if (fresh && words[1] != "0") return error_reply("ERR invalid cursor");
    fresh = false;
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  for (int round = 0; round < 3; ++round) {
    const auto report = driver.run();
    EXPECT_TRUE(report->complete);
    EXPECT_EQ(report->databases.at(0).method, Method::kRollingScan);
    EXPECT_GE(report->sampled, 1900U);
    expect_even_tenants(*report, 20'000);
  }
}

TEST(SurveyFaults, ProxyThatHangsUpOnMadeUpCursorsIsScannedTheNextTime) {
  const RedisServer server;
  fill_database(server, 20'000);
  RedisProxy proxy(server, [](const Words& words) -> Reply {
    if (is_scan(words) && std::stoull(words[1]) >= 32'768) return std::string(RedisProxy::kHangUp);
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  const auto first = driver.run();
  EXPECT_FALSE(first->complete);
  EXPECT_TRUE(has_note(*first, "ended early"));
  const auto second = driver.run();
  EXPECT_TRUE(second->complete);
  EXPECT_EQ(second->databases.at(0).method, Method::kRollingScan);
  expect_even_tenants(*second, 20'000);
}

TEST(SurveyFaults, ProxyThatIgnoresCursorsIsNotBelieved) {
  const RedisServer server;
  fill_database(server, 20'000);
  RedisProxy proxy(server, [](Words& words) -> Reply {
    if (is_scan(words)) words[1] = "0";
    return std::nullopt;
  });
  for (const bool full : {false, true}) {
    SurveyDriver driver(proxy.url());
    driver.options.full = full;
    const auto report = driver.run();
    EXPECT_TRUE(report->complete);
    EXPECT_FALSE(report->full);
    EXPECT_EQ(report->databases.at(0).method, Method::kRandomKey);
    EXPECT_TRUE(has_note(*report, "keys are chosen by random keys"));
    expect_even_tenants(*report, 20'000);
    // Nor what it said before it was found out.
    EXPECT_LE(report->sampled, 2000U);
  }
}

TEST(SurveyFaults, ProxyThatEndsEveryScanAtOnceIsNotBelieved) {
  const RedisServer server;
  fill_database(server, 20'000);
  RedisProxy proxy(server, [](const Words& words) -> Reply {
    if (!is_scan(words)) return std::nullopt;
    return scan_reply("0", {"session:t1:1", "session:t1:11", "session:t1:21"});
  });
  SurveyDriver driver(proxy.url());
  const auto sample = driver.run();
  EXPECT_EQ(sample->databases.at(0).method, Method::kRandomKey);
  expect_even_tenants(*sample, 20'000);
  SurveyDriver another(proxy.url());
  another.options.full = true;
  const auto full = another.run();
  EXPECT_FALSE(full->full);
  EXPECT_TRUE(has_note(*full, "SCAN told of 3 of the 20000 keys of db0"));
  EXPECT_FALSE(has_note(*full, "during the round"));
  const Group* group = find_group(*full, "session", "t1");
  ASSERT_NE(group, nullptr);
  EXPECT_LT(group->keys.low, group->keys.high);
}

TEST(SurveyFaults, ServerThatIsBusyWithAScriptIsAskedAgainNextTime) {
  const RedisServer server;
  fill_database(server, 20'000);
  std::atomic<bool> busy = true;
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (!is_scan(words) || !busy || ++scans < 5) return std::nullopt;
    return error_reply(
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or "
        "SHUTDOWN NOSAVE.");
  });
  SurveyDriver driver(proxy.url());
  const auto first = driver.run();
  EXPECT_FALSE(first->complete);
  EXPECT_TRUE(has_note(*first, "BUSY"));
  EXPECT_GT(first->sampled, 0U);
  busy = false;
  const auto second = driver.run();
  EXPECT_TRUE(second->complete);
  EXPECT_EQ(second->databases.at(0).method, Method::kRandomCursors);
}

TEST(SurveyFaults, ClusterWithATablePerSlotIsSampledByRandomKeys) {
  const RedisServer server;
  fill_database(server, 20'000);
  RedisProxy proxy(server, nullptr);
  proxy.in_info("cluster_enabled:0", "cluster_enabled:1");
  proxy.in_info("redis_version:7.0.15", "redis_version:7.4.0");
  SurveyDriver driver(proxy.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomKey);
  EXPECT_EQ(report->sampled, 2000U);
  EXPECT_EQ(proxy.commands("SCAN"), 0);
  expect_even_tenants(*report, 20'000);
}

TEST(SurveyFaults, KeysThatVanishBeforeTheLookAreLeftOut) {
  const RedisServer server;
  fill_database(server, 1000);
  int asked = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (words.front() == "MEMORY" && ++asked % 4 == 0) server.command({"DEL", words[2]});
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->vanished, 250U);
  EXPECT_EQ(report->sampled, 750U);
  EXPECT_EQ(report->keys, 750U);
  const auto own = driver.ledger.of_run(report->run_id);
  EXPECT_EQ(own.hits, report->ttls_read);
  EXPECT_EQ(own.misses, report->ttl_misses);
  EXPECT_LE(report->ttls_read + report->ttl_misses, 100U);
  EXPECT_GT(report->ttl_misses, 0U);
  const std::string stats = server.command({"INFO", "stats"});
  EXPECT_NE(stats.find(fmt::format("keyspace_hits:{}\r", own.hits)), stats.npos) << stats;
  EXPECT_NE(stats.find(fmt::format("keyspace_misses:{}\r", own.misses)), stats.npos) << stats;
}

TEST(SurveyFaults, KeysThatExpireInTheMidstAreNoFault) {
  const RedisServer server;
  fill_database(server, 2000);
  server.command(
      {"EVAL", "for i = 1, 2000 do redis.call('SET', 'brief:t1:' .. i, 'x', 'PX', i) end", "0"});
  SurveyDriver driver(server.url());
  driver.options.full = true;
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  expect_even_tenants(*report, 2000);
}

TEST(SurveyFaults, FlushedServerIsSampledAgainWhenItHasKeys) {
  const RedisServer server;
  fill_database(server, 20'000);
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 5) server.command({"FLUSHALL"});
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  const auto flushed = driver.run();
  EXPECT_TRUE(has_note(*flushed, "db0 was emptied"));
  EXPECT_TRUE(driver.run()->complete);
  fill_database(server, 20'000);
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomCursors);
  EXPECT_TRUE(report->notes.empty()) << report->notes.front();
  expect_even_tenants(*report, 20'000);
}

TEST(SurveyFaults, DatabaseThatCameToBeDuringTheRoundIsSaid) {
  const RedisServer server;
  fill_database(server, 1000);
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 2) fill_database(server, 500, "cart:t", 4);
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  driver.options.full = true;
  const auto report = driver.run();
  EXPECT_TRUE(has_note(*report, "db4"));
  EXPECT_FALSE(report->full);
  EXPECT_EQ(report->databases.size(), 1U);
}

TEST(SurveyFaults, PromotedReplicaIsReadToTheEnd) {
  const RedisServer master({"--repl-diskless-sync-delay", "0"});
  fill_database(master, 20'000);
  const RedisServer replica({"--replicaof", "127.0.0.1 " + std::to_string(master.port())});
  ASSERT_TRUE(test::eventually([&] {
    return replica.command({"DBSIZE"}) == "20000" &&
           replica.command({"INFO", "replication"}).find("link_status:up") != std::string::npos;
  }));
  std::atomic<int> scans = 0;
  RedisProxy proxy(replica, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 5) replica.command({"REPLICAOF", "NO", "ONE"});
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  expect_even_tenants(*report, 20'000);
  EXPECT_EQ(driver.run()->role, "master");
}

TEST(SurveyFaults, MasterThatBecomesAReplicaIsCounted) {
  const RedisServer other({"--repl-diskless-sync-delay", "0"});
  fill_database(other, 5000);
  const RedisServer server;
  fill_database(server, 20'000);
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 5) {
      server.command({"REPLICAOF", "127.0.0.1", std::to_string(other.port())});
      test::eventually([&] { return server.command({"DBSIZE"}) == "5000"; });
    }
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  driver.options.session.timeout = kLong;
  const auto report = driver.run();
  EXPECT_TRUE(has_note(*report, "db0 went from 20000 to 5000 keys"));
  const Group* group = find_group(*report, "session", "t1");
  ASSERT_NE(group, nullptr);
  EXPECT_LE(group->keys.low, 500);
  EXPECT_GE(group->keys.high, 500);
  EXPECT_LE(group->keys.high, 5000);
  const auto next = driver.run();
  EXPECT_TRUE(next->complete);
  expect_even_tenants(*next, 5000);
}

TEST(SurveyFaults, RestartedServerIsAskedAfreshNextTime) {
  RedisServer server;
  fill_database(server, 20'000);
  std::atomic<int> scans = 0;
  std::atomic<bool> restarted = false;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (!is_scan(words) || restarted) return std::nullopt;
    ++scans;
    return error_reply("NOPERM this user has no permissions to run the 'scan' command");
  });
  SurveyDriver driver(proxy.url());
  EXPECT_EQ(driver.run()->databases.at(0).method, Method::kRandomKey);
  EXPECT_EQ(driver.run()->databases.at(0).method, Method::kRandomKey);
  EXPECT_EQ(scans, 1);
  std::atomic<bool> killed = false;
  driver.on_progress = [&](Survey&) {
    if (!killed.exchange(true)) server.kill();
  };
  const auto lost = driver.run();
  EXPECT_FALSE(lost->complete);
  EXPECT_TRUE(has_note(*lost, "ended early"));
  server.restart();
  restarted = true;
  fill_database(server, 20'000);
  driver.on_progress = nullptr;
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_NE(report->run_id, lost->run_id);
  EXPECT_EQ(report->databases.at(0).method, Method::kRandomCursors);
}

// Keys that are there all the time are all found, however often the table changes its size.
void expect_all_found(const RedisServer& server, const std::function<void()>& change) {
  fill_database(server, 10'000, "kept:t");
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 40) change();
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  driver.options.session.timeout = kLong;
  driver.options.full = true;
  const auto report = driver.run();
  EXPECT_TRUE(report->complete);
  EXPECT_TRUE(has_note(*report, "keys during the round"));
  for (int i = 0; i < 10; ++i) {
    const Group* group = find_group(*report, "kept", "t" + std::to_string(i));
    ASSERT_NE(group, nullptr) << i;
    EXPECT_GE(group->sampled, 1000U) << i;
    EXPECT_LE(group->keys.low, 1000) << i;
    EXPECT_GE(group->keys.high, 1000) << i;
  }
}

TEST(SurveyFaults, FullScanOfAGrowingTableMissesNoKeyThatStays) {
  const RedisServer server;
  expect_all_found(server, [&] { fill_database(server, 90'000, "new:t"); });
}

TEST(SurveyFaults, FullScanOfAShrinkingTableMissesNoKeyThatStays) {
  const RedisServer server;
  fill_database(server, 90'000, "gone:t");
  expect_all_found(server, [&] {
    server.command({"EVAL",
                    "for i = 0, 89999 do redis.call('DEL', 'gone:t' .. (i % 10) .. ':' .. i) end",
                    "0"});
  });
}

TEST(SurveyFaults, SampleOfAShrinkingTableSaysWhatIsLeft) {
  const RedisServer server;
  fill_database(server, 50'000);
  std::atomic<int> scans = 0;
  RedisProxy proxy(server, [&](const Words& words) -> Reply {
    if (is_scan(words) && ++scans == 20) {
      server.command({"EVAL",
                      "for i = 500, 49999 do redis.call('DEL', 'session:t' .. (i % 10) .. ':' .. "
                      "i) end",
                      "0"});
    }
    return std::nullopt;
  });
  SurveyDriver driver(proxy.url());
  const auto report = driver.run();
  EXPECT_EQ(report->keys, 500U);
  EXPECT_TRUE(has_note(*report, "db0 went from 50000 to 500 keys"));
  double all = 0;
  for (const Group& group : report->groups) all += group.keys.value;
  EXPECT_NEAR(all, 500, 1);
}

TEST(SurveyFaults, SixteenDatabasesOfAFewKeysAreAllRead) {
  const RedisServer server;
  for (int i = 0; i < 16; ++i) fill_database(server, 3 + i, "session:t", i);
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  ASSERT_EQ(report->databases.size(), 16U);
  EXPECT_EQ(report->sampled, 168U);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(report->databases[static_cast<std::size_t>(i)].index, i);
    EXPECT_EQ(report->databases[static_cast<std::size_t>(i)].sampled, 3U + i);
    EXPECT_EQ(find_group(*report, "session", "t0", i)->keys.value, i < 8 ? 1 : 2);
  }
}

TEST(SurveyFaults, KeysThatAreAllInTheLastDatabaseAreSampledThere) {
  const RedisServer server;
  fill_database(server, 20'000, "session:t", 15);
  SurveyDriver driver(server.url());
  const auto report = driver.run();
  ASSERT_EQ(report->databases.size(), 1U);
  EXPECT_EQ(report->databases[0].index, 15);
  EXPECT_EQ(report->databases[0].method, Method::kRandomCursors);
  EXPECT_NEAR(find_group(*report, "session", "t1", 15)->keys.value, 2000, 500);
}

}  // namespace
}  // namespace hitwatch::keyspace
