// How long a poll may take when several ask for it, each with a deadline of its own; and what
// becomes of a connection that is lost between two polls.
#include "collectors/redis/poller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/net/scripted_peer.h"

namespace hitwatch::redis {
namespace {

using namespace std::chrono_literals;
using Clock = Poller::Clock;

// The next command of a client, by its first word; "" at the end.
std::string read_command(net::PeerConnection& client) {
  const std::string head = client.read_until("\r\n");
  if (!head.starts_with('*')) return "";
  std::string name;
  for (int left = std::stoi(head.substr(1)); left > 0; --left) {
    client.read_until("\r\n");  // its length
    const std::string word = client.read_until("\r\n");
    if (name.empty()) name = word.substr(0, word.size() - 2);
  }
  return name;
}

// A server that has few commands, and answers nobody before it is let.
class PatientServer {
 public:
  std::string address() const { return "127.0.0.1:" + std::to_string(peer_.port()); }
  void answer() {
    may_answer_ = true;
    may_answer_.notify_all();
  }
  ~PatientServer() { answer(); }

 private:
  void serve(net::PeerConnection& client) {
    may_answer_.wait(false);
    const std::string info = "redis_version:7.0.15\r\nrole:master\r\n";
    for (std::string name = read_command(client); !name.empty(); name = read_command(client)) {
      if (name == "INFO") {
        client.write("$" + std::to_string(info.size()) + "\r\n" + info + "\r\n");
      } else {
        client.write("-ERR unknown command '" + name + "'\r\n");
      }
    }
  }

  std::atomic<bool> may_answer_ = false;
  net::ScriptedPeer peer_{[this](net::PeerConnection& client) { serve(client); }};
};

// A server that lets each client ask `answers_` times, and then wants to know who it is.
class ForgetfulServer {
 public:
  explicit ForgetfulServer(int answers) : answers_(answers) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(peer_.port()); }
  int clients() const { return clients_; }

 private:
  void serve(net::PeerConnection& client) {
    ++clients_;
    int left = answers_;
    const std::string info = "redis_version:7.0.15\r\nrole:master\r\n";
    for (std::string name = read_command(client); !name.empty(); name = read_command(client)) {
      if (name != "INFO") {
        client.write("-ERR unknown command '" + name + "'\r\n");
      } else if (left-- > 0) {
        client.write("$" + std::to_string(info.size()) + "\r\n" + info + "\r\n");
      } else {
        client.write("-NOAUTH Authentication required.\r\n");
      }
    }
  }

  const int answers_;
  std::atomic<int> clients_ = 0;
  net::ScriptedPeer peer_{[this](net::PeerConnection& client) { serve(client); }};
};

// A connection behind which the first two answers to INFO are of one server, and further ones of
// another. Both refuse all else.
class ReplacedServer {
 public:
  std::string address() const { return "127.0.0.1:" + std::to_string(peer_.port()); }
  int configs() const { return configs_; }

 private:
  void serve(net::PeerConnection& client) {
    int infos = 0;
    for (std::string name = read_command(client); !name.empty(); name = read_command(client)) {
      if (name == "INFO") {
        const std::string info =
            "redis_version:7.0.15\r\nrun_id:" + std::string(++infos > 2 ? "b" : "a") + "\r\n";
        client.write("$" + std::to_string(info.size()) + "\r\n" + info + "\r\n");
      } else {
        if (name == "CONFIG") ++configs_;
        client.write("-ERR unknown command '" + name + "'\r\n");
      }
    }
  }

  std::atomic<int> configs_ = 0;
  net::ScriptedPeer peer_{[this](net::PeerConnection& client) { serve(client); }};
};

class PolledInTurn : public testing::Test {
 protected:
  // Polls so many times, one after the other.
  std::vector<PollResult> poll_times(std::size_t times, const std::string& address) {
    Target target;
    target.url = net::parse_redis_url(address).value();
    PollOptions options;
    options.on_scrape = true;
    std::vector<PollResult> results;
    const auto poller = std::make_shared<Poller>(
        loop.get_executor(), resolver, tls_contexts, families, log, std::move(target), options,
        [&results](const PollResult& result) { results.push_back(result); });
    for (std::size_t polls = 1; polls <= times; ++polls) {
      poller->poll(Clock::now() + 30s, [] {});
      const auto limit = Clock::now() + 30s;
      while (results.size() < polls && Clock::now() < limit) loop.run_one_for(100ms);
    }
    poller->stop();
    return results;
  }

  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  metrics::FamilyRegistry registry;
  Families families{registry, "redis"};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
};

TEST_F(PolledInTurn, ALapsedLoginIsFollowedByAnotherWithinThePoll) {
  const ForgetfulServer server(1);
  const auto results = poll_times(2, server.address());
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0].state->up) << results[0].state->error.text;
  EXPECT_TRUE(results[1].state->up) << results[1].state->error.text;
  EXPECT_EQ(server.clients(), 2);
}

