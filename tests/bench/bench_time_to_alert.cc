// From the moment a redis-server is killed to the arrival of the alert at a webhook: the daemon
// beside redis_exporter, Prometheus and Alertmanager, which watch the same server at the same time.
// The same for applications that begin to miss: from the first miss to the alert about the hit
// ratio.
//
// Every round has new processes throughout: what Alertmanager says about a group that it has told
// of before waits for group_interval, and that is not what is measured here. The moment of the kill
// is random within an interval of the slowest.
//
//   bench_time_to_alert [ROUNDS]
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/alert_chain.h"
#include "tests/bench/measure.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr int kRounds = 6;
constexpr seconds kLongest{180};  // that an alert may take

const std::string kDown =
    "groups: [{name: down, rules: [{alert: RedisDown, expr: redis_up == 0, for: 0s}]}]\n";
const std::string kMissing =
    "groups:\n- name: hits\n  rules:\n  - alert: LowHitRatio\n    for: 0s\n    expr: |\n"
    "      rate(redis_keyspace_hits_total[5s]) / (rate(redis_keyspace_hits_total[5s])\n"
    "        + rate(redis_keyspace_misses_total[5s])) < 0.8\n";

using MakeChain = std::function<std::unique_ptr<AlertChain>(const std::string& url)>;

template <typename Chain>
MakeChain chain(const std::string& rules, const Pace& pace) {
  return [=](const std::string& url) { return std::make_unique<Chain>(url, rules, pace); };
}

struct Contender {
  std::string name;
  MakeChain make;
  std::vector<double> evaluated = {};  // ms from the event to the rule's evaluation
  std::vector<double> told = {};       // ms from the event to the webhook
};

milliseconds random_wait(milliseconds most) {
  static std::mt19937 random{std::random_device{}()};
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, most.count())(random));
}

double ms(auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

// Lets all of them watch `server`, makes `event` happen and notes when each has told of it.
void round(std::vector<Contender>& contenders, const test::RedisServer& server, seconds settle,
           milliseconds interval, const std::function<void()>& event) {
  std::vector<std::unique_ptr<AlertChain>> chains;
  for (const Contender& contender : contenders) chains.push_back(contender.make(server.url()));
  for (const auto& chain : chains) {
    if (!test::eventually([&] { return chain->sees_server(); }, seconds(60))) {
      throw std::runtime_error("the server is not seen: " + chain->output());
    }
  }
  std::this_thread::sleep_for(settle + random_wait(interval));
  const auto happened = steady_clock::now();
  const auto happened_at = system_clock::now();
  event();
  for (std::size_t i = 0; i < chains.size(); ++i) {
    const auto notice = chains[i]->sink().firing(kLongest);
    if (!notice) throw std::runtime_error("no alert has come: " + chains[i]->output());
    if (notice->arrived < happened) {
      throw std::runtime_error("an alert came too early: " + chains[i]->output());
    }
    contenders[i].told.push_back(ms(notice->arrived - happened));
    contenders[i].evaluated.push_back(ms(notice->began - happened_at));
  }
}

// Reads a key of a server a few hundred times a second: one that is there, until told otherwise.
class Application {
 public:
  explicit Application(const test::RedisServer& server)
      : server_(server), thread_([this] { run(); }) {}
  ~Application() {
    stop_ = true;
    thread_.join();
  }
  void miss() { missing_ = true; }

 private:
  void run() {
    const std::unique_ptr<redisContext, decltype(&redisFree)> context(
        redisConnect("127.0.0.1", server_.port()), &redisFree);
    while (!stop_) {
      freeReplyObject(redisCommand(context.get(), missing_ ? "GET missing" : "GET there"));
      std::this_thread::sleep_for(milliseconds(3));
    }
  }

  const test::RedisServer& server_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> missing_ = false;
  std::thread thread_;
};

std::string spread(std::vector<double> values) {
  const double median = percentile(values, 0.5);
  const auto [least, most] = std::ranges::minmax(values);
  return fmt::format("{:.0f} ({:.0f} to {:.0f})", median, least, most);
}

void print(std::vector<Contender>& contenders, const std::string& title) {
  fmt::print("\n## {}, {} times\n\n", title, contenders.front().told.size());
  fmt::print("| ms: median (least to most) | rule evaluated | webhook told | times ours |\n");
  fmt::print("|---|---|---|---|\n");
  const double ours = percentile(contenders.front().told, 0.5);
  for (Contender& contender : contenders) {
    fmt::print("| {} | {} | {} | {:.1f} |\n", contender.name, spread(contender.evaluated),
               spread(contender.told), percentile(contender.told, 0.5) / ours);
  }
}

void kills(int rounds) {
  std::vector<Contender> contenders = {
      {.name = "hitwatch: polls and evaluates every 15 s, group_wait 0 s",
       .make = chain<HitwatchAlone>(kDown, {"15s", "15s", "0s"})},
      {.name = "exporter, Prometheus and Alertmanager: every 1 s, group_wait 0 s",
       .make = chain<PrometheusChain>(kDown, {"1s", "1s", "0s"})},
      {.name = "the same as their packages set them: every 15 s, group_wait 30 s",
       .make = chain<PrometheusChain>(kDown, {"15s", "15s", "30s"})}};
  for (int i = 0; i < rounds; ++i) {
    test::RedisServer server;
    round(contenders, server, seconds(1), seconds(15), [&] { server.kill(); });
  }
  print(contenders, "A redis-server is killed");
}

void misses(int rounds) {
  std::vector<Contender> contenders = {
      {.name = "hitwatch: every 1 s, group_wait 0 s",
       .make = chain<HitwatchAlone>(kMissing, {"1s", "1s", "0s"})},
      {.name = "exporter, Prometheus and Alertmanager: the same",
       .make = chain<PrometheusChain>(kMissing, {"1s", "1s", "0s"})}};
  for (int i = 0; i < rounds; ++i) {
    const test::RedisServer server;
    server.command({"SET", "there", "1"});
    Application application(server);
    round(contenders, server, seconds(8), seconds(1), [&] { application.miss(); });
  }
  print(contenders,
        "Applications hit, and from then on miss (alert: 5 s with less than 80 % hits)");
}

}  // namespace
}  // namespace hitwatch::bench

int main(int count, char** arguments) {
  int rounds = hitwatch::bench::kRounds;
  if (count > 1) {
    std::from_chars(arguments[1], arguments[1] + std::strlen(arguments[1]), rounds);
  }
  try {
    hitwatch::bench::kills(std::max(rounds, 1));
    hitwatch::bench::misses(std::max(rounds, 1));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_time_to_alert: {}\n", error.what());
    return 1;
  }
}
