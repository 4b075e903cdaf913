// A watch over sentinels that answer what no real one does, or when none could be made to.
#include "collectors/topology/sentinel_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "tests/topology/scripted_sentinel.h"

namespace hitwatch::topology {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Watching : public testing::Test {
 protected:
  ~Watching() override {
    if (watch != nullptr) watch->stop();
    loop.restart();
    loop.poll();
  }

  ScriptedSentinel& add_sentinel() {
    ScriptedSentinel& sentinel = *sentinels.emplace_back(std::make_unique<ScriptedSentinel>(loop));
    sentinel.id = "id" + std::to_string(sentinels.size());
    return sentinel;
  }
  // A sentinel of the configuration that knows `cache` at 10.0.0.1 with a replica at 10.0.0.2.
  ScriptedSentinel& add_configured() {
    ScriptedSentinel& sentinel = add_sentinel();
    sentinel.masters["cache"] = {.ip = "10.0.0.1", .replicas = {{.ip = "10.0.0.2"}}};
    options.urls.push_back(net::parse_redis_url(sentinel.address()).value());
    return sentinel;
  }
  void start() {
    watch = std::make_unique<SentinelWatch>(
        Surroundings{.executor = loop.get_executor(),
                     .resolver = resolver,
                     .tls_contexts = tls_contexts,
                     .log = log,
                     .changed = [this] { ++changes; },
                     .happened =
                         [this](const Event& event) {
                           events.push_back(event.kind + " " + event.group + " " + event.instance);
                           became = event.to;
                         },
                     .poll_now =
                         [this](const std::vector<std::string>& names) {
                           polled.insert(polled.end(), names.begin(), names.end());
                         },
                     .newcomers = newcomers},
        options, pace);
    watch->start();
  }
  // Runs until it holds; the limit only ends what would hang.
  template <typename Condition>
  bool until(Condition condition) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    loop.restart();
    while (!condition() && std::chrono::steady_clock::now() < limit) loop.run_one_for(100ms);
    return condition();
  }
  void run_for(std::chrono::milliseconds time) {
    loop.restart();
    loop.run_for(time);
  }
  // The targets: "role name".
  std::vector<std::string> found() const {
    std::vector<std::string> list;
    const auto outcome = watch->latest();
    if (outcome == nullptr) return list;
    for (const redis::Target& target : outcome->targets) {
      list.push_back(target.place.role + " " + target.name());
    }
    return list;
  }
  redis::Target target(const std::string& name) const {
    const auto outcome = watch->latest();
    for (const redis::Target& one : outcome->targets) {
      if (one.name() == name) return one;
    }
    ADD_FAILURE() << "no target " << name;
    return {};
  }
  bool has(const std::string& role_and_name) const {
    const auto all = found();
    return std::ranges::find(all, role_and_name) != all.end();
  }
  // The sum of a family's values over the samples with a label of this value.
  double metric(const std::string& family, const std::string& label_value) const {
    double sum = 0;
    const auto outcome = watch->latest();
    if (outcome == nullptr) return sum;
    for (const auto& one : outcome->metrics) {
      if (one.name != family) continue;
      for (const auto& sample : one.metric) {
        const bool is = std::ranges::any_of(
            sample.label, [&](const auto& label) { return label.value == label_value; });
        if (is) sum += sample.gauge.value + sample.counter.value;
      }
    }
    return sum;
  }
  bool happened(const std::string& event) const {
    return std::ranges::find(events, event) != events.end();
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  SentinelOptions options;
  Pace pace{1000ms, 1000ms};
  Newcomers newcomers;
  std::vector<std::unique_ptr<ScriptedSentinel>> sentinels;
  std::unique_ptr<SentinelWatch> watch;
  int changes = 0;
  std::vector<std::string> events;
  std::string became;  // by the last of them
  std::vector<std::string> polled;
};

TEST_F(Watching, FindsServersAndTheOtherSentinels) {
  ScriptedSentinel& first = add_configured();
  ScriptedSentinel& other = add_sentinel();
  other.masters["cache"] = first.masters["cache"];
  first.masters["cache"].sentinels = {
      {.ip = "127.0.0.1", .port = other.port(), .flags = "sentinel", .run_id = other.id}};
  other.masters["cache"].sentinels = {
      {.ip = "127.0.0.1", .port = first.port(), .flags = "sentinel", .run_id = first.id}};
  options.labels = {{"env", "prod"}, {"master_name", "no"}};
  options.sentinel.username = "watcher";
  options.server.username = "reader";
  options.databases = {0, 1};
  options.origin = "hitwatch.yaml:1:1";
  start();
  ASSERT_TRUE(until([&] { return other.subscribers() == 1 && first.subscribers() == 1; }));
  ASSERT_TRUE(until([&] { return metric("redis_sentinel_subscribed", other.address()) == 1; }));
  EXPECT_THAT(found(), testing::UnorderedElementsAre(
                           "master 10.0.0.1:6379", "replica 10.0.0.2:6379",
                           "sentinel " + first.address(), "sentinel " + other.address()));
  const redis::Target master = target("10.0.0.1:6379");
  EXPECT_EQ(master.labels, (metrics::Labels{{"master_name", "cache"}, {"env", "prod"}}));
  EXPECT_EQ(master.place, (redis::Place{"cache", "master", ""}));
  EXPECT_EQ(master.username, "reader");
  EXPECT_EQ(master.databases, (std::vector<int>{0, 1}));
  EXPECT_EQ(master.origin, "hitwatch.yaml:1:1");
  EXPECT_EQ(target(other.address()).username, "watcher");
  EXPECT_EQ(target(other.address()).place, (redis::Place{"", "sentinel", ""}));
  EXPECT_EQ(metric("redis_sentinel_agreed_master", "10.0.0.1:6379"), 1);
  EXPECT_EQ(metric("redis_sentinel_agreed_master", "prod"), 1);
  EXPECT_THAT(events, IsEmpty()) << "what is there at first has not come to be";
}

TEST_F(Watching, TakesTheMastersThatAreWanted) {
  ScriptedSentinel& sentinel = add_configured();
  sentinel.masters["queue"] = {.ip = "10.0.1.1"};
  sentinel.masters["other"] = {.ip = "10.0.2.1"};
  options.masters = {"queue", "c*"};
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.1.1:6379"); }));
  EXPECT_TRUE(has("master 10.0.0.1:6379"));
  EXPECT_FALSE(has("master 10.0.2.1:6379"));
}

TEST_F(Watching, WhatIsPublishedOfAMasterThatIsNotWantedFindsNothing) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  sentinel.masters["other"] = {.ip = "10.0.2.1"};
  options.masters = {"c*"};
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  sentinel.publish("+odown", "master other 10.0.2.1 6379 #quorum 1/1");
  sentinel.masters["cache"].replicas.push_back({.ip = "10.0.0.3"});
  sentinel.publish("+slave", "slave 10.0.0.3:6379 10.0.0.3 6379 @ cache 10.0.0.1 6379");
  ASSERT_TRUE(until([&] { return has("replica 10.0.0.3:6379"); }));
  EXPECT_FALSE(has("master 10.0.2.1:6379"));
  EXPECT_EQ(sentinel.count("SENTINEL MASTER other"), 0);
}

