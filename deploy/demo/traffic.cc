// An application that uses Redis as a cache, for the demonstration: it looks up the data of three
// tenants with the usual key conventions, and on a miss stores a made-up value with a time to live
// (cache-aside). Popularity follows Zipf's law and values have lognormal sizes and times to live,
// so a cold cache warms up as a real one does. The same seed asks for the same keys.
//
// Every lookup is reported over StatsD. After a while one tenant, globex, starts to ask for ids out
// of a far larger population, as a crawler would: its misses rise and stay up, and those of the
// others do not.
//
// It has the faults that applications have: it forgets the time to live of one kind of data, leaves
// out the tenant or writes a key that follows no convention now and then, reads one key with the
// wrong command, and has the server add something up in a script every few seconds, for which
// everybody else waits.
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lookup_report.h"

namespace hitwatch::demo {
namespace {

struct Tenant {
  std::string_view name;
  double weight;
};
constexpr std::array kTenants = {Tenant{"acme", 6}, Tenant{"globex", 3}, Tenant{"initech", 1}};
constexpr std::string_view kShiftingTenant = "globex";
constexpr std::size_t kShiftedPopulation = 100'000'000;  // of ids, after the shift

// One kind of cached data; its type is the key's first segment. `{tenant}` and `{id}` are filled
// in; `population` counts ids per tenant.
struct Kind {
  std::string_view key;
  double weight;
  std::size_t population;
  double zipf;          // exponent: 0 is uniform, 1 the classic law
  double median_bytes;  // of a value
  double median_ttl;    // seconds; 0 where the application forgets it
};
constexpr std::array kKinds = {
    Kind{"catalog:{tenant}:package:{id}", 30, 3000, 1.05, 2500, 600},
    Kind{"availability:{tenant}:{id}", 15, 365, 0.8, 700, 60},
    Kind{"booking:{tenant}:{id}", 10, 8000, 0.9, 1200, 300},
    Kind{"organization:{tenant}:{id}", 10, 120, 1.0, 900, 0},
    Kind{"session:{id}", 25, 4000, 0.9, 400, 240},
    Kind{"llm-response:{id}", 10, 6000, 1.1, 6000, 1800},
};
constexpr double kSigma = 0.8;  // of the lognormal sizes and times to live
constexpr std::size_t kLargestValue = 64 * 1024;
// One fault in so many lookups.
constexpr std::uint64_t kFaultEvery = 1000;

// Draws an index with probability proportional to its weight.
class WeightedChoice {
 public:
  explicit WeightedChoice(const std::vector<double>& weights) {
    double sum = 0;
    cumulative_.reserve(weights.size());
    for (const double weight : weights) cumulative_.push_back(sum += weight);
  }
  std::size_t draw(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<>(0, cumulative_.back())(random);
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
    return std::min<std::size_t>(found - cumulative_.begin(), cumulative_.size() - 1);
  }

 private:
  std::vector<double> cumulative_;
};

WeightedChoice zipf_choice(std::size_t population, double exponent) {
  std::vector<double> weights(population);
  for (std::size_t rank = 0; rank < population; ++rank) {
    weights[rank] = std::pow(static_cast<double>(rank + 1), -exponent);
  }
  return WeightedChoice(weights);
}

template <typename Rows>
WeightedChoice choice_of_rows(const Rows& rows) {
  std::vector<double> weights;
  for (const auto& row : rows) weights.push_back(row.weight);
  return WeightedChoice(weights);
}

std::string replaced(std::string text, std::string_view placeholder, std::string_view value) {
  if (const auto at = text.find(placeholder); at != std::string::npos) {
    text.replace(at, placeholder.size(), value);
  }
  return text;
}

// What the application asks for next, and what it would store.
class Workload {
 public:
  explicit Workload(std::uint64_t seed) : random_(seed) {
    for (const Kind& kind : kKinds) popularity_.push_back(zipf_choice(kind.population, kind.zipf));
  }

