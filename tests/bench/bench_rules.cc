// The bundled rules over a fleet with an hour of history, beside Debian's Prometheus that is sent
// the same samples; what parts of the query language cost for each series; how the cost grows.
//
//   bench_rules [--targets=N]   of 250 series each (1000)
//
// Ours is measured in processes of its own (--as=…, which this program calls itself with), so that
// their memory is theirs alone. The Prometheus gets the history by remote write before its rules
// are loaded, and nothing afterwards: what its processor does then is evaluating.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rules/promql/engine.h"
#include "rules/promql/needs.h"
#include "rules/promql/parser.h"
#include "tests/bench/fleet.h"
#include "tests/bench/measure.h"
#include "tests/bench/prometheus.h"
#include "tests/bench/remote_write.h"
#include "tests/bench/rules_at_work.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::size_t kPolls = 240;   // an hour
constexpr std::size_t kOutage = 200;  // ten minutes before its end
constexpr int kRoundsOfPeer = 4;
constexpr const char* kRecorded = R"(count by (__name__) ({__name__=~".+:.+"}))";
constexpr const char* kAlerts = "count by (alertname) (ALERTS)";

double median(std::vector<double> values) { return percentile(values, 0.5); }

std::string text_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::int64_t wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             system_clock::now().time_since_epoch())
      .count();
}

// What the parent tells the process that is to be measured.
struct Order {
  std::string folder;  // with exposition.txt and rules/
  Fleet::Shape shape{.targets = 1000, .start = 0, .outage = kOutage};
  std::size_t polls = kPolls;
  bool everything = false;
  int rounds = 5;

  Fleet fleet() const { return {text_of(folder + "/exposition.txt"), shape}; }
  std::string rules() const { return folder + "/rules"; }
};

// --- the measured process

void print_all(const std::string& what, const std::map<std::string, double>& values) {
  for (const auto& [name, value] : values) fmt::print("{} {} {}\n", what, name, value);
}

void print_one(const std::string& what, auto value) { fmt::print("{} = {}\n", what, value); }

void work(const Order& order) {
  const Fleet fleet = order.fleet();
  RulesAtWork rules(order.rules(), order.everything);
  rules.take_in(fleet, order.polls);
  std::vector<double> cpu;
  std::vector<double> wall;
  std::vector<double> query;
  std::vector<double> append;
  std::map<std::string, std::vector<double>> groups;
  RulesAtWork::Round round;
  std::int64_t time = 0;
  for (int i = 0; i < order.rounds; ++i) {
    time = fleet.begin(order.polls + static_cast<std::size_t>(i));
    round = rules.evaluate(time);
    cpu.push_back(round.cpu_ms);
    wall.push_back(round.wall_ms);
    query.push_back(round.query_ms);
    append.push_back(round.append_ms);
    for (const auto& [name, milliseconds] : round.group_ms) groups[name].push_back(milliseconds);
  }
  print_one("rss_kib", status_figure(getpid(), "VmRSS"));
  print_one("cpu_ms", median(cpu));
  print_one("wall_ms", median(wall));
  print_one("query_ms", median(query));
  print_one("append_ms", median(append));
  print_one("fleet_series", fleet.all_series());
  const window::Window::Figures figures = rules.figures();
  print_one("series", figures.series);
  print_one("samples", figures.samples);
  print_one("sample_bytes", figures.sample_bytes);
  print_one("samples_read", round.samples_read);
  print_one("errors", round.errors);
  for (const auto& [name, milliseconds] : groups)
    fmt::print("group {} {}\n", name, median(milliseconds));
  print_all("recorded", rules.query(kRecorded, "__name__", time));
  print_all("alerts", rules.query(kAlerts, "alertname", time));
}

// What it printed: kind, name, value.
using Figures = std::map<std::string, std::map<std::string, double>>;