TEST_F(Watching, AServerIsNamedByItsAnnouncedAddressWhereverTheMapLeads) {
  ScriptedSentinel& first = add_configured();
  ScriptedSentinel& other = add_sentinel();
  other.masters["cache"] = first.masters["cache"];
  first.masters["cache"].sentinels = {{.ip = "fd00::9", .port = 26379, .flags = "sentinel"}};
  first.masters["cache"].replicas = {{.ip = "cache-2.example"}, {.ip = "fd00::2"}};
  options.server_tls = true;
  options.address_map = {{"[fd00::9]:26379", other.address()}, {"10.0.0.1", "nat.example"}};
  start();
  ASSERT_TRUE(until([&] { return other.count("SENTINEL MASTERS") > 0; }));
  EXPECT_THAT(found(),
              testing::UnorderedElementsAre("master 10.0.0.1:6379", "replica cache-2.example:6379",
                                            "replica [fd00::2]:6379", "sentinel " + first.address(),
                                            "sentinel [fd00::9]:26379"));
  EXPECT_EQ(target("10.0.0.1:6379").url.redacted(), "rediss://nat.example:6379");
  EXPECT_EQ(target("[fd00::2]:6379").url.redacted(), "rediss://[fd00::2]:6379");
  EXPECT_EQ(target("[fd00::9]:26379").url.redacted(), "redis://" + other.address());
}

