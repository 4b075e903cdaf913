// A cluster of six nodes, watched by the daemon from one seed, and by Debian's
// prometheus-redis-exporter as its users do: one process that is asked for every node, or one
// process for each. All are scraped every five seconds for a minute, one after the other; prints
// what the nodes get to hear of it, command by command, and what it costs.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/bench/redis_exporter.h"
#include "tests/system/cluster_set.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using test::ClusterSet;
using test::eventually;
using test::Hitwatch;

constexpr seconds kInterval{5};
constexpr int kScrapes = 12;
constexpr double kMinutes = kScrapes * 5 / 60.0;
// Until the daemon has found all nodes and looks at the cluster at leisure.
constexpr seconds kSettling{15};

// Sums over all nodes.
struct Heard {
  double connections = 0;
  double commands = 0;
  double usec = 0;                      // in commands
  std::map<std::string, double> calls;  // by command
};

double figure_of(const std::string& info, const std::string& field) {
  const std::size_t at = info.find(field + ":");
  return at == std::string::npos ? 0 : std::strtod(info.c_str() + at + field.size() + 1, nullptr);
}

// cmdstat_config|get:calls=3,usec=54,usec_per_call=18.00,rejected_calls=0,failed_calls=0
void add_calls(const std::string& stats, std::map<std::string, double>& calls) {
  constexpr std::string_view kName = "cmdstat_";
  constexpr std::string_view kCalls = ":calls=";
  for (std::size_t at = 0; (at = stats.find(kName, at)) != std::string::npos;) {
    at += kName.size();
    const std::size_t end = stats.find(kCalls, at);
    if (end == std::string::npos) return;
    calls[stats.substr(at, end - at)] += std::strtod(stats.c_str() + end + kCalls.size(), nullptr);
  }
}

Heard heard_by(const ClusterSet& set) {
  Heard heard;
  for (const auto& node : set.nodes) {
    const std::string info = node->command({"INFO", "stats"});
    heard.connections += figure_of(info, "total_connections_received");
    heard.commands += figure_of(info, "total_commands_processed");
    const std::string stats = node->command({"INFO", "commandstats"});
    heard.usec += usec_in_commands(stats);
    add_calls(stats, heard.calls);
  }
  return heard;
}

// In a minute.
Heard heard_between(const Heard& before, const Heard& after) {
  Heard heard;
  heard.connections = (after.connections - before.connections) / kMinutes;
  heard.commands = (after.commands - before.commands) / kMinutes;
  heard.usec = (after.usec - before.usec) / kMinutes;
  for (const auto& [command, calls] : after.calls) {
    const auto found = before.calls.find(command);
    const double earlier = found == before.calls.end() ? 0 : found->second;
    heard.calls[command] = (calls - earlier) / kMinutes;
  }
  return heard;
}

struct Cost {
  std::string who;
  Heard heard;     // in a minute
  double cpu = 0;  // ms in a minute, of the watchers
  long rss_kib = 0;
};

// `processes` watch, `scrape` asks them.
Cost measure(const std::string& who, const ClusterSet& set, const std::vector<pid_t>& processes,
             const std::function<void()>& scrape) {
  Cost cost{.who = who, .heard = {}};
  const auto watchers_cpu = [&] {
    double total = 0;
    for (const pid_t process : processes) total += cpu_ms(process);
    return total;
  };
  const Heard before = heard_by(set);
  const double cpu = watchers_cpu();
  const auto began = steady_clock::now();
  for (int i = 0; i < kScrapes; ++i) {
    scrape();
    std::this_thread::sleep_until(began + kInterval * (i + 1));
  }
  cost.heard = heard_between(before, heard_by(set));
  cost.cpu = (watchers_cpu() - cpu) / kMinutes;
  for (const pid_t process : processes) cost.rss_kib += status_figure(process, "VmRSS");
  return cost;
}

Cost nobody(const ClusterSet& set) {
  return measure("nobody", set, {}, [] {});
}

Cost hitwatch_from_one_seed(const std::string& who, const ClusterSet& set,
                            const std::string& further) {
  const test::TempDir dir;
  Hitwatch daemon(
      {"run", "--config",
       dir.write("hitwatch.yaml", fmt::format("targets: [{{cluster: {{name: c, urls: ['{}']}}}}]\n"
                                              "poll: {{interval: 5s}}\n{}",
                                              set.nodes[0]->url(), further))});
  const bool found = eventually([&] {
    return test::occurrences(daemon.metrics(), "\nredis_up{") == static_cast<int>(set.nodes.size());
  });
  if (!found) throw std::runtime_error("the nodes are not found: " + daemon.process().output());
  std::this_thread::sleep_for(kSettling);
  KeptConnection connection(daemon.port());
  return measure(who, set, {daemon.process().pid()}, [&] { connection.get("/metrics"); });
}