Figures measure(const Order& order) {
  test::Process process(
      {"/proc/self/exe", "--as=" + std::string(order.everything ? "all" : "read"),
       "--folder=" + order.folder, "--targets=" + std::to_string(order.shape.targets),
       "--start=" + std::to_string(order.shape.start), "--polls=" + std::to_string(order.polls)});
  if (process.wait() != 0) throw std::runtime_error(process.output());
  std::istringstream lines(process.output());
  Figures figures;
  std::string kind;
  std::string name;
  double value = 0;
  while (lines >> kind >> name >> value)
    figures[name == "=" ? "" : kind][name == "=" ? kind : name] = value;
  return figures;
}

// --- the peer

struct Peer {
  std::size_t series = 0;
  std::size_t polls = 0;     // that it was sent
  double group_seconds = 0;  // of one evaluation of all groups: medians of each, added up
  double cpu_ms = 0;         // of its process, for one evaluation of all groups
  long rss_kib = 0;
  double heap_in_use = 0;  // bytes, by its own account
  std::map<std::string, double> groups;
  std::map<std::string, double> recorded;
  std::map<std::string, double> alerts;
};

// The samples of some polls, several targets to a request.
void send(Prometheus& prometheus, const Fleet& fleet, std::size_t first, std::size_t last) {
  constexpr std::size_t kSamplesARequest = 20'000;
  WriteRequest request;
  std::size_t samples = 0;
  for (std::size_t source = 0; source < fleet.sources(); ++source) {
    for (std::size_t series = 0; series < fleet.series(source); ++series) {
      request.begin_series(fleet.labels(source, series));
      for (std::size_t poll = first; poll < last; ++poll) {
        const auto value = fleet.value(source, series, poll);
        if (!value) continue;
        request.sample(fleet.time(source, poll), *value);
        ++samples;
      }
      request.end_series();
    }
    if (samples < kSamplesARequest && source + 1 < fleet.sources()) continue;
    if (samples > 0) prometheus.write(request);
    request.clear();
    samples = 0;
  }
}

// The history quarter by quarter, and then what is polled while that goes on.
std::size_t send_history(Prometheus& prometheus, const Fleet& fleet) {
  constexpr std::size_t kPart = kPolls / 4;
  for (std::size_t poll = 0; poll < kPolls; poll += kPart) {
    send(prometheus, fleet, poll, poll + kPart);
  }
  std::size_t polls = kPolls;
  while (fleet.begin(polls + 1) <= wall_clock()) {
    std::size_t next = polls;
    while (fleet.begin(next + 1) <= wall_clock()) ++next;
    send(prometheus, fleet, polls, next);
    polls = next;
  }
  return polls;
}

Peer measure_peer(const Order& order, const Fleet& fleet) {
  Prometheus prometheus;
  Peer peer;
  fmt::print(stderr, "sending an hour of history to Prometheus\n");
  peer.polls = send_history(prometheus, fleet);
  peer.series = static_cast<std::size_t>(prometheus.own("prometheus_tsdb_head_series"));
  fmt::print(stderr, "waiting for its evaluations\n");
  prometheus.load_rules(order.rules() + "/*.yaml");
  // Every group begins within an interval; its first evaluation makes series.
  constexpr seconds kInterval(Fleet::kInterval / 1000);
  std::this_thread::sleep_for(2 * kInterval + seconds(2));
  const double before = cpu_ms(prometheus.pid());
  const auto began = steady_clock::now();
  std::map<std::string, std::vector<double>> groups;
  for (int i = 1; i <= kRoundsOfPeer; ++i) {
    std::this_thread::sleep_until(began + i * kInterval);
    for (const auto& [name, duration] : prometheus.group_seconds())
      groups[name].push_back(duration);
  }
  peer.cpu_ms = (cpu_ms(prometheus.pid()) - before) / kRoundsOfPeer;
  peer.rss_kib = status_figure(prometheus.pid(), "VmRSS");
  peer.heap_in_use = prometheus.own("go_memstats_heap_inuse_bytes");
  for (const auto& [name, durations] : groups) {
    // The file's path and the group's name.
    peer.groups[name.substr(name.rfind(';') + 1)] = median(durations) * 1e3;
    peer.group_seconds += median(durations);
  }
  peer.recorded = prometheus.query(kRecorded, "__name__");
  peer.alerts = prometheus.query(kAlerts, "alertname");
  return peer;
}

