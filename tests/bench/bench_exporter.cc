// The daemon beside Debian's prometheus-redis-exporter: the same real redis-server, the same
// scrapes, in turns, so that both see the same machine. Prints what a scrape costs each of them and
// the server, then what watching fifty servers costs, then the goals.
//
// The server of the daemon that polls in the background is a twin of the other, so that what its
// polls cost that server is not charged to anyone else.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/bench/redis_exporter.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::eventually;
using test::Hitwatch;
using test::RedisServer;

constexpr int kRounds = 5;
constexpr int kScrapesARound = 100;
constexpr int kScrapes = kRounds * kScrapesARound;
constexpr int kServers = 50;
constexpr seconds kFleetTime{20};
constexpr const char* kGzip = "Accept-Encoding: gzip\r\n";

// Keys in three databases, and about thirty commands in the statistics.
void use(const RedisServer& server) {
  server.command({"DEBUG", "POPULATE", "10000"});
  const std::vector<std::vector<std::string>> commands = {{"SET", "a", "1"},
                                                          {"GET", "a"},
                                                          {"INCR", "a"},
                                                          {"DECR", "a"},
                                                          {"APPEND", "s", "x"},
                                                          {"STRLEN", "s"},
                                                          {"GETRANGE", "s", "0", "1"},
                                                          {"SETEX", "t", "900", "x"},
                                                          {"MSET", "b", "1", "c", "2"},
                                                          {"MGET", "b", "c"},
                                                          {"EXPIRE", "b", "800"},
                                                          {"TTL", "b"},
                                                          {"EXISTS", "c"},
                                                          {"DEL", "c"},
                                                          {"LPUSH", "l", "1"},
                                                          {"RPUSH", "l", "2"},
                                                          {"LRANGE", "l", "0", "-1"},
                                                          {"LLEN", "l"},
                                                          {"HSET", "h", "f", "1"},
                                                          {"HGET", "h", "f"},
                                                          {"HGETALL", "h"},
                                                          {"HINCRBY", "h", "f", "1"},
                                                          {"SADD", "m", "1"},
                                                          {"SMEMBERS", "m"},
                                                          {"ZADD", "z", "1", "x"},
                                                          {"ZRANGE", "z", "0", "-1"},
                                                          {"PUBLISH", "news", "x"},
                                                          {"TYPE", "z"},
                                                          {"COPY", "a", "a", "DB", "1"},
                                                          {"COPY", "a", "a", "DB", "2"},
                                                          {"HGET", "a", "wrong type"}};
  for (int i = 0; i < 20; ++i) {
    for (const auto& command : commands) server.command(command);
  }
}

RedisServer make_server() { return RedisServer({"--enable-debug-command", "yes"}); }

double command_usec(const RedisServer& server) {
  return usec_in_commands(server.command({"INFO", "commandstats"}));
}

// What kScrapes scrapes cost.
struct Cost {
  std::vector<double> latencies;  // ms
  double cpu = 0;                 // ms
  std::size_t bytes = 0;          // of the last answer
  double server_usec = 0;         // in commands
  double server_cpu = 0;          // ms of the server's process

  double cpu_each() const { return cpu / kScrapes; }
};

struct Contender {
  std::string name;
  pid_t pid;
  const RedisServer* server;
  KeptConnection connection;
  Cost plain;
  Cost gzip;
  long rss_kib = 0;

  Contender(std::string called, pid_t process, int port, const RedisServer& watched)
      : name(std::move(called)), pid(process), server(&watched), connection(port) {}

  void round(bool compressed) {
    Cost& cost = compressed ? gzip : plain;
    const double usec = command_usec(*server);
    const double server_cpu = cpu_ms(server->pid());
    const double cpu = cpu_ms(pid);
    for (int i = 0; i < kScrapesARound; ++i) {
      const auto answer = connection.get("/metrics", compressed ? kGzip : "");
      cost.latencies.push_back(answer.milliseconds);
      cost.bytes = answer.bytes;
    }
    cost.cpu += cpu_ms(pid) - cpu;
    cost.server_cpu += cpu_ms(server->pid()) - server_cpu;
    cost.server_usec += command_usec(*server) - usec;
  }
};

void print_row(const std::string& what, const std::vector<std::string>& cells) {
  fmt::print("| {} |", what);
  for (const std::string& cell : cells) fmt::print(" {} |", cell);
  fmt::print("\n");
}

template <typename Cell>
void print_row(const std::string& what, std::vector<Contender*> all, Cell cell) {
  std::vector<std::string> cells;
  for (Contender* each : all) cells.push_back(cell(*each));
  print_row(what, cells);
}

std::string milli(double value) { return fmt::format("{:.3f}", value); }

