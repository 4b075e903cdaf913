// Targets whose labels or place change while they are watched: what they keep. And who is meant by
// a name among thousands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/targets.h"
#include "tests/system/harness.h"

namespace hitwatch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

redis::Target watched_at(const std::string& url, const std::string& alias = "") {
  redis::Target made = config::target_from_url(url).value();
  made.alias = alias;
  return made;
}

class RelabelledTargets : public testing::Test {
 protected:
  RelabelledTargets() { config.poll.interval = 1h; }
  ~RelabelledTargets() override {
    targets.stop();
    loop.restart();
    loop.poll();
  }

  void watch(std::vector<redis::Target> wanted) {
    targets.update(wanted, config);
    loop.restart();
    loop.poll();
  }
  template <typename Condition>
  bool run_until(Condition condition) {
    const auto limit = Targets::Clock::now() + 30s;
    loop.restart();
    while (!condition() && Targets::Clock::now() < limit) loop.run_one_for(100ms);
    return condition();
  }
  bool polled(std::size_t times) {
    return run_until([&] { return polls.size() >= times; });
  }
  static std::string connections_of(const test::RedisServer& server) {
    const std::string stats = server.command({"INFO", "stats"});
    const std::size_t begin = stats.find("total_connections_received:");
    return stats.substr(begin, stats.find('\r', begin) - begin);
  }
  std::string poll_count(const WatchedTarget& watched) {
    const auto snapshot = watched.latest().snapshot;
    for (const metrics::Sample& sample : snapshot->samples) {
      if (sample.series->family->name == "redis_exporter_scrapes_total") {
        return std::to_string(static_cast<int>(sample.value));
      }
    }
    return "";
  }

  struct Poll {
    std::shared_ptr<WatchedTarget> target;
    redis::PollResult result;
  };
  std::vector<Poll> polls;
  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  metrics::FamilyRegistry registry;
  redis::Families families{registry, "redis"};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  config::Config config;
  Targets targets{loop.get_executor(),
                  resolver,
                  tls_contexts,
                  families,
                  log,
                  [this](const auto& watched, const redis::PollResult& result) {
                    polls.push_back({watched, result});
                  }};
};

TEST_F(RelabelledTargets, KeepTheirResultAndItsTime) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  one.place = {"cache", "replica", ""};
  watch({one});
  ASSERT_TRUE(polled(1));
  const auto before = targets.find(one.name());
  KeyspaceResult keys;
  keys.report = std::make_shared<const keyspace::Report>();
  before->set_latest_keyspace(keys);

  one.place.role = "master";
  one.labels = {{"env", "prod"}};
  watch({one});
  const auto after = targets.find(one.name());
  ASSERT_NE(after, before);
  EXPECT_EQ(after->target.place.role, "master");
  EXPECT_THAT(after->label_text, HasSubstr("env=\"prod\""));
  EXPECT_EQ(after->latest().snapshot, before->latest().snapshot);
  EXPECT_EQ(after->state_since(), before->state_since());
  EXPECT_EQ(after->latest_keyspace().report, keys.report);
}

TEST_F(RelabelledTargets, KeepTheirConnectionAndTheirCounters) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  watch({one});
  ASSERT_TRUE(polled(1));
  const std::string connections = connections_of(server);
  one.labels = {{"env", "prod"}};
  watch({one});
  EXPECT_EQ(polls.size(), 1U) << "it was polled because its labels changed";
  targets.poll_now({one.name()});
  ASSERT_TRUE(polled(2));
  EXPECT_EQ(polls.back().target, targets.find(one.name()));
  EXPECT_EQ(poll_count(*polls.back().target), "2");
  // One more, of whoever asks for this.
  const auto count = [](const std::string& text) {
    return std::stoi(text.substr(text.find(':') + 1));
  };
  EXPECT_EQ(count(connections_of(server)), count(connections) + 1);
}

TEST_F(RelabelledTargets, ThePollUnderWayEndsUnderTheNewLabels) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  targets.update({one}, config);
  one.labels = {{"env", "prod"}};
  targets.update({one}, config);
  ASSERT_TRUE(polled(1));
  EXPECT_EQ(polls.front().target->target.labels, one.labels);
}