// --- tables

// Counts by name, and where they differ.
void print_comparison(const char* what, const std::map<std::string, double>& own,
                      const std::map<std::string, double>& theirs) {
  double sum = 0;
  double their_sum = 0;
  std::map<std::string, std::pair<double, double>> both;
  for (const auto& [name, count] : own) sum += both[name].first = count;
  for (const auto& [name, count] : theirs) their_sum += both[name].second = count;
  fmt::print("| {} | {} of {} names | {} of {} names |\n", what, sum, own.size(), their_sum,
             theirs.size());
  for (const auto& [name, counts] : both) {
    if (counts.first == counts.second) continue;
    fmt::print("| … {} | {} | {} |\n", name, counts.first, counts.second);
  }
}

std::string mebibytes(double kib) { return fmt::format("{:.1f}", kib / 1024); }

void print_peer(const Figures& read, const Figures& all, const Peer& peer) {
  const auto& own = read.at("");
  const auto& kept = all.at("");
  fmt::print(
      "\n| | hitwatch, what rules read | hitwatch, everything | Prometheus |\n"
      "|---|---|---|---|\n");
  fmt::print("| series (Prometheus: before its rules made some) | {} | {} | {} |\n",
             own.at("series"), kept.at("series"), peer.series);
  fmt::print("| CPU ms of an evaluation of all groups | {:.1f} | {:.1f} | {:.1f} |\n",
             own.at("cpu_ms"), kept.at("cpu_ms"), peer.cpu_ms);
  fmt::print("| … in expressions | {:.1f} | {:.1f} | |\n", own.at("query_ms"), kept.at("query_ms"));
  fmt::print("| … in storing their results | {:.1f} | {:.1f} | |\n", own.at("append_ms"),
             kept.at("append_ms"));
  fmt::print("| duration of an evaluation of all groups, ms | {:.1f} | {:.1f} | {:.1f} |\n",
             own.at("wall_ms"), kept.at("wall_ms"), peer.group_seconds * 1e3);
  fmt::print("| resident memory, MiB | {} | {} | {} |\n", mebibytes(own.at("rss_kib")),
             mebibytes(kept.at("rss_kib")), mebibytes(static_cast<double>(peer.rss_kib)));
  fmt::print("| samples kept, and bytes each | {}, {:.2f} | {}, {:.2f} | |\n", own.at("samples"),
             own.at("sample_bytes") / own.at("samples"), kept.at("samples"),
             kept.at("sample_bytes") / kept.at("samples"));
  fmt::print("| samples read by an evaluation | {} | {} | |\n", own.at("samples_read"),
             kept.at("samples_read"));
  fmt::print("| rules that failed | {} | {} | |\n", own.at("errors"), kept.at("errors"));
  fmt::print("\nPrometheus' heap in use, by its own account: {:.1f} MiB.\n",
             peer.heap_in_use / 1024 / 1024);

  fmt::print("\n| ms of a group, median | hitwatch (CPU) | Prometheus |\n|---|---|---|\n");
  for (const auto& [name, milliseconds] : read.at("group")) {
    const auto theirs = peer.groups.find(name);
    fmt::print("| {} | {:.2f} | {:.1f} |\n", name, milliseconds,
               theirs == peer.groups.end() ? 0 : theirs->second);
  }
  fmt::print("\n| series made by rules | hitwatch | Prometheus |\n|---|---|---|\n");
  print_comparison("recorded", all.at("recorded"), peer.recorded);
  print_comparison("alerts", all.at("alerts"), peer.alerts);
}