TEST_F(PolledInTurn, ALapsedLoginOfANewConnectionIsARefusal) {
  const ForgetfulServer server(0);
  const auto results = poll_times(2, server.address());
  ASSERT_EQ(results.size(), 2U);
  EXPECT_FALSE(results[1].state->up);
  EXPECT_EQ(results[1].state->error.reason, net::Reason::kAuth);
  EXPECT_EQ(server.clients(), 2) << "one for each poll";
}

TEST_F(PolledInTurn, WhatAServerRefusesIsAskedOfAnotherBehindTheSameConnection) {
  const ReplacedServer server;
  poll_times(2, server.address());
  EXPECT_EQ(server.configs(), 1);
  const ReplacedServer replaced;
  const auto results = poll_times(5, replaced.address());
  EXPECT_TRUE(results.back().state->up);
  EXPECT_EQ(replaced.configs(), 2) << "once of each";
}

class JoinedPoll : public testing::Test {
 protected:
  JoinedPoll() {
    Target target;
    target.url = net::parse_redis_url(server.address()).value();
    PollOptions options;
    options.on_scrape = true;
    poller = std::make_shared<Poller>(
        loop.get_executor(), resolver, tls_contexts, families, log, std::move(target), options,
        [this](const PollResult& result) { results.push_back(result); });
  }
  ~JoinedPoll() override { poller->stop(); }

  void poll(Clock::time_point deadline) {
    poller->poll(deadline, [this] { ++ended; });
  }
  // Timers end in the order of their times, so what has a deadline before `time` has met it.
  void at(Clock::time_point time, std::function<void()> what) {
    timer.expires_at(time);
    timer.async_wait([what = std::move(what)](const auto&) { what(); });
  }
  void run_until_ended(int wanted) {
    const auto limit = Clock::now() + 30s;
    while (ended < wanted && Clock::now() < limit) loop.run_one_for(100ms);
    ASSERT_EQ(ended, wanted);
  }

  PatientServer server;
  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  metrics::FamilyRegistry registry;
  Families families{registry, "redis"};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  boost::asio::steady_timer timer{loop};
  std::vector<PollResult> results;
  int ended = 0;
  std::shared_ptr<Poller> poller;
};

TEST_F(JoinedPoll, LastsAsLongAsTheLastDeadline) {
  const auto first = Clock::now() + 50ms;
  poll(first);
  poll(first + 1min);
  at(first + 1ms, [this] { server.answer(); });
  run_until_ended(2);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(results[0].state->up) << results[0].state->error.text;
}

TEST_F(JoinedPoll, IsNotCutShortByWhoHasLessTime) {
  const auto second = Clock::now() + 50ms;
  poll(second + 1min);
  poll(second);
  at(second + 1ms, [this] { server.answer(); });
  run_until_ended(2);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(results[0].state->up) << results[0].state->error.text;
}

TEST_F(JoinedPoll, EndsAtTheLaterDeadlineAndTellsBoth) {
  const auto first = Clock::now() + 20ms;
  const auto second = first + 20ms;
  poll(first);
  poll(second);
  std::optional<int> ended_between;
  at(first + 10ms, [&] { ended_between = ended; });
  run_until_ended(2);
  EXPECT_EQ(ended_between, 0);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_FALSE(results[0].state->up);
  EXPECT_EQ(results[0].state->error.reason, net::Reason::kTimeout);
}

TEST_F(JoinedPoll, IsEndedForAllWhenThePollerStops) {
  poll(Clock::now() + 1min);
  poll(Clock::now() + 2min);
  poller->stop();
  EXPECT_EQ(ended, 2);
  EXPECT_TRUE(results.empty());
}

TEST_F(JoinedPoll, IsNotTheNextOne) {
  server.answer();
  poll(Clock::now() + 1min);
  run_until_ended(1);
  poll(Clock::now() + 1min);
  run_until_ended(2);
  EXPECT_EQ(results.size(), 2U);
}

std::string info_reply() {
  const std::string info = "redis_version:7.0.15\r\nrole:master\r\n";
  return "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n";
}

// Answers INFO so often on its first connection, its second, …, and then closes it. On further ones
// as on the last.
net::ScriptedPeer::Script leaving_after(std::vector<int> answers) {
  return
      [answers = std::move(answers), served = std::size_t{0}](net::PeerConnection& client) mutable {
        const int most = answers[std::min(served++, answers.size() - 1)];
        for (int i = 0; i < most && read_command(client) == "INFO"; ++i) client.write(info_reply());
      };
}
constexpr int kStays = 1000;

