// The rounds of looking at keys, against real servers: which of them is asked, whose figures they
// are, and what becomes of figures when servers, options or targets go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/keyspace.h"
#include "tests/daemon/span_queries.h"
#include "tests/keys/rules.h"
#include "tests/system/harness.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::shared_ptr<WatchedTarget> watch(const std::string& url, const std::string& alias = "") {
  redis::Target target = config::target_from_url(url).value();
  target.alias = alias;
  return std::make_shared<WatchedTarget>(std::move(target));
}

void fill(const test::RedisServer& server, int keys, const std::string& prefix = "session:") {
  const std::string script =
      "for i = 1, tonumber(ARGV[1]) do "
      "redis.call('SET', ARGV[2] .. i, 'value', 'EX', 1000) end";
  server.command({"EVAL", script, "0", std::to_string(keys), prefix});
}

// A master that does not wait for further replicas before it serves the first.
std::unique_ptr<test::RedisServer> make_master(int keys) {
  auto master = std::make_unique<test::RedisServer>(
      std::vector<std::string>{"--repl-diskless-sync-delay", "0"});
  fill(*master, keys);
  return master;
}

// A replica of `master` that is in step with it.
std::unique_ptr<test::RedisServer> replica_of(const test::RedisServer& master,
                                              std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.end(), {"--replicaof", "127.0.0.1", std::to_string(master.port())});
  auto replica = std::make_unique<test::RedisServer>(std::move(arguments));
  EXPECT_TRUE(test::eventually([&] {
    return replica->command({"INFO", "replication"}).find("master_link_status:up") !=
               std::string::npos &&
           master.command({"INFO", "replication"}).find("state=online") != std::string::npos;
  }));
  return replica;
}

// How often clients have called a command.
bool was_asked(const test::RedisServer& server, const std::string& command) {
  const std::string stats = server.command({"INFO", "commandstats"});
  return stats.find("cmdstat_" + command + ":") != std::string::npos;
}

class KeyspaceService : public testing::Test {
 protected:
  KeyspaceService() {
    config.keys.sample.interval = 100ms;
    config.keys.sample.budget = 1;
    config.poll.timeout = 2s;
    config.keys.patterns = keys::test::rules({"session:{id}"});
  }

  void update() { service->update(targets, config); }
  std::shared_ptr<WatchedTarget> add(const std::string& url, const std::string& alias = "") {
    targets.push_back(watch(url, alias));
    return targets.back();
  }
  static std::shared_ptr<const keyspace::Report> report_of(
      const std::shared_ptr<WatchedTarget>& watched) {
    return watched->latest_keyspace().report;
  }
  // Waits for a report that `fits`.
  template <typename Fits>
  static bool reports(const std::shared_ptr<WatchedTarget>& watched, Fits fits) {
    return test::eventually([&] {
      const auto report = report_of(watched);
      return report != nullptr && fits(*report);
    });
  }
  static bool reports_anew(const std::shared_ptr<WatchedTarget>& watched) {
    const auto former = report_of(watched);
    return test::eventually([&] { return report_of(watched) != former; });
  }
  static bool reports_nothing(const std::shared_ptr<WatchedTarget>& watched) {
    return test::eventually([&] {
      const KeyspaceResult latest = watched->latest_keyspace();
      return latest.report == nullptr && latest.sampled == nullptr;
    });
  }

  metrics::FamilyRegistry registry;
  redis::Families families{registry, "redis"};
  redis::ProbeLedger ledger;
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  test::TakenSpans taken{
      {.kind = trace::SamplerKind::kAlwaysOn}};  // the service records to the end
  config::Config config;
  WatchedTargets targets;
  std::unique_ptr<Keyspace> service =
      std::make_unique<Keyspace>(families, ledger, log, taken.tracer);
};

TEST_F(KeyspaceService, ReportsTheKeysOfEachTarget) {
  const test::RedisServer first;
  const test::RedisServer second;
  fill(first, 300);
  const auto full = add(first.url(), "full");
  const auto empty = add(second.url(), "empty");
  update();
  ASSERT_TRUE(reports(full, [](const auto& report) { return report.keys == 300; }));
  ASSERT_TRUE(reports(empty, [](const auto& report) { return report.complete; }));
  EXPECT_EQ(report_of(empty)->keys, 0U);
  EXPECT_EQ(report_of(full)->groups.at(0).type, "session");
  EXPECT_NE(full->latest_keyspace().sampled, nullptr);
  EXPECT_TRUE(reports_anew(full)) << "round after round";
}