TEST_F(Watching, ASwitchIsFollowedByTheMessageAndPolledAtOnce) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  ScriptedSentinel::Master& master = sentinel.masters["cache"];
  master = {.ip = "10.0.0.2", .epoch = 2, .replicas = {{.ip = "10.0.0.1", .flags = "s_down"}}};
  sentinel.publish("+switch-master", "cache 10.0.0.1 6379 10.0.0.2 6379");
  ASSERT_TRUE(until([&] { return has("master 10.0.0.2:6379"); }));
  EXPECT_TRUE(has("replica 10.0.0.1:6379")) << "what is down stays a target";
  ASSERT_TRUE(until([&] { return polled.size() >= 2; }));
  EXPECT_THAT(polled, Contains("10.0.0.1:6379"));
  EXPECT_THAT(polled, Contains("10.0.0.2:6379"));
  EXPECT_THAT(events,
              ElementsAre("failover cache 10.0.0.2:6379", "node_failed cache 10.0.0.1:6379"));
  EXPECT_EQ(metric("redis_sentinel_failovers_total", "cache"), 1);
  EXPECT_EQ(metric("redis_sentinel_events_total", "+switch-master"), 1);
}

TEST_F(Watching, ThePromotedIsKnownBeforeTheSwitchIsPublished) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  sentinel.answers["SENTINEL GET-MASTER-ADDR-BY-NAME"] = "*2\r\n$8\r\n10.0.0.2\r\n$4\r\n6379\r\n";
  sentinel.publish("+promoted-slave", "slave 10.0.0.2:6379 10.0.0.2 6379 @ cache 10.0.0.1 6379");
  ASSERT_TRUE(until([&] { return has("master 10.0.0.2:6379"); }));
  EXPECT_TRUE(has("replica 10.0.0.1:6379"));
}

TEST_F(Watching, WithoutSubscribeSentinelsAreAskedEverySecond) {
  ScriptedSentinel& sentinel = add_configured();
  sentinel.answers["SUBSCRIBE"] = "-NOPERM this user has no permissions to run this command\r\n";
  pace.interval = 10min;
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  EXPECT_EQ(metric("redis_sentinel_subscribed", sentinel.address()), 0);
  sentinel.masters["cache"] = {.ip = "10.0.0.2", .epoch = 2};
  EXPECT_TRUE(until([&] { return has("master 10.0.0.2:6379"); }));
  EXPECT_TRUE(until([&] { return sentinel.count("SENTINEL MASTERS") >= 4; }));
  EXPECT_EQ(std::ranges::count_if(sentinel.heard,
                                  [](const auto& one) { return one.starts_with("SUBSCRIBE"); }),
            1)
      << "what is refused is not asked for again at once";
}

TEST_F(Watching, ALostSubscriptionIsOpenedAgainAndWhatWasMissedIsFound) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  sentinel.drop(true);
  sentinel.masters["cache"] = {.ip = "10.0.0.2", .epoch = 2};
  ASSERT_TRUE(until([&] { return happened("source_lost  " + sentinel.address()); }));
  EXPECT_TRUE(has("master 10.0.0.1:6379")) << "what was known is kept";
  EXPECT_GT(watch->latest()->failures, 0U);
  sentinel.open();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1 && has("master 10.0.0.2:6379"); }));
  EXPECT_TRUE(happened("source_found  " + sentinel.address()));
}