Cost one_exporter(const ClusterSet& set) {
  const RedisExporter exporter(set.nodes[0]->url());
  KeptConnection connection(exporter.port());
  return measure("redis_exporter, one process, /scrape for each node", set, {exporter.pid()}, [&] {
    for (const auto& node : set.nodes) connection.get("/scrape?target=" + node->url());
  });
}

Cost exporter_for_each(const ClusterSet& set) {
  std::vector<std::unique_ptr<RedisExporter>> exporters;
  std::vector<std::unique_ptr<KeptConnection>> connections;
  std::vector<pid_t> processes;
  for (const auto& node : set.nodes) {
    exporters.push_back(std::make_unique<RedisExporter>(node->url()));
    connections.push_back(std::make_unique<KeptConnection>(exporters.back()->port()));
    processes.push_back(exporters.back()->pid());
  }
  return measure("redis_exporter, a process for each node", set, processes, [&] {
    for (const auto& connection : connections) connection->get("/metrics");
  });
}

void print(const std::vector<Cost>& costs, const Cost& idle, const Cost& reference) {
  fmt::print(
      "| | connections opened a minute | commands a minute | ms in commands a minute | CPU ms a "
      "minute | RSS MiB "
      "|\n|---|---|---|---|---|---|\n");
  const auto cell = [](double value, double of) {
    if (of <= 0) return fmt::format("{:.0f}", value);
    return fmt::format("{:.0f} ({:.2f})", value, value / of);
  };
  for (const Cost& cost : costs) {
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", cost.who,
               cell(cost.heard.connections - idle.heard.connections,
                    reference.heard.connections - idle.heard.connections),
               cell(cost.heard.commands - idle.heard.commands,
                    reference.heard.commands - idle.heard.commands),
               cell((cost.heard.usec - idle.heard.usec) / 1e3,
                    (reference.heard.usec - idle.heard.usec) / 1e3),
               cell(cost.cpu, reference.cpu), cost.rss_kib / 1024);
  }
}

// What the nodes say to each other, and are asked by this program, is taken off.
void print_commands(const std::vector<Cost>& costs, const Cost& idle) {
  const auto calls_of = [](const Cost& cost, const std::string& command) {
    const auto found = cost.heard.calls.find(command);
    return found == cost.heard.calls.end() ? 0.0 : found->second;
  };
  std::set<std::string> commands;
  for (const Cost& cost : costs) {
    for (const auto& [command, calls] : cost.heard.calls) {
      if (calls - calls_of(idle, command) > 0) commands.insert(command);
    }
  }
  fmt::print("\n| calls a minute |");
  for (const Cost& cost : costs) fmt::print(" {} |", cost.who);
  fmt::print("\n|---|");
  for (std::size_t i = 0; i < costs.size(); ++i) fmt::print("---|");
  fmt::print("\n");
  for (const std::string& command : commands) {
    fmt::print("| {} |", command);
    for (const Cost& cost : costs) {
      fmt::print(" {:.0f} |", calls_of(cost, command) - calls_of(idle, command));
    }
    fmt::print("\n");
  }
}

int run() {
  const ClusterSet set(3, 1);
  for (const auto& node : set.nodes)
    node->command({"CONFIG", "SET", "cluster-node-timeout", "15000"});
  const Cost idle = nobody(set);
  std::vector<Cost> costs;
  costs.push_back(one_exporter(set));
  costs.push_back(exporter_for_each(set));
  costs.push_back(hitwatch_from_one_seed(
      "hitwatch, polls alone", set, "keys: {sample: {enabled: false}}\nrules: {bundled: false}\n"));
  costs.push_back(hitwatch_from_one_seed("hitwatch with rules and sampled keys", set, ""));
  fmt::print(
      "\nSix nodes, every {} s, for {} s each. Without what the nodes say to each other; in "
      "parentheses over the first.\n\n",
      kInterval.count(), kScrapes * kInterval.count());
  print(costs, idle, costs.front());
  print_commands(costs, idle);
  return 0;
}

}  // namespace
}  // namespace hitwatch::bench

int main() {
  try {
    return hitwatch::bench::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