TEST_F(KeyspaceService, ARoundIsASpan) {
  const test::RedisServer server;
  fill(server, 30);
  add(server.url(), "full");
  config.keys.check.count = {{.database = 0, .text = "session:*"}};
  update();
  std::vector<trace::Span> made;
  const auto has = [&](std::string_view name) {
    return std::ranges::find(made, name, &trace::Span::name) != made.end();
  };
  ASSERT_TRUE(test::eventually([&] {
    std::ranges::move(taken.take(), std::back_inserter(made));
    return has("sample keys") && has("check keys");
  }));
  const trace::Span& sample = *std::ranges::find(made, "sample keys", &trace::Span::name);
  EXPECT_EQ(test::attribute(sample, "hitwatch.target"), "full");
  EXPECT_EQ(test::attribute(sample, "hitwatch.keyspace.sampled"), "30");
  EXPECT_EQ(sample.status, trace::Status::kUnset);
  EXPECT_GT(sample.end, sample.start);
}

TEST_F(KeyspaceService, ARoundThatFailedIsASpanInAnyCase) {
  taken.sample({.healthy_polls = 0});
  add("redis://127.0.0.1:1", "nobody");
  update();
  std::vector<trace::Span> made;
  ASSERT_TRUE(test::eventually([&] {
    made = taken.take();
    return !made.empty();
  }));
  EXPECT_EQ(made.front().name, "sample keys");
  EXPECT_EQ(made.front().status, trace::Status::kError);
  EXPECT_EQ(test::attribute(made.front(), "error.type"), "failed");
}

TEST_F(KeyspaceService, LooksOnlyAtTheDatabasesOfTheTarget) {
  const test::RedisServer server;
  fill(server, 10);
  redis::Target target = config::target_from_url(server.url()).value();
  target.databases = {3};
  const auto watched = std::make_shared<WatchedTarget>(target);
  targets.push_back(watched);
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.complete; }));
  EXPECT_EQ(report_of(watched)->keys, 0U);
}

TEST_F(KeyspaceService, SamplesAnAnnouncedReplicaInPlaceOfItsMaster) {
  const auto master = make_master(100);
  const auto replica = replica_of(*master);
  const auto watched = add(master->url(), "catalog");
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_EQ(report_of(watched)->server, replica->address());
  EXPECT_TRUE(was_asked(*replica, "scan"));
  EXPECT_FALSE(was_asked(*master, "scan"));
}

TEST_F(KeyspaceService, CountsTheKeysOfAMasterAndItsReplicaOnce) {
  const auto master = make_master(100);
  const auto replica = replica_of(*master);
  const auto copy = add(replica->url(), "copy");
  const auto original = add(master->url(), "original");
  update();
  ASSERT_TRUE(reports(original, [](const auto& report) { return report.ttls_read > 0; }));
  EXPECT_EQ(report_of(original)->server, replica->address());
  const auto entries = ledger.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].instance, "copy") << "the server that was asked";
  ASSERT_TRUE(reports_anew(original));
  EXPECT_EQ(report_of(copy), nullptr);
}

TEST_F(KeyspaceService, SamplesTheMasterItselfIfThatIsWanted) {
  const auto master = make_master(100);
  const auto replica = replica_of(*master);
  const auto watched = add(master->url());
  config.keys.sample.prefer_replica = false;
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_FALSE(was_asked(*replica, "scan"));
}

TEST_F(KeyspaceService, SamplesTheMasterIfTheReplicaCannotBeReached) {
  const auto master = make_master(100);
  const auto replica =
      replica_of(*master, {"--replica-announce-port", std::to_string(test::free_port())});
  const auto watched = add(master->url());
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_EQ(report_of(watched)->server, master->address());
}

TEST_F(KeyspaceService, SamplesTheMasterIfTheAddressOfAReplicaIsAnother) {
  const auto master = make_master(100);
  const test::RedisServer stranger;
  const auto replica =
      replica_of(*master, {"--replica-announce-port", std::to_string(stranger.port())});
  const auto watched = add(master->url());
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_FALSE(was_asked(stranger, "scan"));
}

