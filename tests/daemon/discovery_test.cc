// What becomes of what sentinels and clusters tell: when the configuration changes, when nobody
// answers, and when a poll tells something of a server that was found.
#include "agent/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/sharding.h"

namespace hitwatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

redis::Target found(const std::string& address, const std::string& role) {
  redis::Target target = config::target_from_url(address).value();
  target.place = {.group = "shop", .role = role, .failed = ""};
  return target;
}

// Finds what the test says.
class ScriptedWatch : public topology::Watch {
 public:
  ScriptedWatch(topology::Surroundings given, SourceOptions of)
      : surroundings(std::move(given)), options(std::move(of)) {}

  void start() override { ++started; }
  void stop() override { ++stopped; }
  void set_pace(const topology::Pace& /*pace*/) override {}
  void polled(const std::string& target, const topology::Observed& observed) override {
    polls.emplace_back(target, observed.role);
  }
  std::shared_ptr<const topology::Outcome> latest() const override { return outcome; }

  void find(std::vector<redis::Target> targets) {
    auto next = std::make_shared<topology::Outcome>();
    next->targets = std::move(targets);
    next->answered = std::chrono::steady_clock::now();
    publish(std::move(next));
  }
  void measure(std::vector<prometheus::MetricFamily> families) {
    auto next = std::make_shared<topology::Outcome>();
    next->metrics = std::move(families);
    publish(std::move(next));
  }
  void tell(std::string_view kind, const std::string& group, const std::string& instance) {
    topology::Event event;
    event.kind = kind;
    event.group = group;
    event.instance = instance;
    surroundings.happened(std::move(event));
  }
  void fail() {
    auto next = std::make_shared<topology::Outcome>();
    next->failures = 1;
    publish(std::move(next));
  }

  const topology::Surroundings surroundings;
  const SourceOptions options;
  int started = 0;
  int stopped = 0;
  std::vector<std::pair<std::string, std::string>> polls;
  std::shared_ptr<const topology::Outcome> outcome;

 private:
  void publish(std::shared_ptr<const topology::Outcome> next) {
    outcome = std::move(next);
    surroundings.changed();
  }
};

class DiscoveryTest : public testing::Test {
 protected:
  static topology::ClusterOptions cluster(const std::string& name,
                                          const std::vector<std::string>& urls) {
    topology::ClusterOptions options;
    options.name = name;
    for (const std::string& url : urls) options.urls.push_back(net::parse_redis_url(url).value());
    return options;
  }
  static topology::SentinelOptions sentinels(const std::vector<std::string>& urls) {
    topology::SentinelOptions options;
    for (const std::string& url : urls) options.urls.push_back(net::parse_redis_url(url).value());
    return options;
  }
  void configure() {
    discovery.configure(config);
    run();
  }
  void run() {
    loop.restart();
    loop.poll();
  }
  // "" for none.
  std::string age_of(const std::string& source) const {
    for (const prometheus::MetricFamily& family : discovery.metrics()) {
      if (family.name != "hitwatch_discovery_age_seconds") continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        if (metric.label.at(0).value == source) return std::to_string(metric.gauge.value);
      }
    }
    return "";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const redis::Target& target : discovery.targets()) all.push_back(target.name());
    return all;
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  config::Config config;
  std::vector<std::shared_ptr<ScriptedWatch>> watches;  // in the order of their making
  int changes = 0;
  std::vector<std::string> polled_now;
  std::vector<std::string> told;  // kinds of events
  topology::Event last_told;
  std::map<std::string, std::string> watched_at;  // names by address
  Discovery discovery{
      {.loop = loop.get_executor(),
       .resolver = resolver,
       .tls_contexts = tls_contexts,
       .log = log,
       .changed = [this] { ++changes; },
       .happened =
           [this](const topology::Event& event) {
             told.push_back(event.kind);
             last_told = event;
           },
       .name_at = [this](const std::string& address) { return watched_at[address]; },
       .poll_now = [this](std::vector<std::string> which) { polled_now = std::move(which); },
       .make_watch =
           [this](topology::Surroundings surroundings, const SourceOptions& options,
                  const topology::Pace& /*pace*/) {
             return watches.emplace_back(
                 std::make_shared<ScriptedWatch>(std::move(surroundings), options));
           }}};
};

TEST_F(DiscoveryTest, AnEntryThatStaysKeepsItsWatch) {
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  config.clusters.insert(config.clusters.begin(), cluster("other", {"b:1"}));
  configure();
  ASSERT_EQ(watches.size(), 2);
  EXPECT_EQ(watches[0]->started, 1);
  EXPECT_EQ(watches[0]->stopped, 0);
  config.clusters.pop_back();
  configure();
  EXPECT_EQ(watches[0]->stopped, 1);
  EXPECT_EQ(watches[1]->stopped, 0);
}