TEST_F(RelabelledTargets, AnotherServerOfThatNameStartsAnew) {
  const test::RedisServer first;
  const test::RedisServer second;
  watch({watched_at(first.url(), "cache")});
  ASSERT_TRUE(polled(1));
  targets.update({watched_at(second.url(), "cache")}, config);
  EXPECT_EQ(targets.find("cache")->latest().state, nullptr);
  ASSERT_TRUE(polled(2));
  EXPECT_EQ(poll_count(*targets.find("cache")), "1");
}

TEST_F(RelabelledTargets, ALoginThatWorksAtLastIsAReturn) {
  const test::RedisServer server({"--requirepass", "right"});
  redis::Target one = watched_at(server.url(), "cache");
  watch({one});
  ASSERT_TRUE(polled(1));
  EXPECT_FALSE(polls.back().result.state->up);
  EXPECT_THAT(polls.back().result.changes, testing::IsEmpty()) << "nobody knew it better";
  for (const char* password : {"wrong", "right"}) {
    one.password.literal = password;
    watch({one});
    ASSERT_TRUE(run_until([&] { return polls.back().target == targets.find("cache"); }));
  }
  ASSERT_TRUE(polls.back().result.state->up);
  ASSERT_EQ(polls.back().result.changes.size(), 1U);
  EXPECT_EQ(polls.back().result.changes[0].kind, redis::ServerChange::Kind::kUp);
  polls.pop_back();
  for (const Poll& poll : polls) {
    EXPECT_THAT(poll.result.changes, testing::IsEmpty()) << "that it is down was known";
  }
}

TEST_F(RelabelledTargets, WhetherTheyAreOthersIsSaid) {
  redis::Target one = watched_at("redis://127.0.0.1:1", "one");
  EXPECT_TRUE(targets.update({one}, config));
  EXPECT_FALSE(targets.update({one}, config));
  one.place.role = "master";
  EXPECT_TRUE(targets.update({one}, config));
  EXPECT_FALSE(targets.update({one}, config));
}

TEST_F(RelabelledTargets, AServerThatWasFoundElsewhereIsPolledByThatAddress) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url(), "one");
  one.place.at = "10.0.0.1:6379";
  watch({one});
  ASSERT_TRUE(polled(1));
  EXPECT_EQ(targets.name_at("10.0.0.1:6379"), "one");
  EXPECT_EQ(targets.name_at(one.url.address()), "one");
  EXPECT_EQ(targets.name_at("10.0.0.2:6379"), "");
  targets.poll_now({"10.0.0.1:6379"});
  EXPECT_TRUE(polled(2));
}

TEST_F(RelabelledTargets, AllAtAnAddressArePolledAtOnce) {
  const test::RedisServer server;
  const redis::Target one = watched_at(server.url(), "one");
  watch({one, watched_at(server.url(), "two")});
  ASSERT_TRUE(polled(2));
  targets.poll_now({one.url.address()});
  EXPECT_TRUE(polled(4));
}

TEST_F(RelabelledTargets, APollUnderWayIsFollowedByAnother) {
  const test::RedisServer server;
  const redis::Target one = watched_at(server.url());
  targets.update({one}, config);  // which begins the first poll
  targets.poll_now({one.name(), "nobody:6379"});
  targets.poll_now({one.name()});
  ASSERT_TRUE(polled(2));
  loop.run_for(50ms);
  EXPECT_EQ(polls.size(), 2U);
}