  struct Lookup {
    std::string key;
    std::string_view tenant;  // "" for what tenants share
    const Kind* kind;
  };
  Lookup next() {
    const std::size_t index = kind_choice_.draw(random_);
    const Kind& kind = kKinds[index];
    const bool shared = !kind.key.contains("{tenant}");
    const std::string_view drawn = kTenants[tenant_choice_.draw(random_)].name;
    const std::string_view tenant = shared ? "" : drawn;
    std::size_t id = popularity_[index].draw(random_) + 1;
    if (shifted_ && tenant == kShiftingTenant) id = 1 + random_() % kShiftedPopulation;
    std::string key = replaced(std::string(kind.key), "{tenant}", tenant);
    key = replaced(std::move(key), "{id}", std::to_string(id));
    return {.key = std::move(key), .tenant = tenant, .kind = &kind};
  }
  void shift() { shifted_ = true; }

  std::string value(const Kind& kind) {
    const auto size = static_cast<std::size_t>(lognormal(kind.median_bytes));
    return std::string(std::clamp<std::size_t>(size, 16, kLargestValue), 'v');
  }
  // 0: none.
  long ttl_seconds(const Kind& kind) {
    if (kind.median_ttl == 0) return 0;
    return std::max(1L, std::lround(lognormal(kind.median_ttl)));
  }
  // Whether something goes wrong now, and a number for it.
  bool goes_wrong() { return random_() % kFaultEvery == 0; }
  std::uint64_t fault_number() { return random_() % 1000; }

 private:
  double lognormal(double median) {
    return std::lognormal_distribution<>(std::log(median), kSigma)(random_);
  }

  std::mt19937_64 random_;
  WeightedChoice kind_choice_ = choice_of_rows(kKinds);
  WeightedChoice tenant_choice_ = choice_of_rows(kTenants);
  std::vector<WeightedChoice> popularity_;  // by kind
  bool shifted_ = false;
};

// A kept connection. Every failure ends the program, which is what a demonstration should show.
class Cache {
 public:
  using Reply =
      std::unique_ptr<redisReply, decltype([](redisReply* reply) { freeReplyObject(reply); })>;

  explicit Cache(int port) {
    const timeval timeout{.tv_sec = 5, .tv_usec = 0};
    connection_.reset(redisConnectWithTimeout("127.0.0.1", port, timeout));
    if (connection_ && connection_->err == 0) redisSetTimeout(connection_.get(), timeout);
  }
  std::string error() const {
    if (!connection_) return "out of memory";
    return connection_->err == 0 ? std::string() : connection_->errstr;
  }

  // One cache-aside access. Gives what went wrong, if anything.
  std::optional<std::string> access(Workload& workload, LookupReport& report) {
    const Workload::Lookup lookup = workload.next();
    const auto start = std::chrono::steady_clock::now();
    const Reply found = command({"GET", lookup.key});
    const auto latency = std::chrono::steady_clock::now() - start;
    const std::string_view type = lookup.kind->key.substr(0, lookup.kind->key.find(':'));
    report.add(lookup.tenant, type, result_of(found), latency);
    if (!found) return error();
    if (found->type == REDIS_REPLY_ERROR) return found->str;
    if (found->type != REDIS_REPLY_NIL) return std::nullopt;
    return store(lookup.key, workload.value(*lookup.kind), workload.ttl_seconds(*lookup.kind));
  }

  // What goes wrong in an application now and then, reported as it would report it.
  std::optional<std::string> go_wrong(Workload& workload, LookupReport& report) {
    const std::string number = std::to_string(workload.fault_number());
    if (auto failed = store("catalog::package:" + number, "no tenant", 60)) return failed;
    if (auto failed = store("tmp-" + number, "no convention", 60)) return failed;
    const auto start = std::chrono::steady_clock::now();
    const Reply found = command({"HGET", "catalog:initech:package:1", "price"});
    const auto latency = std::chrono::steady_clock::now() - start;
    if (!found) return error();
    report.add("initech", "catalog", result_of(found), latency);
    return std::nullopt;
  }

  // Work that a server should not be given: tens of milliseconds.
  std::optional<std::string> add_up() {
    constexpr const char* kScript =
        "local sum = 0 for i = 1, tonumber(ARGV[1]) do sum = sum + i end return sum";
    const Reply sum = command({"EVAL", kScript, "1", "catalog:acme:package:totals", "10000000"});
    if (!sum) return error();
    if (sum->type == REDIS_REPLY_ERROR) return sum->str;
    return std::nullopt;
  }