void print_costs(const std::vector<Contender*>& all, bool compressed) {
  const std::string how = compressed ? ", gzip" : "";
  const auto cost = [compressed](Contender& each) -> Cost& {
    return compressed ? each.gzip : each.plain;
  };
  print_row("CPU ms per scrape" + how, all,
            [&](Contender& each) { return milli(cost(each).cpu_each()); });
  print_row("latency p50 ms" + how, all,
            [&](Contender& each) { return milli(percentile(cost(each).latencies, 0.5)); });
  print_row("latency p99 ms" + how, all,
            [&](Contender& each) { return milli(percentile(cost(each).latencies, 0.99)); });
  print_row("bytes" + how, all, [&](Contender& each) { return std::to_string(cost(each).bytes); });
}

struct Goal {
  std::string what;
  std::string goal;
  std::string reached;
  bool met;
};

// Ours is to be at most the `parts`th part of the peer's.
Goal ratio_goal(std::string what, double ours, double peers, int parts) {
  const std::string goal =
      parts == 1 ? "at most the peer's" : fmt::format("at most 1/{} of the peer's", parts);
  return {std::move(what), goal,
          fmt::format("1/{:.1f} ({:.5g} against {:.5g})", peers / ours, ours, peers),
          ours * parts <= peers};
}

// A daemon that polls every second and is not asked: what a poll costs it.
double background_poll_ms(pid_t pid) {
  constexpr seconds kIdle{5};
  const double before = cpu_ms(pid);
  std::this_thread::sleep_for(kIdle);
  return (cpu_ms(pid) - before) / static_cast<double>(kIdle.count());
}

std::vector<Goal> compare_one_server() {
  const RedisServer server = make_server();
  const RedisServer twin = make_server();
  use(server);
  use(twin);
  const test::TempDir dir;
  const std::string config =
      dir.write("hitwatch.yaml", "targets: [{url: '" + twin.url() + "'}]\npoll: {interval: 1s}\n");

  const RedisExporter peer(server.url());
  Hitwatch all_metrics({"exporter", "--redis.addr=" + server.url()});
  Hitwatch same_metrics(
      {"exporter", "--redis.addr=" + server.url(), "--exclude-latency-histogram-metrics"});
  Hitwatch background({"run", "--config", config});

  Contender c_peer("peer", peer.pid(), peer.port(), server);
  Contender c_all("hitwatch exporter", all_metrics.process().pid(), all_metrics.port(), server);
  Contender c_same("hitwatch exporter, the peer's metrics", same_metrics.process().pid(),
                   same_metrics.port(), server);
  Contender c_run("hitwatch run", background.process().pid(), background.port(), twin);
  const std::vector<Contender*> all = {&c_peer, &c_same, &c_all, &c_run};
  for (Contender* each : all) {  // warm
    for (int i = 0; i < 20; ++i) each->connection.get("/metrics", i % 2 != 0 ? kGzip : "");
  }
  for (int round = 0; round < kRounds; ++round) {
    for (const bool compressed : {false, true}) {
      for (Contender* each : all) each->round(compressed);
    }
  }
  for (Contender* each : all) each->rss_kib = status_figure(each->pid, "VmRSS");
  const double poll_ms = background_poll_ms(c_run.pid);

  fmt::print("\n## One server, {} scrapes each, in {} turns\n\n", kScrapes, kRounds);
  print_row("", all, [](Contender& each) { return each.name; });
  fmt::print("|---|---|---|---|---|\n");
  print_costs(all, false);
  print_costs(all, true);
  print_row("RSS KiB", all, [](Contender& each) { return std::to_string(each.rss_kib); });
  const auto per_poll = [&](auto value) {
    return [&c_run, value](Contender& each) {
      return &each == &c_run ? std::string("-") : value(each.plain);
    };
  };
  print_row("server: µs in commands per poll", all, per_poll([](const Cost& cost) {
              return fmt::format("{:.0f}", cost.server_usec / kScrapes);
            }));
  print_row("server: CPU ms per poll", all,
            per_poll([](const Cost& cost) { return milli(cost.server_cpu / kScrapes); }));
  fmt::print(
      "\n`hitwatch run` answers from its last poll, which it makes once a second whoever "
      "asks: {:.3f} ms of CPU a poll.\n",
      poll_ms);

  return {
      ratio_goal("CPU ms per poll and scrape", c_same.plain.cpu_each(), c_peer.plain.cpu_each(),
                 10),
      ratio_goal("the same, gzip", c_same.gzip.cpu_each(), c_peer.gzip.cpu_each(), 10),
      ratio_goal("latency p50 ms", percentile(c_same.plain.latencies, 0.5),
                 percentile(c_peer.plain.latencies, 0.5), 5),
      ratio_goal("the same, polled in the background", percentile(c_run.plain.latencies, 0.5),
                 percentile(c_peer.plain.latencies, 0.5), 5),
      ratio_goal("RSS KiB", static_cast<double>(c_all.rss_kib), static_cast<double>(c_peer.rss_kib),
                 1),
      ratio_goal("server: µs in commands per poll", c_same.plain.server_usec / kScrapes,
                 c_peer.plain.server_usec / kScrapes, 1),
  };
}