TEST_F(RelabelledTargets, WhoIsHeldForFailedIsDownAtOnceAndNotConnectedTo) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  watch({one});
  ASSERT_TRUE(polled(1));
  one.place = {"cache", "master", "the cluster holds it for failed"};
  watch({one});
  ASSERT_EQ(polls.size(), 2U);
  const redis::TargetState& state = *polls.back().result.state;
  EXPECT_FALSE(state.up);
  EXPECT_EQ(net::reason_word(state.error.reason), "failed");
  EXPECT_EQ(state.error.text, "the cluster holds it for failed");
  EXPECT_TRUE(test::eventually([&] {
    return server.command({"CLIENT", "LIST"}).find("name=hitwatch") == std::string::npos;
  }));
  // A poll says so again, without a connection.
  const std::string connections = connections_of(server);
  targets.poll_now({one.name()});
  ASSERT_TRUE(polled(3));
  EXPECT_FALSE(polls.back().result.state->up);
  const auto count = [](const std::string& text) {
    return std::stoi(text.substr(text.find(':') + 1));
  };
  EXPECT_EQ(count(connections_of(server)), count(connections) + 1);

  one.place.failed.clear();
  watch({one});
  ASSERT_TRUE(polled(4));
  EXPECT_TRUE(polls.back().result.state->up);
}

TEST_F(RelabelledTargets, WhoIsHeldForFailedFromTheStartIsNeverConnectedTo) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  one.place = {"cache", "replica", "fail"};
  config.poll.interval = 20ms;
  watch({one});
  ASSERT_TRUE(polled(3));  // each interval
  EXPECT_FALSE(polls.back().result.state->up);
  EXPECT_THAT(server.command({"CLIENT", "LIST"}), testing::Not(HasSubstr("name=hitwatch")));
}

TEST_F(RelabelledTargets, AFailureEndsThePollUnderWay) {
  const test::RedisServer server;
  redis::Target one = watched_at(server.url());
  targets.update({one}, config);
  one.place.failed = "fail";
  targets.update({one}, config);
  ASSERT_TRUE(polled(1));
  loop.run_for(20ms);
  ASSERT_EQ(polls.size(), 1U);
  EXPECT_EQ(polls.front().result.state->error.reason, net::Reason::kFailed);
}

TEST_F(RelabelledTargets, ANameIsThatOfTheFirstWhoIsCalledSo) {
  config.poll.on_scrape = true;
  const redis::Target plain = watched_at("redis://127.0.0.1:1");
  const redis::Target secure = watched_at("rediss://127.0.0.1:1", "secure");
  const redis::Target other = watched_at("redis://127.0.0.1:1/3", "third");
  redis::Target shadow = watched_at("redis://127.0.0.1:2", "127.0.0.1:3");
  const redis::Target shadowed = watched_at("redis://127.0.0.1:3", "real");
  watch({plain, secure, other, shadow, shadowed});
  const auto name = [&](std::string_view text) {
    const auto found = targets.find(text);
    return found == nullptr ? std::string() : found->target.name();
  };
  EXPECT_EQ(name("127.0.0.1:1"), "127.0.0.1:1");
  EXPECT_EQ(name("valkey://127.0.0.1:1"), "127.0.0.1:1");
  EXPECT_EQ(name("rediss://127.0.0.1:1"), "secure");
  EXPECT_EQ(name("secure"), "secure");
  EXPECT_EQ(name("third"), "third");
  EXPECT_EQ(name("127.0.0.1:3"), "127.0.0.1:3");
  EXPECT_EQ(name("real"), "real");
  EXPECT_EQ(name("redis://me:secret@127.0.0.1:1"), "");
  EXPECT_EQ(name("127.0.0.1:9"), "");
  EXPECT_EQ(name(""), "");
}

TEST_F(RelabelledTargets, ThousandsAreFoundAndReplacedInNoTime) {
  config.poll.interval = 100ms;  // in which the first polls begin
  config.poll.on_scrape = true;
  std::vector<redis::Target> many;
  for (int i = 0; i < 5000; ++i) {
    many.push_back(watched_at("redis://127.0.0.1:1", "target" + std::to_string(i)));
    many.back().place.failed = "not to be connected to";
  }
  watch(many);
  const auto kept = targets.find("target4999");
  ASSERT_NE(kept, nullptr);
  many.erase(many.begin(), many.begin() + 2500);
  many.front().labels = {{"env", "prod"}};
  watch(many);
  EXPECT_EQ(targets.all()->size(), 2500U);
  EXPECT_EQ(targets.find("target4999"), kept);
  EXPECT_EQ(targets.find("target2499"), nullptr);
  EXPECT_TRUE(run_until([&] { return kept->latest().state != nullptr; }));
}

}  // namespace
}  // namespace hitwatch