TEST_F(Watching, ASentinelThatHangsIsNotWaitedForByTheOthers) {
  pace = {300ms, 300ms};
  ScriptedSentinel& hanging = add_configured();
  hanging.hangs = true;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  EXPECT_TRUE(has("sentinel " + hanging.address()));
  sentinel.masters["cache"] = {.ip = "10.0.0.2", .epoch = 2};
  EXPECT_TRUE(until([&] { return has("master 10.0.0.2:6379"); }));
  EXPECT_FALSE(happened("source_lost  " + hanging.address()));
}

TEST_F(Watching, AFailureIsALookThatNobodyAnswered) {
  ScriptedSentinel& dead = add_configured();
  ScriptedSentinel& sentinel = add_configured();
  dead.drop(true);
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  run_for(1500ms);
  EXPECT_EQ(watch->latest()->failures, 0U) << "the other one answers";
  sentinel.drop(true);
  ASSERT_TRUE(until([&] { return watch->latest()->failures > 0; }));
  EXPECT_TRUE(happened("source_lost  " + dead.address()));
}

TEST_F(Watching, WhatIsFoundAndLostIsTold) {
  pace.interval = 10min;
  log.set_level(log::Level::kInfo);
  ScriptedSentinel& sentinel = add_configured();
  options.masters = {"cache", "ghost", "q*"};
  sentinel.drop(true);
  testing::internal::CaptureStderr();
  start();
  const std::string first = sentinel.address();
  EXPECT_TRUE(until([&] { return happened("source_lost  " + first); }));
  sentinel.open();
  EXPECT_TRUE(until([&] { return happened("source_found  " + first); }));
  EXPECT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(events, ElementsAre("source_lost  " + first, "source_found  " + first))
      << "once each, though nobody had answered before";
  for (const char* line : {"a sentinel does not answer", "a sentinel answers again",
                           "found the masters of sentinels", "master=ghost", "master=q*"}) {
    const auto at = logged.find(line);
    ASSERT_NE(at, std::string::npos) << line << " in " << logged;
    EXPECT_EQ(logged.find(line, at + 1), std::string::npos) << "once: " << line;
  }
  EXPECT_THAT(logged, HasSubstr("masters=1 servers=2 sentinels=1"));
  EXPECT_THAT(logged, Not(HasSubstr("master=cache")));
}

TEST_F(Watching, ALiarAmongThreeIsOutvotedAndPointedOut) {
  add_configured();
  ScriptedSentinel& liar = add_configured();
  add_configured();
  liar.masters["cache"] = {.ip = "10.6.6.6", .epoch = 1'000'000, .replicas = {{.ip = "10.6.6.7"}}};
  start();
  ASSERT_TRUE(until([&] { return metric("redis_sentinel_disagreement", "cache") == 1; }));
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  EXPECT_FALSE(has("master 10.6.6.6:6379"));
  EXPECT_FALSE(has("replica 10.6.6.7:6379"));
  EXPECT_TRUE(until([&] { return happened("disagreement cache "); }));
  liar.masters["cache"] = {.ip = "10.0.0.1", .epoch = 1};
  EXPECT_TRUE(until([&] { return happened("agreement cache "); }));
}

TEST_F(Watching, WhatALiarInventsIsBounded) {
  ScriptedSentinel& liar = add_configured();
  for (int i = 1; i <= 600; ++i) {
    liar.masters["m" + std::to_string(i)] = {.ip = "10.6.6.6", .port = i};
  }
  for (int i = 1; i <= 1500; ++i) {
    liar.masters["cache"].replicas.push_back({.ip = "10.7.7.7", .port = i});
  }
  liar.masters["cache"].sentinels = {
      {.ip = "user:secret@host"}, {.ip = ""}, {.ip = "a b"}, {.ip = "10.0.0.3", .port = 0}};
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  const auto all = found();
  EXPECT_EQ(std::ranges::count_if(all, [](auto& one) { return one.starts_with("master"); }),
            static_cast<int>(kMostSentinelMasters));
  EXPECT_EQ(std::ranges::count_if(all, [](auto& one) { return one.starts_with("replica"); }),
            static_cast<int>(kMostReplicasOfMaster));
  EXPECT_EQ(std::ranges::count_if(all, [](auto& one) { return one.starts_with("sentinel"); }), 1);
}