TEST_F(KeyspaceService, APromotedReplicaHasAReportOfItsOwn) {
  const auto master = make_master(100);
  const auto replica = replica_of(*master);
  const auto former = add(master->url(), "former");
  const auto promoted = add(replica->url(), "promoted");
  update();
  ASSERT_TRUE(reports(former, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_EQ(report_of(promoted), nullptr);
  master->kill();
  replica->command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(reports(promoted, [](const auto& report) { return report.sampled == 100; }));
  EXPECT_TRUE(reports_nothing(former));
}

TEST_F(KeyspaceService, FiguresOfAServerThatIsGoneAreDropped) {
  test::RedisServer server;
  fill(server, 100);
  const auto watched = add(server.url());
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  server.kill();
  EXPECT_TRUE(reports_nothing(watched));
  server.restart();
  EXPECT_TRUE(reports(watched, [](const auto& report) { return report.complete; }));
}

TEST_F(KeyspaceService, ATargetThatNeverAnswersDelaysNobodyForLong) {
  const test::RedisServer server;
  fill(server, 10);
  const test::ScriptedServer silent([](int socket) { test::receive(socket); });
  config.poll.timeout = 100ms;
  add(silent.url());
  add("redis://127.0.0.1:" + std::to_string(test::free_port()));
  const auto watched = add(server.url());
  update();
  EXPECT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 10; }));
}

TEST_F(KeyspaceService, ConnectionsHaveNoNameWhereNoneAreWanted) {
  const test::RedisServer server;
  fill(server, 10);
  config.keys.check.keys = {{0, "session:*"}};
  config.poll.collect.set_client_name = false;
  const auto watched = add(server.url());
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 10; }));
  ASSERT_TRUE(test::eventually([&] { return watched->latest_keyspace().checked != nullptr; }));
  EXPECT_FALSE(was_asked(server, "client|setname"));

  config.poll.collect.set_client_name = true;
  update();
  EXPECT_TRUE(test::eventually([&] { return was_asked(server, "client|setname"); }));
}

TEST_F(KeyspaceService, FollowsOptionsThatChange) {
  const test::RedisServer server;
  fill(server, 100);
  const auto watched = add(server.url());
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));

  config.keys.patterns.clear();
  update();
  EXPECT_TRUE(reports(watched, [](const auto& report) {
    return !report.groups.empty() && report.groups[0].type == "unclassified";
  }));

  config.keys.sample.enabled = false;
  update();
  EXPECT_TRUE(reports_nothing(watched));

  config.keys.sample.enabled = true;
  update();
  EXPECT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
}

TEST_F(KeyspaceService, GroupsOfFormerPatternsGoWithThem) {
  const test::RedisServer server;
  fill(server, 1000);
  const auto watched = add(server.url());
  config.keys.sample.size = 100;
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled >= 100; }));
  config.keys.patterns = {keys::test::rule("session:{id}", "user")};
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) {
    return std::ranges::any_of(report.groups,
                               [](const auto& group) { return group.type == "user"; });
  }));
  EXPECT_EQ(report_of(watched)->groups.size(), 1U);
}

TEST_F(KeyspaceService, TenantsPastTheLimitAreOverflow) {
  const test::RedisServer server;
  const std::string script =
      "for i = 1, 1000 do redis.call('SET', 'cart:t' .. i .. ':1', 'value') end";
  server.command({"EVAL", script, "0"});
  const auto watched = add(server.url());
  config.keys.patterns = keys::test::rules({"{type}:{tenant}:{id}"});
  config.keys.tenants.tenants = 10;
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 1000; }));
  const auto report = report_of(watched);
  EXPECT_LE(report->groups.size(), 11U);
  EXPECT_TRUE(std::ranges::any_of(report->groups,
                                  [](const auto& group) { return group.tenant == "overflow"; }));
}

TEST_F(KeyspaceService, ARoundThatTakesTooLongEndsWithWhatItHasRead) {
  const test::RedisServer server;
  fill(server, 30'000);
  const auto watched = add(server.url());
  config.keys.sample.budget = 1e-6;
  service = std::make_unique<Keyspace>(families, ledger, log, taken.tracer, 300ms);
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return !report.complete; }));
  EXPECT_THAT(report_of(watched)->notes, testing::Contains(HasSubstr("ended before all keys")));
}

TEST_F(KeyspaceService, SaysOnceThatReplicasMayNotBeToldThePassword) {
  const auto master = make_master(100);
  const auto replica = replica_of(*master, {"--replica-announce-ip", "127.0.0.2"});
  const auto watched = add("redis://default:secret@127.0.0.1:" + std::to_string(master->port()));
  config::Credentials everybody;
  everybody.match = "*";
  everybody.password.literal = "secret";
  config.credentials = {everybody};
  log.set_level(log::Level::kInfo);
  testing::internal::CaptureStderr();
  update();
  const bool reported =
      reports(watched, [](const auto& report) { return report.sampled == 100; }) &&
      reports_anew(watched) && reports_anew(watched);
  service.reset();
  const std::string told = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(reported) << told;
  EXPECT_EQ(report_of(watched)->server, master->address());
  EXPECT_EQ(test::occurrences(told, "replicas are not sampled"), 1) << told;
  EXPECT_THAT(told, HasSubstr("127.0.0.2:" + std::to_string(replica->port())));
  EXPECT_THAT(told, testing::Not(HasSubstr("secret")));
}