void print_goal(const char* what, double ours, double peers, double parts) {
  fmt::print("| {} | at most 1/{} | 1/{:.1f} ({:.5g} against {:.5g}) | {} |\n", what, parts,
             peers / ours, ours, peers, ours * parts <= peers ? "met" : "missed");
}

// --- parts of the language

struct Part {
  const char* name;
  const char* expr;
};
constexpr Part kParts[] = {
    {"rate() over 60 samples", "rate(hits_total[15m])"},
    {"a plain selector", "hits_total"},
    {"sum by (type)", "sum by (type) (hits_total)"},
    {"histogram_quantile()", "histogram_quantile(0.99, latency_seconds_bucket)"},
    {"two joined on (instance, type)",
     "hits_total > on (instance, type) group_left () hits_total * 0"},
};

void fill(window::Window& window, std::size_t count, std::int64_t start) {
  std::vector<window::Wanted> wanted;
  for (const Part& part : kParts) {
    for (promql::Need& need : promql::needs(**promql::parse(part.expr), 300'000, 15'000)) {
      wanted.push_back({std::move(need.matchers), need.history});
    }
  }
  window.want(std::move(wanted));
  constexpr std::size_t kBuckets = 20;
  std::vector<window::Series*> counters;
  std::vector<window::Series*> buckets;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string instance = fmt::format("redis-{}:6379", i / 10);
    const std::string type = fmt::format("type-{}", i % 10);
    const metrics::LabelView labels[] = {{"__name__", "hits_total"}, {"instance", instance},
                                         {"job", "redis"},           {"layer", "redis"},
                                         {"tenant", "shop"},         {"type", type}};
    counters.push_back(window.find_or_make(labels));
    const std::string owner = fmt::format("redis-{}:6379", i / kBuckets);
    const std::string le = i % kBuckets + 1 == kBuckets ? "+Inf" : fmt::format("{}", i % kBuckets);
    const metrics::LabelView bucket[] = {{"__name__", "latency_seconds_bucket"},
                                         {"instance", owner},
                                         {"job", "redis"},
                                         {"le", le},
                                         {"type", "page"}};
    buckets.push_back(window.find_or_make(bucket));
  }
  for (std::int64_t poll = 0; poll < 80; ++poll) {
    const std::int64_t time = start + poll * Fleet::kInterval + poll % 3;
    for (std::size_t i = 0; i < count; ++i) {
      window.append(*counters[i], time,
                    static_cast<double>(poll * static_cast<std::int64_t>(100 + i % 77)));
      window.append(*buckets[i], time,
                    static_cast<double>(poll * static_cast<std::int64_t>(i % kBuckets)));
    }
  }
}