 private:
  std::optional<std::string> store(const std::string& key, const std::string& value, long ttl) {
    const Reply stored = ttl == 0 ? command({"SET", key, value})
                                  : command({"SETEX", key, std::to_string(ttl), value});
    if (!stored) return error();
    if (stored->type == REDIS_REPLY_ERROR) return stored->str;
    return std::nullopt;
  }
  static Result result_of(const Reply& found) {
    if (!found || found->type == REDIS_REPLY_ERROR) return Result::kError;
    return found->type == REDIS_REPLY_NIL ? Result::kMiss : Result::kHit;
  }
  Reply command(const std::vector<std::string>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    return Reply(static_cast<redisReply*>(redisCommandArgv(
        connection_.get(), static_cast<int>(words.size()), texts.data(), sizes.data())));
  }

  std::unique_ptr<redisContext, decltype([](redisContext* context) { redisFree(context); })>
      connection_;
};

// SIGINT and SIGTERM, blocked and waited for: the pause between two bursts is the wait, so that
// neither a signal nor its wake-up can be lost.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  // True when one arrived before `deadline`.
  bool wait_until(std::chrono::steady_clock::time_point deadline) const {
    using std::chrono::nanoseconds;
    const auto left =
        std::max<nanoseconds>(deadline - std::chrono::steady_clock::now(), nanoseconds::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    return sigtimedwait(&signals_, nullptr, &timeout) > 0;
  }

 private:
  sigset_t signals_{};
};

struct Options {
  int port = 6379;
  std::optional<int> statsd_port;
  int rate = 500;  // lookups per second
  std::chrono::seconds shift_after{60};
  std::chrono::seconds slow_every{10};  // 0: never
  std::uint64_t seed = 1;
};

int run(const Options& options) {
  constexpr std::chrono::milliseconds kTick{20};
  const int port = options.port;
  const StopSignal stop;
  Workload workload(options.seed);
  LookupReport report(options.statsd_port);
  Cache cache(port);
  if (const std::string error = cache.error(); !error.empty()) {
    std::fprintf(stderr, "cannot connect to 127.0.0.1:%d: %s\n", port, error.c_str());
    return 1;
  }
  double due = 0;  // lookups owed; a fraction is carried to the next tick
  auto next_tick = std::chrono::steady_clock::now();
  const auto shift_at = next_tick + options.shift_after;
  auto slow_at = next_tick + options.slow_every;
  while (true) {
    if (next_tick >= shift_at) workload.shift();
    for (due += options.rate * std::chrono::duration<double>(kTick).count(); due >= 1; due -= 1) {
      auto error = cache.access(workload, report);
      if (!error && workload.goes_wrong()) error = cache.go_wrong(workload, report);
      if (error) {
        std::fprintf(stderr, "lookup at 127.0.0.1:%d failed: %s\n", port, error->c_str());
        return 1;
      }
    }
    report.send();
    if (options.slow_every.count() > 0 && next_tick >= slow_at) {
      slow_at = next_tick + options.slow_every;
      if (const auto error = cache.add_up()) {
        std::fprintf(stderr, "script at 127.0.0.1:%d failed: %s\n", port, error->c_str());
        return 1;
      }
    }
    // After a stall the lost ticks are not made up for: the rate is a bound.
    next_tick = std::max(next_tick + kTick, std::chrono::steady_clock::now());
    if (stop.wait_until(next_tick)) return 0;
  }
}

}  // namespace
}  // namespace hitwatch::demo

int main(int argc, char** argv) {
  CLI::App app("Plays an application that caches the data of three tenants in a local Redis.");
  hitwatch::demo::Options options;
  int shift_after = static_cast<int>(options.shift_after.count());
  int slow_every = static_cast<int>(options.slow_every.count());
  app.add_option("--port", options.port, "port of the Redis server on 127.0.0.1")
      ->check(CLI::Range(1, 65535))
      ->required();
  app.add_option("--statsd-port", options.statsd_port,
                 "UDP port of 127.0.0.1 to report lookups to (default: none)")
      ->check(CLI::Range(1, 65535));
  app.add_option("--shift-after", shift_after,
                 "seconds until globex asks for far more different ids")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--slow-every", slow_every, "seconds between slow scripts (0: none)")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  app.add_option("--rate", options.rate, "lookups per second")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "the same seed asks for the same keys")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.shift_after = std::chrono::seconds(shift_after);
  options.slow_every = std::chrono::seconds(slow_every);
  return hitwatch::demo::run(options);
}