TEST_F(KeyspaceService, TargetsThatStayKeepTheirFigures) {
  const test::RedisServer server;
  const test::RedisServer other;
  fill(server, 100);
  const auto watched = add(server.url());
  config.keys.sample.interval = 2min;
  update();
  ASSERT_TRUE(reports(watched, [](const auto& report) { return report.sampled == 100; }));
  const auto former = report_of(watched);
  const auto added = add(other.url());
  update();
  ASSERT_TRUE(reports(added, [](const auto& report) { return report.complete; }));
  EXPECT_EQ(report_of(watched), former) << "its next round is due in minutes";
}

TEST_F(KeyspaceService, MakesTheRoundsOfChecksBesideThoseOfSamples) {
  const test::RedisServer server;
  server.command({"SET", "wanted", "value"});
  const auto watched = add(server.url());
  config.keys.sample.enabled = false;
  config.keys.check.single_keys = {{0, "wanted"}};
  config.keys.check.interval = 100ms;
  update();
  ASSERT_TRUE(test::eventually([&] { return watched->latest_keyspace().checked != nullptr; }));
  EXPECT_FALSE(watched->latest_keyspace().checked->samples.empty());
  EXPECT_EQ(report_of(watched), nullptr);
  const auto former = watched->latest_keyspace().checked;
  EXPECT_TRUE(test::eventually([&] { return watched->latest_keyspace().checked != former; }));

  config.keys.check.single_keys.clear();
  update();
  EXPECT_TRUE(test::eventually([&] { return watched->latest_keyspace().checked == nullptr; }));
}

TEST_F(KeyspaceService, SaysOnceThatAPasswordIsWrongAndNeverWhich) {
  const test::RedisServer server({"--requirepass", "right"});
  const auto watched = add("redis://:wrongest@127.0.0.1:" + std::to_string(server.port()));
  log.set_level(log::Level::kInfo);
  testing::internal::CaptureStderr();
  update();
  std::this_thread::sleep_for(500ms);  // several rounds
  service.reset();
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(test::occurrences(told, "nothing was learned"), 1) << told;
  EXPECT_THAT(told, HasSubstr("auth"));
  EXPECT_THAT(told, testing::Not(HasSubstr("wrongest")));
  EXPECT_EQ(report_of(watched), nullptr);
}

TEST_F(KeyspaceService, SaysNothingOfSentinelsAndOfWhoeverIsHeldForFailed) {
  redis::Target sentinel = config::target_from_url("redis://127.0.0.1:1").value();
  sentinel.place = {.group = "", .role = "sentinel", .failed = ""};
  redis::Target failed = config::target_from_url("redis://127.0.0.1:2").value();
  failed.place = {.group = "shop", .role = "replica", .failed = "the cluster holds it for failed"};
  for (const redis::Target& target : {sentinel, failed}) {
    targets.push_back(std::make_shared<WatchedTarget>(target));
  }
  add("redis://127.0.0.1:3", "other");
  config.keys.check.keys = {{0, "session:*"}};
  config.keys.check.interval = 100ms;
  log.set_level(log::Level::kInfo);
  testing::internal::CaptureStderr();
  update();
  std::this_thread::sleep_for(500ms);  // several rounds
  service.reset();
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(test::occurrences(told, "nothing was learned"), 2) << told;
  EXPECT_EQ(test::occurrences(told, "target=other"), 2) << told;
}

TEST_F(KeyspaceService, EndsAtAnyTime) {
  const test::RedisServer server;
  fill(server, 2000);
  config.keys.sample.interval = 1ms;
  config.keys.check.keys = {{0, "session:*"}};
  config.keys.check.interval = 1ms;
  for (int round = 0; round < 30; ++round) {
    targets.clear();
    for (int i = 0; i < 12; ++i) add(server.url(), "alias" + std::to_string(i));
    update();
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 10 * 2));
    if (round % 3 == 0) service->update({}, config);
    service.reset();
    service = std::make_unique<Keyspace>(families, ledger, log, taken.tracer);
  }
}

}  // namespace
}  // namespace hitwatch