TEST_F(DiscoveryTest, AnEditedEntryKeepsWhatItFoundUntilSomebodyAnswers) {
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({found("a:1", "master"), found("a:2", "replica")});
  config.clusters = {cluster("shop", {"a:1", "a:2"})};
  discovery.configure(config);
  EXPECT_THAT(names(), ElementsAre("a:1", "a:2"));
  EXPECT_EQ(discovery.waiting(), 0);
  run();
  ASSERT_EQ(watches.size(), 2);
  EXPECT_EQ(watches[0]->stopped, 1);
  EXPECT_EQ(watches[1]->started, 1);
  EXPECT_EQ(watches[0]->surroundings.former, nullptr);
  ASSERT_NE(watches[1]->surroundings.former, nullptr) << "names are handed on";
  EXPECT_EQ(watches[1]->surroundings.former->targets.size(), 2);

  watches[1]->fail();
  EXPECT_THAT(names(), ElementsAre("a:1", "a:2"));
  watches[1]->find({found("a:1", "master"), found("a:3", "replica")});
  EXPECT_THAT(names(), ElementsAre("a:1", "a:3"));
}

TEST_F(DiscoveryTest, WhatAnEditedEntryFindsAgainIsNoChange) {
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({found("a:1", "master")});
  config.clusters = {cluster("shop", {"a:2", "a:1"})};
  configure();
  changes = 0;
  watches[1]->find({found("a:1", "master")});
  EXPECT_EQ(changes, 0);
}

TEST_F(DiscoveryTest, ItMayBeEditedAgainBeforeSomebodyAnswers) {
  config.sentinels = {sentinels({"s1", "s2"})};
  configure();
  watches[0]->find({found("a:1", "master")});
  config.sentinels = {sentinels({"s2", "s1"})};
  configure();
  config.sentinels = {sentinels({"s2", "s3"})};
  configure();
  EXPECT_THAT(names(), ElementsAre("a:1"));
}

TEST_F(DiscoveryTest, AnotherEntryKeepsNothing) {
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({found("a:1", "master")});
  config.clusters = {cluster("other", {"b:1"})};
  configure();
  EXPECT_THAT(names(), IsEmpty());
  // Nor do sentinels at the address of a node.
  watches[1]->find({found("b:1", "master")});
  config.clusters = {};
  config.sentinels = {sentinels({"b:1"})};
  configure();
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(discovery.waiting(), 1);
}

TEST_F(DiscoveryTest, WhatAnEditedEntryHeldForFailedIsPolledUntilSomebodyAnswers) {
  redis::Target failed = found("a:1", "replica");
  failed.place.failed = "the cluster holds it for failed";
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({failed});
  config.clusters = {cluster("shop", {"a:1", "a:2"})};
  configure();
  EXPECT_EQ(discovery.targets().at(0).place.failed, "");
}

TEST_F(DiscoveryTest, APollOfAConfiguredTargetIsToldUnderTheNameOfTheServerFound) {
  redis::Target mapped = found("127.0.0.1:7001", "master");
  mapped.alias = "10.0.0.1:6379";
  config.clusters = {cluster("shop", {"a:1"}), cluster("other", {"b:1"})};
  configure();
  watches[0]->find({mapped, found("a:2", "replica")});
  watches[1]->find({found("b:1", "master")});

  redis::Target catalog = found("127.0.0.1:7001", "master");
  catalog.alias = "catalog";
  catalog.place.at = catalog.url.address();
  auto state = std::make_shared<redis::TargetState>();
  state->up = true;
  state->role = "slave";
  discovery.polled(catalog, {.snapshot = nullptr, .state = state});
  EXPECT_THAT(watches[0]->polls, ElementsAre(Pair("10.0.0.1:6379", "slave")));
  EXPECT_THAT(watches[1]->polls, IsEmpty());
  // Nor is it known by its own address, if it is watched at another.
  catalog.url = net::parse_redis_url("redis://localhost:7001").value();
  discovery.polled(catalog, {.snapshot = nullptr, .state = state});
  EXPECT_EQ(watches[0]->polls.size(), 2U);
  EXPECT_EQ(discovery.targets().at(0).place.at, "127.0.0.1:7001");
}

