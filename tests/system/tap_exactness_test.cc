// The tap beside real clients and a real server, on loopback and without loss: what it counts is
// what INFO counts and what the clients counted themselves, to the last one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "collectors/tap/tap.h"
#include "tests/packets/namespaces.h"
#include "tests/repetitions.h"
#include "tests/system/harness.h"
#include "tests/system/own_network.h"

namespace hitwatch::test {
namespace {

using nlohmann::json;
using tap::Report;

std::uint64_t info_number(const RedisServer& server, const std::string& section,
                          const std::string& field) {
  std::istringstream lines(server.command({"INFO", section}));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) return std::stoull(line.substr(field.size() + 1));
  }
  return 0;
}

class TapExactness : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kMayCapture);
    open_tap();
    server_.command({"CONFIG", "RESETSTAT"});
  }

  void open_tap(tap::Options options = {}) {
    tap_.reset();
    options.ring_bytes = 128U << 20;  // without a drop, however slow the machine
    auto opened = tap::Tap::open(options, {.ports = {static_cast<std::uint16_t>(server_.port())}},
                                 {}, nullptr, log_);
    ASSERT_TRUE(opened) << opened.error();
    tap_ = *std::move(opened);
    tap_->start();
  }

  // Asked for after all has been said: when it has seen the last PING of this, it has seen all.
  Report report() {
    const std::uint64_t before = pings();
    server_.command({"PING"});
    EXPECT_TRUE(eventually([&] { return pings() > before; }));
    return tap_->report();
  }

  std::uint64_t pings() const {
    for (const tap::OperationRow& row : tap_->report().operations) {
      if (row.operation == "PING") return row.figures.commands;
    }
    return 0;
  }

  void expect_what_the_server_counts(const Report& report) const {
    const std::uint64_t hits = info_number(server_, "stats", "keyspace_hits");
    const std::uint64_t misses = info_number(server_, "stats", "keyspace_misses");
    const tap::Figures& seen = report.total;
    EXPECT_GE(hits, seen.lookup_hits);
    EXPECT_LE(hits, seen.lookup_hits + seen.lookups_undecided);
    EXPECT_EQ(hits + misses, seen.lookup_hits + seen.lookup_misses + seen.lookups_undecided);
    EXPECT_EQ(report.counters.dropped, 0);
    EXPECT_EQ(report.counters.doubts.gaps, 0);
    EXPECT_EQ(report.counters.doubts.contradictions, 0);
    EXPECT_EQ(report.counters.doubts.lost_requests, 0);
  }

  json run_clients(const std::string& library, int protocol, int seed) const {
    const Finished finished = run_to_end({"node", HITWATCH_TAP_CLIENTS, HITWATCH_NODE_MODULES,
                                          library, std::to_string(server_.port()),
                                          std::to_string(protocol), std::to_string(seed)});
    EXPECT_EQ(finished.code, 0) << finished.output;
    return json::parse(finished.output, nullptr, false);
  }

  void expect_what_the_clients_count(const std::string& library, int protocol) {
    json counted{{"hits", 0}, {"misses", 0}};
    for (int seed = 1; seed <= 3; ++seed) {
      const json more = run_clients(library, protocol, seed);
      ASSERT_TRUE(more.is_object());
      for (const char* what : {"hits", "misses"}) {
        counted[what] = counted[what].get<int>() + more[what].get<int>();
      }
    }
    const Report seen = report();
    EXPECT_EQ(seen.total.hits, counted["hits"]);
    EXPECT_EQ(seen.total.misses, counted["misses"]);
    EXPECT_GT(seen.total.hits, 1000);
    expect_what_the_server_counts(seen);
  }

  RedisServer server_;
  log::Log log_{log::Level::kError, log::Format::kLogfmt};
  std::unique_ptr<tap::Tap> tap_;
};

