// What the window's samples take, on the series of real servers: bytes and nanoseconds per sample;
// what a series takes besides; what it costs to find series.
//
//   bench_window [POLLS [MILLISECONDS]]   of each server (240: an hour), and between two polls
//   (100)
//
// Two servers run: one that redis-benchmark keeps busy, and one that nobody uses. They are polled
// faster than in life: the samples' times are 15 s apart, with a made-up jitter of up to 3 ms. The
// series are those the daemon makes of INFO.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "collectors/redis/collect.h"
#include "rules/window/samples.h"
#include "rules/window/window.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using window::Point;
using window::Samples;

constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr std::int64_t kInterval = 15'000;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::size_t kManySeries = 100'000;

double ns_since(steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(steady_clock::now() - start).count();
}

// --- real series
// ----------------------------------------------------------------------------------

using Collected = std::map<std::string, std::vector<Point>>;

// Polls a server as the daemon does, but for what it asks besides INFO.
class Poller {
 public:
  explicit Poller(const std::string& label)
      : server_({"--latency-tracking", "yes"}), label_(label) {}
  const test::RedisServer& server() const { return server_; }

  void poll(std::int64_t time, Collected& collected) {
    const redis::Request request = redis::info_request(options_);
    const redis::Reply reply{.kind = redis::Reply::Kind::kString,
                             .integer = 0,
                             .text = server_.command(request.args),
                             .elements = {}};
    builder_.begin();
    redis::Collection collection{
        builder_, families_, options_, facts_, remembered_, std::chrono::system_clock::now(), {}};
    request.read(reply, collection);
    const auto snapshot = builder_.finish();
    for (const metrics::Sample& sample : snapshot->samples) {
      const metrics::Series& series = *sample.series;
      collected[fmt::format("{} {}{}{{{}}}", label_, series.family->name,
                            metrics::suffix_text(series.suffix), series.text)]
          .push_back({time, sample.value});
    }
  }

 private:
  test::RedisServer server_;
  std::string label_;
  metrics::FamilyRegistry registry_;
  redis::Families families_{registry_, "redis"};
  metrics::SnapshotBuilder builder_;
  redis::CollectOptions options_;
  redis::ServerFacts facts_;
  redis::Remembered remembered_;
};

Collected collect(int polls, milliseconds pause) {
  Poller busy("busy");
  Poller quiet("quiet");
  test::Process traffic({"redis-benchmark", "-p", std::to_string(busy.server().port()), "-l", "-q",
                         "-c", "5", "-r", "100000", "-n", "20000", "-t",
                         "get,set,incr,lpush,hset,sadd,zadd,lrange_100,mset"});
  std::this_thread::sleep_for(milliseconds(500));
  std::mt19937 random(1);  // NOLINT: the same jitter in every run
  Collected collected;
  for (int i = 0; i < polls; ++i) {
    const std::int64_t jitter = std::uniform_int_distribution<std::int64_t>(-3, 3)(random);
    busy.poll(kStart + i * kInterval + jitter, collected);
    quiet.poll(kStart + i * kInterval + 7000 + jitter, collected);
    std::this_thread::sleep_for(pause);
  }
  return collected;
}

const char* kind_of(const std::vector<Point>& points) {
  const auto whole = [](const Point& point) { return std::trunc(point.value) == point.value; };
  if (std::ranges::all_of(
          points, [&](const Point& point) { return point.value == points.front().value; })) {
    return "constant";
  }
  const bool rises = std::ranges::is_sorted(points, {}, &Point::value);
  if (std::ranges::all_of(points, whole)) return rises ? "counter" : "gauge, whole";
  return rises ? "counter, fractions" : "gauge, fractions";
}

// --- bytes per sample
// -----------------------------------------------------------------------------

struct Sum {
  std::size_t series = 0;
  std::size_t samples = 0;
  std::size_t bytes = 0;
  void add(const Samples& added) {
    ++series;
    samples += added.count();
    bytes += added.bytes();
  }
  void print(const std::string& name) const {
    fmt::print("  {:<24} {:>7} {:>9} {:>14.2f}\n", name, series, samples,
               static_cast<double>(bytes) / static_cast<double>(samples));
  }
};

