// Whoever changes from redis_exporter finds its figures of keys, groups and streams: Debian's
// prometheus-redis-exporter looks at the same server, whose keys stand still.
#include <gtest/gtest.h>
#include <httplib.h>

#include <map>
#include <sstream>

#include "tests/keyspace/checks_driver.h"

namespace hitwatch::keyspace {
namespace {

using test::RedisServer;

// Values by `name{label="x",…}` with sorted labels.
using Figures = std::map<std::string, double>;

std::string name_of_series(const std::string& name, const std::map<std::string, std::string>& by) {
  std::string text = name + "{";
  for (const auto& [label, value] : by) text += label + "=" + value + ",";
  return text + "}";
}

// No value of these tests has a quote or a backslash in it.
std::map<std::string, std::string> labels_of(const std::string& text) {
  std::map<std::string, std::string> labels;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find("=\"", at);
    const std::size_t end = text.find('"', equals + 2);
    labels[text.substr(at, equals - at)] = text.substr(equals + 2, end - equals - 2);
    at = end + 2;
  }
  return labels;
}

bool is_of_keys(const std::string& line) {
  constexpr std::string_view kNames[] = {"redis_key_", "redis_keys_count", "redis_stream_",
                                         "redis_number_of_distinct_key_groups"};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return line.starts_with(name); });
}

Figures figures_of(const std::string& exposition) {
  Figures figures;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (!is_of_keys(line)) continue;
    const std::size_t open = line.find('{');
    const std::size_t close = line.rfind('}');
    const std::string labels = line.substr(open + 1, close - open - 1);
    figures[name_of_series(line.substr(0, open), labels_of(labels))] =
        std::strtod(line.c_str() + close + 1, nullptr);
  }
  return figures;
}

Figures figures_of(const metrics::Snapshot& snapshot) {
  Figures figures;
  for (const metrics::Sample& sample : snapshot.samples) {
    figures[name_of_series(sample.series->family->name, labels_of(sample.series->text))] =
        sample.value;
  }
  return figures;
}

std::string ask_peer(std::vector<std::string> arguments) {
  const int port = test::free_port();
  arguments.insert(arguments.begin(), "prometheus-redis-exporter");
  arguments.push_back("--web.listen-address=127.0.0.1:" + std::to_string(port));
  test::Process process(arguments);
  std::string body;
  test::eventually([&] {
    httplib::Client client("127.0.0.1", port);
    client.set_read_timeout(20);
    const auto result = client.Get("/metrics");
    if (result) body = result->body;
    return !body.empty() || !process.running();
  });
  return body;
}

void write_keys(const RedisServer& server) {
  for (int i = 0; i < 30; ++i) {
    server.command({"SET", "user:" + std::to_string(i), std::string(10U * i, 'x')});
    server.command({"HSET", "cart:" + std::to_string(i % 7) + ":" + std::to_string(i), "f", "v"});
  }
  server.command({"SET", "rate", "12.5"});
  server.command({"SET", "infinite", "-inf"});
  server.command({"SET", "words", "one two"});
  server.command({"LPUSH", "queue", "a", "b"});
  server.command({"SADD", "set", "a", "b"});
  server.command({"ZADD", "sorted", "1", "a"});
  server.command({"SET", "elsewhere", "7"});
  server.command({"MOVE", "elsewhere", "3"});
  for (const char* id : {"1000-0", "2000-5"}) server.command({"XADD", "orders", id, "f", "v"});
  server.command({"XGROUP", "CREATE", "orders", "readers", "0"});
  server.command({"XREADGROUP", "GROUP", "readers", "al", "COUNT", "1", "STREAMS", "orders", ">"});
}

// What the peer shows and we do not: zeros for databases that are empty.
bool is_of_an_empty_database(const std::string& series, double value) {
  return series.starts_with("redis_number_of_distinct_key_groups") && value == 0;
}

TEST(ChecksParity, WhatThePeerShowsOfKeysIsHere) {
  const RedisServer server;
  write_keys(server);
  const Figures theirs = figures_of(ask_peer(
      {"--redis.addr=" + server.url(), "--check-keys=user:1*,queue,db3=*,db0=nothing*,cart:[12]:*",
       "--check-single-keys=rate,infinite,words,set,sorted,gone,orders,db3=gone",
       "--count-keys=user:*,db3=*,nothing*", "--check-key-groups=^(user):,^(cart:%d):,^()q",
       "--max-distinct-key-groups=5", "--check-streams=ord*,user:1",
       "--check-single-streams=gone"}));
  ChecksDriver driver(server.url());
  driver.options.keys = {
      {0, "user:1*"}, {0, "queue"}, {3, "*"}, {0, "nothing*"}, {0, "cart:[12]:*"}};
  driver.options.single_keys = {{0, "rate"},   {0, "infinite"}, {0, "words"},  {0, "set"},
                                {0, "sorted"}, {0, "gone"},     {0, "orders"}, {3, "gone"}};
  driver.options.count = {{0, "user:*"}, {3, "*"}, {0, "nothing*"}};
  driver.options.groups = {"^(user):", "^(cart:%d):", "^()q"};
  driver.options.max_groups = 5;
  driver.options.streams = {{0, "ord*"}, {0, "user:1"}};
  driver.options.single_streams = {{0, "gone"}};
  driver.options.values = true;
  driver.run();
  ASSERT_NE(driver.result.snapshot, nullptr);
  Figures ours = figures_of(*driver.result.snapshot);
  EXPECT_GT(theirs.size(), 80U);
  for (const auto& [series, value] : theirs) {
    if (is_of_an_empty_database(series, value)) continue;
    ASSERT_TRUE(ours.contains(series)) << series;
    if (series.contains("idle_seconds")) continue;
    EXPECT_EQ(ours[series], value) << series;
  }
}

}  // namespace
}  // namespace hitwatch::keyspace