TEST_F(TapExactness, Ioredis) { expect_what_the_clients_count("ioredis", 2); }
TEST_F(TapExactness, NodeRedisWithResp2) { expect_what_the_clients_count("node-redis", 2); }
TEST_F(TapExactness, NodeRedisWithResp3) { expect_what_the_clients_count("node-redis", 3); }

TEST_F(TapExactness, RedisCli) {
  std::string commands;
  for (int i = 0; i < 300; ++i) {
    const std::string key = "page:" + std::to_string(i % 7);
    if (i % 3 == 0) commands += "SET " + key + " " + std::string(i, 'v') + "\n";
    commands += "GET " + key + "\nGET absent:" + key + "\nEXISTS " + key + " a b\n";
    commands += "MULTI\nGET " + key + "\nHGET h f\nEXEC\n";
    commands += "EVAL \"return redis.call('SET', KEYS[1], 'x')\" 1 " + key + "\n";
  }
  const TempDir dir;
  const std::string file = dir.write("commands", commands);
  for (const char* protocol : {"-2", "-3"}) {
    const Finished finished =
        run_to_end({"sh", "-c",
                    "redis-cli " + std::string(protocol) + " -p " + std::to_string(server_.port()) +
                        " < " + file + " > /dev/null"});
    ASSERT_EQ(finished.code, 0) << finished.output;
  }
  const Report seen = report();
  // GET twice, and once more in the transaction, which also asks for a field. In the first run five
  // of the seven keys are there only after their first turn, which asks twice.
  EXPECT_EQ(seen.total.hits + seen.total.misses, 2 * 300 * 4);
  EXPECT_EQ(seen.total.hits, 2 * 300 * 2 - 5 * 2);
  expect_what_the_server_counts(seen);
}

// Inline commands, in a stream without pauses.
TEST_F(TapExactness, RedisCliPipe) {
  std::string commands;
  for (int i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i % 11);
    commands += "SET page:" + key + " " + std::string(1 + i % 50, 'v') + "\r\nGET page:" + key +
                "\r\nGET none:" + key + "\r\n";
  }
  const TempDir dir;
  const Finished finished = run_to_end({"sh", "-c",
                                        "redis-cli --pipe -p " + std::to_string(server_.port()) +
                                            " < " + dir.write("commands", commands)});
  ASSERT_EQ(finished.code, 0) << finished.output;
  const Report seen = report();
  EXPECT_EQ(seen.total.hits, 300);
  EXPECT_EQ(seen.total.misses, 300);
  expect_what_the_server_counts(seen);
}