void measure_sizes(const Collected& collected) {
  std::map<std::string, Sum> sums;
  std::map<double, std::string> worst;
  for (const auto& [name, points] : collected) {
    Samples samples;
    for (const Point& point : points) samples.append(point.time, point.value, kHour);
    sums[kind_of(points)].add(samples);
    sums[name.starts_with("busy") ? "~ of the busy server" : "~ of the quiet server"].add(samples);
    sums["~~ all"].add(samples);
    worst[static_cast<double>(samples.bytes()) / static_cast<double>(samples.count())] = name;
  }
  fmt::print("{:<26} {:>7} {:>9} {:>14}\n", "real series", "series", "samples", "bytes/sample");
  for (const auto& [kind, sum] : sums) sum.print(kind.substr(kind.find_first_not_of("~ ")));
  fmt::print("  the largest:\n");
  int shown = 0;
  for (auto one = worst.rbegin(); one != worst.rend() && shown < 5; ++one, ++shown) {
    fmt::print("    {:5.2f} {}\n", one->first, one->second);
  }
}

// --- nanoseconds per sample
// -----------------------------------------------------------------------

constexpr std::size_t kTimes = 7;

// The best of kTimes runs of `work`, which handles so many samples.
template <typename Work>
double best_ns(std::size_t samples, Work work) {
  double best = 1e18;
  for (std::size_t i = 0; i < kTimes; ++i) {
    const auto start = steady_clock::now();
    work();
    best = std::min(best, ns_since(start) / static_cast<double>(samples));
  }
  return best;
}

void measure_times(const Collected& collected) {
  std::map<std::string, std::vector<const std::vector<Point>*>> kinds;
  for (const auto& [name, points] : collected) {
    kinds[kind_of(points)].push_back(&points);
    kinds["~ all"].push_back(&points);
  }
  fmt::print("\n{:<24} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "ns per sample", "append", "read all",
             "newest 60", "newest 20", "last()");
  for (const auto& [kind, series] : kinds) {
    std::vector<Samples> filled;
    std::size_t polls = 0;
    std::size_t count = 0;
    std::int64_t end = 0;
    for (const std::vector<Point>* points : series) {
      polls = std::max(polls, points->size());
      count += points->size();
      end = std::max(end, points->back().time);
    }
    // Poll by poll, as in life: between two samples of a series stand those of all others.
    const double append = best_ns(count, [&] {
      filled.clear();
      filled.resize(series.size());
      for (std::size_t i = 0; i < polls; ++i) {
        for (std::size_t s = 0; s < series.size(); ++s) {
          if (i >= series[s]->size()) continue;
          const Point& point = (*series[s])[i];
          filled[s].append(point.time, point.value, kHour);
        }
      }
    });
    std::vector<Point> points;
    const auto read = [&](std::int64_t newest) {
      return best_ns(series.size() * static_cast<std::size_t>(newest), [&] {
        for (const Samples& samples : filled) {
          points.clear();
          samples.read(end - newest * kInterval - 10, end, points);
        }
      });
    };
    double sum = 0;
    const double last = best_ns(series.size(), [&] {
      Point point{};
      for (const Samples& samples : filled) {
        if (samples.last(end - kHour, end, point)) sum += point.value;
      }
    });
    if (sum == 0.5) fmt::print("\n");  // so that nothing is optimized away
    fmt::print("  {:<22} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}\n",
               kind.substr(kind.find_first_not_of("~ ")), append,
               read(static_cast<std::int64_t>(polls)), read(60), read(20), last);
  }
}

// --- many series
// ----------------------------------------------------------------------------------

std::size_t allocated() { return mallinfo2().uordblks; }

window::Matcher matcher(window::Matcher::Kind kind, std::string name, std::string value) {
  return window::Matcher::make(kind, std::move(name), std::move(value)).value();
}
using Kind = window::Matcher::Kind;
window::Matchers calls(window::Matcher other) {
  return {matcher(Kind::kEqual, "__name__", "redis_commands_total"), std::move(other)};
}

// 50 servers, 40 commands, 50 metrics.
void for_each_label_set(const auto& visit) {
  std::string name;
  std::string instance;
  std::string command;
  for (std::size_t i = 0; i < kManySeries; ++i) {
    const std::size_t metric = i / 2000;
    name = metric == 0 ? "redis_commands_total" : fmt::format("redis_metric_{}_total", metric);
    instance = fmt::format("redis-{}.cache.example:6379", i % 50);
    command = fmt::format("command{}", i / 50 % 40);
    const metrics::LabelView labels[] = {
        {"__name__", name}, {"cmd", command},      {"instance", instance}, {"job", "redis"},
        {"role", "master"}, {"env", "production"}, {"cluster", "eu"}};
    visit(metrics::LabelViews(labels));
  }
}