void print_parts() {
  constexpr std::size_t kSizes[] = {1'000, 10'000, 100'000};
  constexpr std::int64_t kStart = 1'700'000'000'000;
  std::map<std::string, std::vector<double>> times;
  for (const std::size_t size : kSizes) {
    window::Window window;
    fill(window, size, kStart);
    const std::int64_t now = kStart + 79 * Fleet::kInterval + 500;
    for (const Part& part : kParts) {
      const auto expr = promql::parse(part.expr);
      double best = 1e18;
      for (std::size_t i = 0; i < 7 + 100'000 / size; ++i) {
        const auto begun = steady_clock::now();
        const auto result = promql::evaluate_instant(**expr, part.expr, window, now, {});
        const std::chrono::duration<double, std::nano> took = steady_clock::now() - begun;
        if (!result) throw std::runtime_error(result.error().text);
        best = std::min(best, took.count() / static_cast<double>(size));
      }
      times[part.name].push_back(best);
    }
  }
  fmt::print(
      "\n| ns a series, best of many | 1,000 series | 10,000 | 100,000 |\n|---|---|---|---|\n");
  for (const Part& part : kParts) {
    const std::vector<double>& each = times[part.name];
    fmt::print("| {} | {:.0f} | {:.0f} | {:.0f} |\n", part.name, each[0], each[1], each[2]);
  }
}

void print_growth(Order order) {
  fmt::print("\n| all bundled rules | CPU ms | CPU ns a series | MiB |\n|---|---|---|---|\n");
  for (const std::size_t targets : {4U, 40U, 400U}) {
    order.shape.targets = targets;
    order.polls = kPolls;
    const auto own = measure(order).at("");
    fmt::print("| {} series | {:.2f} | {:.0f} | {} |\n", own.at("fleet_series"), own.at("cpu_ms"),
               own.at("cpu_ms") * 1e6 / own.at("fleet_series"), mebibytes(own.at("rss_kib")));
  }
}

// --- all of it

// What a daemon says of a server that has been used a little.
std::string real_exposition() {
  const test::RedisServer server({"--latency-tracking", "yes", "--databases", "4"});
  test::run_to_end({"redis-benchmark", "-p", std::to_string(server.port()), "-q", "-r", "10000",
                    "-n", "20000", "-t", "set,get,incr,lpush,hset,sadd,zadd,mset"});
  const test::Hitwatch daemon({"exporter", "--redis.addr=" + server.url()});
  daemon.metrics();
  return daemon.metrics();
}

// Copies of the bundled rules, all with the same interval.
void copy_rules(const test::TempDir& dir) {
  std::filesystem::create_directory(dir.path("rules"));
  for (const auto& entry : std::filesystem::directory_iterator(HITWATCH_RULES_FOLDER)) {
    if (entry.path().extension() != ".yaml") continue;
    std::istringstream lines(text_of(entry.path().string()));
    std::string copy;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("    interval:")) copy += line + "\n";
    }
    dir.write("rules/" + entry.path().filename().string(), copy);
  }
}

void run(Order order) {
  const test::TempDir dir;
  order.folder = dir.path();
  dir.write("exposition.txt", real_exposition());
  copy_rules(dir);
  print_parts();
  order.shape.start = wall_clock() - static_cast<std::int64_t>(kPolls) * Fleet::kInterval;
  print_growth(order);
  const Fleet fleet = order.fleet();
  fmt::print("\n{} targets, {} series, 15 s apart\n", order.shape.targets, fleet.all_series());
  const Peer peer = measure_peer(order, fleet);
  order.polls = peer.polls;
  const Figures read = measure(order);
  order.everything = true;
  const Figures all = measure(order);
  print_peer(read, all, peer);
  fmt::print("\n| | goal | reached | |\n|---|---|---|---|\n");
  const auto& own = read.at("");
  print_goal("duration of an evaluation, ms", own.at("wall_ms"), peer.group_seconds * 1e3, 8);
  print_goal("CPU ms of an evaluation", own.at("cpu_ms"), peer.cpu_ms, 8);
  print_goal("resident memory, KiB", own.at("rss_kib"), static_cast<double>(peer.rss_kib), 8);
}

// `--name=value`, or nothing.
std::string option(int argc, char** argv, const std::string& name) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--" + name + "=")) {
      return std::string(argument.substr(name.size() + 3));
    }
  }
  return "";
}

void start(int argc, char** argv) {
  Order order;
  const auto number = [&](const char* name, auto& value) {
    const std::string text = option(argc, argv, name);
    if (!text.empty())
      value = static_cast<std::decay_t<decltype(value)>>(std::strtoll(text.c_str(), nullptr, 10));
  };
  number("targets", order.shape.targets);
  number("start", order.shape.start);
  number("polls", order.polls);
  number("rounds", order.rounds);
  order.folder = option(argc, argv, "folder");
  const std::string as = option(argc, argv, "as");
  order.everything = as == "all";
  if (as.empty()) {
    run(order);
  } else {
    work(order);
  }
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  try {
    hitwatch::bench::start(argc, argv);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_rules: {}\n", error.what());
    return 1;
  }
}