TEST_F(Watching, ALiarsServersAreBoundedInAll) {
  pace.interval = 10min;
  log.set_level(log::Level::kWarn);
  ScriptedSentinel& liar = add_configured();
  liar.masters.clear();
  constexpr int kInvented = 2 * static_cast<int>(kMostServersOfSource);
  for (int i = 0; i < kInvented; ++i) {
    liar.masters["m" + std::to_string(i % 12)].replicas.push_back(
        {.ip = "10.7.7.7", .port = i + 1});
  }
  for (auto& [name, master] : liar.masters) master.ip = "10.8.8." + name.substr(1);
  testing::internal::CaptureStderr();
  start();
  EXPECT_TRUE(
      until([&] { return liar.subscribers() == 1 && found().size() > kMostReplicasOfMaster; }));
  EXPECT_THAT(found(), SizeIs(kMostServersOfSource + 1)) << "and the sentinel";
  const std::string source = "sentinel:" + liar.address();
  EXPECT_GT(metric("hitwatch_discovery_left_out", source), 0);
  // Nor does it get further by telling of one at a time.
  const int before = liar.count("SENTINEL MASTER m9");
  EXPECT_TRUE(until([&] {
    liar.publish("+odown", "master m9 10.8.8.9 6379 #quorum 1/1");
    return liar.count("SENTINEL MASTER m9") > before;
  }));
  run_for(300ms);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_LE(found().size(), kMostServersOfSource + 1);
  const auto first = logged.find("sentinels name more servers than are watched");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(logged.find("sentinels name more servers", first + 1), std::string::npos) << "once";
}

TEST_F(Watching, NewServersAreTakenUpSoManyAMinute) {
  newcomers = Newcomers(4);
  ScriptedSentinel& sentinel = add_configured();
  sentinel.masters["cache"].replicas = {{.ip = "10.7.7.7", .port = 1}};
  start();
  ASSERT_TRUE(until([&] { return has("replica 10.7.7.7:1"); }));
  for (int i = 2; i <= 100; ++i) {
    sentinel.masters["cache"].replicas.push_back({.ip = "10.7.7.7", .port = i});
  }
  const std::string source = "sentinel:" + sentinel.address();
  ASSERT_TRUE(until([&] { return metric("hitwatch_discovery_left_out", source) > 0; }));
  EXPECT_TRUE(has("replica 10.7.7.7:3"));
  EXPECT_LT(found().size(), 100U);
  const auto first = found().size();
  EXPECT_TRUE(until([&] { return found().size() > first; })) << "as time goes by";
}

TEST_F(Watching, ServersOfSeveralSentinelsAreBoundedTogether) {
  for (int i = 0; i < 2; ++i) {
    ScriptedSentinel& liar = add_configured();
    liar.masters.clear();
    for (int j = 0; j < 4; ++j) {
      auto& master = liar.masters["m" + std::to_string(4 * i + j)];
      master.ip = "10.8." + std::to_string(i) + "." + std::to_string(j);
      for (int k = 1; k <= 900; ++k) master.replicas.push_back({.ip = "10.7.7.7", .port = k});
    }
  }
  start();
  ASSERT_TRUE(until([&] {
    return metric("hitwatch_discovery_left_out", "sentinel:" + sentinels[0]->address()) > 0;
  }));
  EXPECT_LE(found().size(), kMostServersOfSource + 2);
}

TEST_F(Watching, AFloodOfEventsIsCutAndCounted) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1 && has("master 10.0.0.1:6379"); }));
  for (int i = 1; i <= static_cast<int>(Telling::kMostEvents) + 50; ++i) {
    sentinel.masters["cache"].replicas.push_back({.ip = "10.7.7.7", .port = i});
  }
  sentinel.publish("+slave", "slave 10.7.7.7:1 10.7.7.7 1 @ cache 10.0.0.1 6379");
  ASSERT_TRUE(until([&] { return has("replica 10.7.7.7:250"); }));
  EXPECT_THAT(events, SizeIs(Telling::kMostEvents));
  sentinel.publish("+slave", "slave 10.7.7.7:1 10.7.7.7 1 @ cache 10.0.0.1 6379");
  EXPECT_TRUE(until([&] { return metric("hitwatch_discovery_untold_total", "events") == 50; }));
}