// More outstanding requests than are remembered: those beyond are not counted, which is told, and
// what comes later is.
TEST_F(TapExactness, APipelineWithoutEnd) {
  std::string commands;
  for (int i = 0; i < 30'000; ++i) commands += "GET none:" + std::to_string(i) + "\r\n";
  commands += "SET page:1 v\r\n";
  const TempDir dir;
  const Finished finished = run_to_end({"sh", "-c",
                                        "redis-cli --pipe -p " + std::to_string(server_.port()) +
                                            " < " + dir.write("commands", commands)});
  ASSERT_EQ(finished.code, 0) << finished.output;
  const Report seen = report();
  EXPECT_EQ(seen.total.hits, 0);
  EXPECT_LT(seen.total.misses, 30'000);
  EXPECT_GT(seen.total.misses, 500);
  EXPECT_GT(seen.counters.doubts.too_many_keys, 0);
  EXPECT_EQ(seen.counters.doubts.contradictions, 0);
}

TEST_F(TapExactness, RedisBenchmark) {
  constexpr int kRequests = repetitions(3200, 8);  // a multiple of every pipeline
  for (const char* pipeline : {"1", "16", "200"}) {
    for (const char* size : {"3", "2000"}) {
      const Finished finished =
          run_to_end({"redis-benchmark", "-p", std::to_string(server_.port()), "-q", "-c", "20",
                      "-n", std::to_string(kRequests), "-P", pipeline, "-d", size, "-r", "300",
                      "-t", "set,get,incr,lpush,rpush,lpop,sadd,hset,spop,zadd,zpopmin,mset"});
      ASSERT_EQ(finished.code, 0) << finished.output;
    }
  }
  const Finished ranges =
      run_to_end({"redis-benchmark", "-p", std::to_string(server_.port()), "-q", "-n",
                  std::to_string(repetitions(2000)), "-P", "5", "-t", "lrange_100"});
  ASSERT_EQ(ranges.code, 0) << ranges.output;
  const Report seen = report();
  EXPECT_EQ(seen.total.hits + seen.total.misses, 6U * kRequests);
  expect_what_the_server_counts(seen);
  std::uint64_t executed = 0;
  for (const auto& server : seen.counters.servers) executed += server.executed;
  EXPECT_GE(executed, 6U * 12 * kRequests);
}

// A server in a network namespace of its own, such as a container's, whose loopback is seen only in
// there. Its address is that of the server here.
TEST_F(TapExactness, AServerInANamespaceOfItsOwn) {
  const packets::test::OwnNamespace container;
  const std::string port = std::to_string(server_.port());
  const std::string inside = "--net=" + container.path();
  const Process other({"nsenter", inside, "redis-server", "--port", port, "--save", "", "--dir",
                       server_.dir().path()});
  const std::vector<std::string> client{"nsenter", inside, "redis-cli", "-p", port};
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), client.begin(), client.end());
    return run_to_end(words);
  };
  ASSERT_TRUE(eventually([&] { return ask({"PING"}).output == "PONG\n"; }));
  tap::Options options;
  options.network_namespaces = {container.path()};
  open_tap(options);
  for (int i = 0; i < 5; ++i) ask({"GET", "there:1"});
  for (int i = 0; i < 3; ++i) server_.command({"GET", "here:1"});
  // Each ring hands out its packets by itself.
  ASSERT_TRUE(eventually([&] { return tap_->report().total.misses == 8; }));
  const Report seen = tap_->report();
  ASSERT_EQ(seen.counters.servers.size(), 2);
  for (const tap::ServerFigures& server : seen.counters.servers) {
    EXPECT_EQ(to_string(server.server), server_.address());
    EXPECT_EQ(server.figures.misses, server.network_namespace == 1 ? 5 : 3);
  }
}

// A container that starts anew.
TEST_F(TapExactness, ANamespaceThatIsMadeAnewIsTold) {
  const packets::test::OwnNamespace first;
  const packets::test::OwnNamespace second;
  const TempDir dir;
  const std::string name = dir.path() + "/container";
  std::filesystem::create_symlink(first.path(), name);
  tap::Options options;
  options.network_namespaces = {name};
  open_tap(options);
  EXPECT_TRUE(tap_->counters().faults.empty());
  const auto is_told = [&](const std::string& what) {
    return eventually([&] {
      const auto faults = tap_->counters().faults;
      return faults.size() == 1 && faults[0].contains(name + " " + what);
    });
  };
  std::filesystem::remove(name);
  EXPECT_TRUE(is_told("is not there any more"));
  std::filesystem::create_symlink(second.path(), name);
  EXPECT_TRUE(is_told("was made anew"));
  std::filesystem::remove(name);
  std::filesystem::create_symlink(first.path(), name);
  EXPECT_TRUE(eventually([&] { return tap_->counters().faults.empty(); }));
}

// A client that was there before the tap: not counted before it has proved what is whose reply, and
// right from then on.
TEST_F(TapExactness, AConnectionFromBefore) {
  tap_.reset();
  const Process early({"redis-cli", "-p", std::to_string(server_.port()), "-r", "1000000", "-i",
                       "0.006", "GET", "absent"});
  ASSERT_TRUE(eventually([&] { return info_number(server_, "stats", "keyspace_misses") > 50; }));
  open_tap();
  EXPECT_TRUE(eventually([&] { return tap_->report().total.misses > 100; }));
  EXPECT_EQ(tap_->report().total.hits, 0);
}

}  // namespace
}  // namespace hitwatch::test