TEST_F(DiscoveryTest, AnEventNamesATargetAsItIsWatched) {
  redis::Target mapped = found("127.0.0.1:7001", "master");
  mapped.alias = "10.0.0.1:6379";
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({mapped, found("a:2", "replica")});
  watched_at = {{"127.0.0.1:7001", "catalog"}, {"a:2", "a:2"}, {"a:3", "third"}};
  for (const auto& [called, name] :
       {std::pair<std::string, std::string>{"10.0.0.1:6379", "catalog"},
        {"a:2", "a:2"},
        {"a:3", "third"},
        {"a:4", "a:4"},
        {"", ""}}) {
    watches[0]->tell(topology::event_kind::kNodeFailed, "shop", called);
    EXPECT_EQ(last_told.instance, name);
  }
  topology::Event failover;
  failover.kind = topology::event_kind::kFailover;
  failover.group = "shop";
  failover.instance = failover.to = "10.0.0.1:6379";
  failover.from = "a:3";
  watches[0]->surroundings.happened(failover);
  EXPECT_EQ(last_told.instance, "catalog");
  EXPECT_EQ(last_told.from, "third");
  EXPECT_EQ(last_told.to, "catalog");
}

TEST_F(DiscoveryTest, WhatAnEditedEntryFindsAgainHasReturned) {
  namespace kind = topology::event_kind;
  config.sentinels = {sentinels({"s:1"})};
  configure();
  watches[0]->tell(kind::kSourceLost, "", "s:1");
  for (const char* second : {"s:2", "s:3"}) {
    config.sentinels = {sentinels({"s:1", second})};
    configure();
  }
  told.clear();
  watches[2]->fail();
  EXPECT_THAT(told, IsEmpty());
  watches[2]->find({found("a:1", "master")});
  EXPECT_THAT(told, ElementsAre(kind::kSourceFound));
  EXPECT_EQ(last_told.instance, "s:1");
  watches[2]->find({found("a:1", "master")});
  EXPECT_EQ(told.size(), 1U) << "once";
}

TEST_F(DiscoveryTest, AWatchTellsOfItsOwnReturnItself) {
  namespace kind = topology::event_kind;
  config.sentinels = {sentinels({"s:1"})};
  configure();
  watches[0]->tell(kind::kSourceLost, "", "s:1");
  config.sentinels = {sentinels({"s:1", "s:2"})};
  configure();
  watches[1]->tell(kind::kSourceLost, "", "s:1");
  told.clear();
  watches[1]->find({found("a:1", "master")});
  EXPECT_THAT(told, IsEmpty());
  watches[1]->tell(kind::kSourceFound, "", "s:1");
  config.sentinels = {sentinels({"s:1", "s:3"})};
  configure();
  watches[2]->find({found("a:1", "master")});
  EXPECT_THAT(told, ElementsAre(kind::kSourceFound));
}

TEST_F(DiscoveryTest, WhatIsToBePolledIsNamedByItsAddress) {
  redis::Target mapped = found("127.0.0.1:7001", "master");
  mapped.alias = "10.0.0.1:6379";
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  watches[0]->find({mapped});
  watches[0]->surroundings.poll_now({"10.0.0.1:6379", "a:3"});
  EXPECT_THAT(polled_now, ElementsAre("127.0.0.1:7001", "a:3"));
}

TEST_F(DiscoveryTest, WhoFoundAServerIsSaid) {
  config.sentinels = {sentinels({"eu:1"}), sentinels({"us:1"})};
  configure();
  watches[0]->find({found("a:1", "master")});
  watches[1]->find({found("b:1", "master")});
  const auto all = discovery.targets();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].place.source, "sentinel:eu:1");
  EXPECT_EQ(all[1].place.source, "sentinel:us:1");
  watches[1]->tell(topology::event_kind::kFailover, "shop", "b:1");
  EXPECT_EQ(last_told.source, "sentinel:us:1");
}

// What several daemons share is told by one of them: the one that has the servers.
class SharedDiscovery : public DiscoveryTest {
 protected:
  static constexpr int kShards = 3;

  static prometheus::MetricFamily family(
      const std::string& name, const std::vector<prometheus::ClientMetric::Label>& series) {
    prometheus::MetricFamily made;
    made.name = name;
    made.type = prometheus::MetricType::Gauge;
    for (const prometheus::ClientMetric::Label& label : series) {
      // As a configuration could have it, too.
      made.metric.emplace_back().label = {label, {"sentinel", "by us"}, {"master_name", "by us"}};
    }
    return made;
  }
  // By series, the shards that show it.
  std::map<std::string, std::vector<int>> shown() {
    std::map<std::string, std::vector<int>> all;
    for (config.shard = {1, kShards}; config.shard.number <= kShards; ++config.shard.number) {
      configure();
      for (const prometheus::MetricFamily& one : discovery.metrics()) {
        EXPECT_FALSE(one.metric.empty()) << one.name;
        for (const prometheus::ClientMetric& metric : one.metric) {
          all[one.name + " " + metric.label.at(0).value].push_back(config.shard.number);
        }
      }
    }
    return all;
  }
  // The shards that tell an event.
  std::vector<int> tells(ScriptedWatch& by, std::string_view kind, const std::string& group,
                         const std::string& instance = "") {
    std::vector<int> shards;
    for (config.shard = {1, kShards}; config.shard.number <= kShards; ++config.shard.number) {
      configure();
      told.clear();
      by.tell(kind, group, instance);
      if (!told.empty()) shards.push_back(config.shard.number);
    }
    return shards;
  }
  static auto only(const std::string& unit) { return ElementsAre(shard_of(unit, kShards)); }
};