// Calls `work` at every full second, kFleetTime long.
template <typename Work>
void every_second(Work work) {
  const auto began = steady_clock::now();
  for (int i = 0; i < kFleetTime.count(); ++i) {
    work();
    std::this_thread::sleep_until(began + seconds(i + 1));
  }
}

struct FleetCost {
  double cpu_seconds;
  long threads_with_one;
  long threads_with_all;
  long rss_kib;
};

std::string config_of(const std::vector<RedisServer*>& servers) {
  std::string text = "poll: {interval: 1s}\ntargets:\n";
  for (const RedisServer* server : servers) text += "  - url: " + server->url() + "\n";
  return text;
}

FleetCost watch_with_hitwatch(const std::vector<RedisServer*>& servers) {
  const test::TempDir dir;
  long threads_with_one = 0;
  {
    Hitwatch one({"run", "--config", dir.write("one.yaml", config_of({servers.front()}))});
    one.get("/metrics");
    threads_with_one = status_figure(one.process().pid(), "Threads");
  }
  Hitwatch daemon({"run", "--config", dir.write("all.yaml", config_of(servers))});
  if (!eventually([&] { return daemon.get("/-/ready").status == 200; })) {
    throw std::runtime_error("the daemon is not ready: " + daemon.process().output());
  }
  const pid_t pid = daemon.process().pid();
  KeptConnection connection(daemon.port());
  const double before = cpu_ms(pid);
  every_second([&] { connection.get("/metrics"); });
  return {(cpu_ms(pid) - before) / 1e3, threads_with_one, status_figure(pid, "Threads"),
          status_figure(pid, "VmRSS")};
}

FleetCost watch_with_peer(const std::vector<RedisServer*>& servers) {
  const RedisExporter peer(servers.front()->url());
  KeptConnection connection(peer.port());
  connection.get("/metrics");
  const long threads = status_figure(peer.pid(), "Threads");
  const double before = cpu_ms(peer.pid());
  every_second([&] {
    for (const RedisServer* server : servers) {
      connection.get("/scrape?target=" + server->url());
    }
  });
  return {(cpu_ms(peer.pid()) - before) / 1e3, threads, status_figure(peer.pid(), "Threads"),
          status_figure(peer.pid(), "VmRSS")};
}

std::vector<Goal> compare_fleet() {
  std::vector<std::unique_ptr<RedisServer>> owned;
  std::vector<RedisServer*> servers;
  for (int i = 0; i < kServers; ++i) {
    owned.push_back(std::make_unique<RedisServer>());
    servers.push_back(owned.back().get());
  }
  const FleetCost ours = watch_with_hitwatch(servers);
  const FleetCost peers = watch_with_peer(servers);
  fmt::print("\n## {} servers, each polled and scraped every second for {} s\n\n", kServers,
             kFleetTime.count());
  print_row("", std::vector<std::string>{"peer, /scrape of each", "hitwatch run, one /metrics"});
  fmt::print("|---|---|---|\n");
  print_row("CPU s", {milli(peers.cpu_seconds), milli(ours.cpu_seconds)});
  print_row("threads with 1 server",
            {std::to_string(peers.threads_with_one), std::to_string(ours.threads_with_one)});
  print_row(fmt::format("threads with {}", kServers),
            {std::to_string(peers.threads_with_all), std::to_string(ours.threads_with_all)});
  print_row("RSS KiB", {std::to_string(peers.rss_kib), std::to_string(ours.rss_kib)});
  return {ratio_goal(fmt::format("{} servers: CPU s", kServers), ours.cpu_seconds,
                     peers.cpu_seconds, 10),
          {fmt::format("{} servers: threads", kServers), "as many as with one",
           fmt::format("{} with one, {} with {}", ours.threads_with_one, ours.threads_with_all,
                       kServers),
           ours.threads_with_one == ours.threads_with_all}};
}

void run() {
  std::vector<Goal> goals = compare_one_server();
  std::ranges::move(compare_fleet(), std::back_inserter(goals));
  fmt::print("\n## Goals\n\n| | goal | reached | |\n|---|---|---|---|\n");
  for (const Goal& goal : goals) {
    print_row(goal.what, {goal.goal, goal.reached, goal.met ? "met" : "missed"});
  }
}

}  // namespace
}  // namespace hitwatch::bench

int main() {
  try {
    hitwatch::bench::run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_exporter: {}\n", error.what());
    return 1;
  }
}