class LostConnection : public testing::Test {
 protected:
  ~LostConnection() override {
    if (poller != nullptr) poller->stop();
  }

  // A poll is an INFO and no more.
  void watch(net::ScriptedPeer::Script script, bool on_scrape = false) {
    server = std::make_unique<net::ScriptedPeer>(std::move(script));
    Target target;
    target.url = net::parse_redis_url("127.0.0.1:" + std::to_string(server->port())).value();
    PollOptions options;
    options.interval = 1h;
    options.on_scrape = on_scrape;
    options.collect.config_command = "-";
    options.collect.set_client_name = false;
    options.collect.latency = options.collect.slowlog = options.collect.acl_log = false;
    poller = std::make_shared<Poller>(
        loop.get_executor(), resolver, tls_contexts, families, log, std::move(target), options,
        [this](const PollResult& result) { results.push_back(result); });
    poller->start();
  }
  void run_until(const std::function<bool()>& holds) {
    const auto limit = Clock::now() + 30s;
    while (!holds() && Clock::now() < limit) {
      loop.restart();
      loop.run_one_for(10ms);
    }
    ASSERT_TRUE(holds());
  }
  void run_until_published(std::size_t wanted) {
    run_until([&] { return results.size() >= wanted; });
  }

  std::unique_ptr<net::ScriptedPeer> server;
  boost::asio::io_context loop;
  net::Resolver resolver{loop.get_executor()};
  net::TlsContexts tls_contexts;
  metrics::FamilyRegistry registry;
  Families families{registry, "redis"};
  log::Log log{log::Level::kError, log::Format::kLogfmt};
  std::vector<PollResult> results;
  std::shared_ptr<Poller> poller;
};

TEST_F(LostConnection, IsFollowedByAPollAtOnce) {
  watch(leaving_after({1, kStays}));
  run_until_published(2);
  EXPECT_TRUE(results[1].state->up) << results[1].state->error.text;
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(LostConnection, OfAServerThatHasGoneMeansThatTheTargetIsDown) {
  watch(leaving_after({kStays}));
  run_until_published(1);
  EXPECT_TRUE(results[0].state->up);
  server.reset();
  run_until_published(2);
  EXPECT_FALSE(results[1].state->up);
  EXPECT_EQ(results[1].state->error.reason, net::Reason::kRefused);
}

TEST_F(LostConnection, OverAndOverMakesNoLoopOfPolls) {
  watch(leaving_after({1}));
  run_until_published(3);
  const auto began = [this](std::size_t poll) { return results[poll].snapshot->taken_steady; };
  EXPECT_GE(began(2) - began(1), LossPace::kFirst);
  EXPECT_TRUE(results[2].state->up);
}

TEST_F(LostConnection, ByWordsThatNobodyAskedForIsNoDifferent) {
  watch([first = true](net::PeerConnection& client) mutable {
    read_command(client);
    client.write(info_reply());
    if (std::exchange(first, false)) client.write("+surprise\r\n");
    client.wait_for_end();
  });
  run_until_published(2);
  EXPECT_TRUE(results[1].state->up) << results[1].state->error.text;
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(LostConnection, IsReopenedInModeOnScrapeWithoutACommandAndOnlyOnce) {
  watch(leaving_after({1, 0, kStays}), true);
  run_until_published(1);
  run_until([this] { return server->connections() == 2; });
  // The second one is lost, too; to wait for what does not come, the time of a connect is enough.
  loop.restart();
  loop.run_for(100ms);
  EXPECT_EQ(server->connections(), 2);
  EXPECT_EQ(results.size(), 1U);
  poller->poll(Clock::now() + 1min, {});
  run_until_published(2);
  EXPECT_TRUE(results[1].state->up) << results[1].state->error.text;
  EXPECT_EQ(server->connections(), 3);
}

TEST_F(LostConnection, ThatWasReopenedServesTheNextPoll) {
  watch(leaving_after({1, kStays}), true);
  run_until_published(1);
  run_until([this] { return server->connections() == 2; });
  for (std::size_t poll = 2; poll < 4; ++poll) {
    poller->poll(Clock::now() + 1min, {});
    run_until_published(poll);
    EXPECT_TRUE(results[poll - 1].state->up) << results[poll - 1].state->error.text;
  }
  EXPECT_EQ(server->connections(), 2);
}

TEST_F(LostConnection, InModeOnScrapeOfAServerThatHasGoneMeansThatTheTargetIsDown) {
  watch(leaving_after({kStays}), true);
  run_until_published(1);
  server.reset();
  run_until_published(2);
  EXPECT_FALSE(results[1].state->up);
}

}  // namespace
}  // namespace hitwatch::redis