TEST_F(Watching, AFloodOfMessagesIsFewQuestionsAndFewPolls) {
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  const auto before = sentinel.count("SENTINEL MASTER cache");
  for (int i = 0; i < 2000; ++i) {
    sentinel.publish("+sdown", "slave 10.0.0.2:6379 10.0.0.2 6379 @ cache 10.0.0.1 6379");
    sentinel.publish("+try-failover", "master cache 10.0.0.1 6379");
  }
  ASSERT_TRUE(until([&] { return metric("redis_sentinel_events_total", "+sdown") == 2000; }));
  // However slow the machine: one in kGap, for as long as until() waits.
  EXPECT_LT(sentinel.count("SENTINEL MASTER cache") - before, 400);
  run_for(600ms);
  EXPECT_THAT(polled, IsEmpty()) << "messages that nothing has come of";
}

TEST_F(Watching, WhatGoesToAndFroIsPolledLessAndLessOften) {
  ScriptedSentinel& sentinel = add_configured();
  sentinel.masters["cache"].replicas[0].run_id = std::string(40, 'b');
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  std::string& flags = sentinel.masters["cache"].replicas[0].flags;
  std::vector<std::chrono::steady_clock::time_point> times;
  ASSERT_TRUE(until([&] {
    if (polled.size() > times.size()) times.push_back(std::chrono::steady_clock::now());
    flags = flags == "slave" ? "slave,s_down" : "slave";
    sentinel.publish("+sdown", "slave 10.0.0.2:6379 10.0.0.2 6379 @ cache 10.0.0.1 6379");
    return times.size() == 4;
  }));
  // Each gap is at least so long, however slow the machine: 0, 500 ms, 1 s, less what the first
  // polls were late.
  EXPECT_GE(times[3] - times[0], 4 * EarlyPolls::kGap);
  EXPECT_THAT(polled, testing::Each("10.0.0.2:6379"));
}

TEST_F(Watching, AReplicaThatIsNewIsAnEvent) {
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1 && has("master 10.0.0.1:6379"); }));
  sentinel.masters["cache"].replicas.push_back({.ip = "10.0.0.3"});
  sentinel.publish("+slave", "slave 10.0.0.3:6379 10.0.0.3 6379 @ cache 10.0.0.1 6379");
  EXPECT_TRUE(until([&] { return has("replica 10.0.0.3:6379"); }));
  EXPECT_THAT(events, ElementsAre("node_added cache 10.0.0.3:6379"));
}

TEST_F(Watching, WhatIsRefusedIsDoneWithout) {
  ScriptedSentinel& sentinel = add_configured();
  options.masters = {"cache", "q*"};
  sentinel.answers["SENTINEL MASTERS"] = "-NOPERM no permissions\r\n";
  sentinel.answers["SENTINEL MASTER"] = "-NOPERM no permissions\r\n";
  sentinel.answers["SENTINEL MYID"] = "-ERR Unknown sentinel subcommand 'MYID'\r\n";
  sentinel.answers["SENTINEL REPLICAS"] = "-ERR Unknown sentinel subcommand 'REPLICAS'\r\n";
  sentinel.answers["SENTINEL SENTINELS"] = "-NOPERM no permissions\r\n";
  sentinel.answers["CLIENT"] = "-NOPERM no permissions\r\n";
  start();
  ASSERT_TRUE(until([&] { return has("replica 10.0.0.2:6379"); }));
  EXPECT_TRUE(has("master 10.0.0.1:6379"));
  EXPECT_TRUE(until([&] { return sentinel.count("SENTINEL SLAVES cache") >= 3; }));
  for (const char* command : {"SENTINEL MASTERS", "SENTINEL MYID", "SENTINEL REPLICAS cache",
                              "SENTINEL SENTINELS cache"}) {
    EXPECT_EQ(sentinel.count(command), 1) << "each refusal is a mark on the sentinel: " << command;
  }
  EXPECT_LE(sentinel.count("SENTINEL MASTER cache"), 2);
}