template <typename Work>
void print_time(const char* name, int times, Work work) {
  std::size_t found = 0;
  const auto start = steady_clock::now();
  for (int i = 0; i < times; ++i) found = work();
  const double each = ns_since(start) / times;
  fmt::print("  {:<58} {:>12.1f} us {:>9} found\n", name, each / 1e3, found);
}

void measure_many() {
  const std::size_t before = allocated();
  auto held = std::make_unique<window::Window>();
  window::Window& window = *held;
  const window::Matchers wanted = calls(matcher(Kind::kEqual, "cmd", "command7"));
  window.want({{{}, kHour}, {wanted, kHour}});
  fmt::print("\n{} series of 7 labels:\n", kManySeries);
  std::vector<window::Series*> all;
  all.reserve(kManySeries);
  const std::size_t list = kManySeries * sizeof(void*);  // of the benchmark itself
  const auto print_bytes = [&](const char* when) {
    fmt::print("  {:<58} {:>12} bytes per series\n", when,
               (allocated() - before - list) / kManySeries);
  };
  const auto start = steady_clock::now();
  for_each_label_set(
      [&](metrics::LabelViews labels) { all.push_back(window.find_or_make(labels)); });
  fmt::print("  {:<58} {:>12.1f} us\n", "to make one", ns_since(start) / 1e3 / kManySeries);
  print_bytes("without samples");
  std::int64_t time = kStart;
  const auto append_all = [&](int count) {
    for (int i = 0; i < count; ++i, time += kInterval) {
      for (window::Series* series : all) window.append(*series, time + i % 3, 42);
    }
  };
  append_all(1);
  print_bytes("with one sample");
  append_all(239);
  print_bytes("with an hour of a constant");
  fmt::print("  {:<58} {:>12} bytes per series\n", "  the same as figures() say",
             window.figures().bytes / kManySeries);
  fmt::print("  {:<58} {:>12.1f} ns\n", "to append to each in turn",
             best_ns(kManySeries, [&] { append_all(1); }));
  fmt::print("to find series:\n");
  std::size_t known = 0;
  const double each = best_ns(kManySeries, [&] {
    for_each_label_set([&](metrics::LabelViews labels) {
      known += window.find_or_make(labels) != nullptr ? 1U : 0U;
    });
  });
  fmt::print("  {:<58} {:>12.1f} us {:>9} found\n", "one by its labels, whose text is made, too",
             each / 1e3, known / kTimes);
  print_time("by a selector that is wanted", 100'000, [&] { return window.select(wanted).size(); });
  const auto select = [&](const char* name, const window::Matchers& matchers, int times) {
    const std::vector<window::Matchers> one = {matchers};
    print_time(name, times, [&] { return window.find(one, kStart, time).size(); });
  };
  select("__name__=…, cmd=…", calls(matcher(Kind::kEqual, "cmd", "command8")), 100);
  select("__name__=…, cmd=~\"a|b|c\"",
         calls(matcher(Kind::kMatches, "cmd", "command1|command2|command3")), 100);
  select("__name__=…, cmd=~\"command1.*\"", calls(matcher(Kind::kMatches, "cmd", "command1.*")),
         100);
  select("cmd!~\"command1.*\" alone", {matcher(Kind::kDoesNotMatch, "cmd", "command1.*")}, 5);
  const std::vector<window::Matchers> selectors = {wanted};
  print_time("extract of a wanted selector", 100,
             [&] { return window.extract(selectors, time - kHour, time)->figures().series; });
  const std::vector<window::Matchers> everything = {{}};
  print_time("extract of everything", 3,
             [&] { return window.extract(everything, time - kHour, time)->figures().series; });
  print_time("trim", 20, [&] { return window.trim(time) ? 1U : 0U; });
  print_time("another want", 3, [&] {
    window.want({{{}, kHour}, {wanted, kHour}});
    return window.figures().series;
  });
}

void run(int polls, milliseconds pause) {
  fmt::print("polled {} times, {} ms apart; times are made up: 15 s apart, off by up to 3 ms\n\n",
             polls, pause.count());
  const Collected collected = collect(polls, pause);
  measure_sizes(collected);
  measure_times(collected);
  measure_many();
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  try {
    hitwatch::bench::run(argc > 1 ? std::atoi(argv[1]) : 240,
                         std::chrono::milliseconds(argc > 2 ? std::atoi(argv[2]) : 100));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_window: {}\n", error.what());
    return 1;
  }
}