TEST_F(SharedDiscovery, ASeriesIsShownByTheDaemonThatHasWhatItIsAbout) {
  config.sentinels = {sentinels({"s:1", "s:2"})};
  config.clusters = {cluster("shop", {"a:1"}), cluster("other", {"b:1"})};
  configure();
  watches[0]->measure(
      {family("redis_sentinel_agreed_master",
              {{"master_name", "m1"}, {"master_name", "m2"}, {"master_name", "m3"}}),
       family("redis_sentinel_subscribed", {{"sentinel", "s:1"}, {"sentinel", "s:9"}}),
       family("redis_sentinel_events_total", {{"event", "+slave"}}),
       family("hitwatch_discovery_left_out", {{"source", "s"}})});
  watches[1]->measure({family("redis_cluster_slots_covered", {{"cluster", "shop"}})});
  watches[2]->measure({family("redis_cluster_slots_covered", {{"cluster", "other"}})});
  auto series = shown();
  EXPECT_EQ(watches.size(), 3U) << "each daemon goes on watching";
  for (const char* master : {"m1", "m2", "m3"}) {
    EXPECT_THAT(series[std::string("redis_sentinel_agreed_master ") + master], only(master));
  }
  for (const char* sentinel : {"s:1", "s:9"}) {
    EXPECT_THAT(series[std::string("redis_sentinel_subscribed ") + sentinel], only(sentinel));
  }
  EXPECT_THAT(series["redis_sentinel_events_total +slave"], only("s:1"));
  EXPECT_THAT(series["redis_cluster_slots_covered shop"], only("shop"));
  EXPECT_THAT(series["redis_cluster_slots_covered other"], only("other"));
  for (const char* own : {"left_out s", "age_seconds cluster:shop", "targets sentinel:s:1"}) {
    EXPECT_THAT(series[std::string("hitwatch_discovery_") + own], ElementsAre(1, 2, 3)) << own;
  }
}

TEST_F(SharedDiscovery, AnEventIsToldByTheDaemonThatHasWhatItIsAbout) {
  config.sentinels = {sentinels({"s:1", "s:2"})};
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  namespace kind = topology::event_kind;
  ScriptedWatch& of_sentinels = *watches[0];
  for (const char* master : {"m1", "m2", "m3"}) {
    EXPECT_THAT(tells(of_sentinels, kind::kFailover, master, "x:1"), only(master));
  }
  EXPECT_THAT(tells(*watches[1], kind::kFailover, "shop", "x:1"), only("shop"));
  EXPECT_THAT(tells(*watches[1], kind::kSourceLost, "shop"), only("shop"));
  for (const char* sentinel : {"s:1", "s:2", "s:9"}) {
    EXPECT_THAT(tells(of_sentinels, kind::kNodeFailed, "", sentinel), only(sentinel));
  }
  EXPECT_THAT(tells(of_sentinels, kind::kNodeAdded, ""), only("s:1")) << "\"and 7 more\"";
  EXPECT_THAT(tells(of_sentinels, kind::kSourceLost, "", "s:1"), ElementsAre(1, 2, 3))
      << "any of them may have masters of these sentinels";
}

TEST_F(DiscoveryTest, ASourceThatNeverAnswersGrowsOld) {
  config.clusters = {cluster("shop", {"a:1"})};
  configure();
  const std::string first = age_of("cluster:shop");
  EXPECT_NE(first, "") << "no alert could tell of it";
  watches[0]->fail();
  // Nor is it young again because the entry was edited.
  config.clusters = {cluster("shop", {"a:2"})};
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  configure();
  EXPECT_GE(std::stod(age_of("cluster:shop")), std::stod(first) + 0.02);
  auto outcome = std::make_shared<topology::Outcome>();
  outcome->answered = std::chrono::steady_clock::now() + std::chrono::hours(1);
  watches[1]->outcome = outcome;
  EXPECT_LT(std::stod(age_of("cluster:shop")), 0) << "it answered later than now";
}

}  // namespace
}  // namespace hitwatch