TEST_F(Watching, AServerThatIsNoSentinelIsAnAnswerOfNobody) {
  ScriptedSentinel& server = add_configured();
  options.masters = {"cache", "q*"};
  server.answers["SENTINEL"] = "-ERR unknown command 'SENTINEL'\r\n";
  start();
  ASSERT_TRUE(until([&] { return watch->latest() != nullptr; }));
  EXPECT_THAT(found(), ElementsAre("sentinel " + server.address()));
  EXPECT_FALSE(watch->latest()->answered);
  EXPECT_EQ(watch->latest()->failures, 1U);
  EXPECT_THAT(events, ElementsAre("source_lost  " + server.address()));
  EXPECT_THAT(became, HasSubstr("no sentinel"));
  ASSERT_TRUE(until([&] { return server.subscribers() == 1; }));
  run_for(300ms);
  EXPECT_EQ(metric("redis_sentinel_subscribed", server.address()), 0) << "to what is none";
}

TEST_F(Watching, AServerThatBecomesASentinelIsSubscribedTo) {
  ScriptedSentinel& server = add_configured();
  server.answers["SENTINEL"] = "-ERR unknown command 'SENTINEL'\r\n";
  start();
  ASSERT_TRUE(until([&] { return happened("source_lost  " + server.address()); }));
  server.answers.clear();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.1:6379"); }));
  EXPECT_TRUE(until([&] { return metric("redis_sentinel_subscribed", server.address()) == 1; }));
}

TEST_F(Watching, ASentinelThatSpeaksNoTlsIsSaidToSpeakPlainRedis) {
  const ScriptedSentinel& sentinel = add_configured();
  options.urls.front().tls = true;
  start();
  ASSERT_TRUE(until([&] { return happened("source_lost  " + sentinel.address()); }));
  EXPECT_THAT(became, HasSubstr("speaks plain Redis"));
}

TEST_F(Watching, AServerIsThereOnceWhoeverClaimsIt) {
  ScriptedSentinel& sentinel = add_configured();
  sentinel.masters["again"] = {
      .ip = "10.0.0.9",
      .replicas = {
          {.ip = "10.0.0.1"}, {.ip = "10.0.0.2"}, {.ip = "127.0.0.1", .port = sentinel.port()}}};
  start();
  ASSERT_TRUE(until([&] { return has("master 10.0.0.9:6379"); }));
  EXPECT_THAT(found(), testing::UnorderedElementsAre(
                           "master 10.0.0.1:6379", "replica 10.0.0.2:6379", "master 10.0.0.9:6379",
                           "sentinel " + sentinel.address()));
}

TEST_F(Watching, AReplicaThatSaysItIsMasterStaysReplicaAndIsLookedInto) {
  pace.interval = 10min;
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  run_for(300ms);
  const int before = sentinel.count("SENTINEL MASTER cache");
  watch->polled("10.0.0.2:6379", {.up = true, .role = "master", .run_id = {}});
  ASSERT_TRUE(until([&] { return sentinel.count("SENTINEL MASTER cache") > before; }));
  EXPECT_TRUE(has("replica 10.0.0.2:6379"));
}

TEST_F(Watching, NothingComesAfterTheEnd) {
  ScriptedSentinel& sentinel = add_configured();
  start();
  ASSERT_TRUE(until([&] { return sentinel.subscribers() == 1; }));
  watch->stop();
  const int before = changes;
  sentinel.publish("+odown", "master cache 10.0.0.1 6379 #quorum 1/1");
  run_for(300ms);
  EXPECT_EQ(changes, before);
  EXPECT_THAT(polled, IsEmpty());
  EXPECT_EQ(sentinel.subscribers(), 0U);
}

}  // namespace
}  // namespace hitwatch::topology
