// What it costs to count an exchange of the tap: by key pattern, in the store of lookups, by
// operation, client and server, and who is hottest.
#include <benchmark/benchmark.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "collectors/tap/tally.h"
#include "tests/tap/scripted_exchange.h"

namespace hitwatch::tap::test {
namespace {

constexpr int kTypes = 100;
constexpr int kTenants = 1000;

std::vector<keys::Rule> rules(std::int64_t count) {
  std::vector<keys::Rule> all;
  for (std::int64_t i = 0; i < count; ++i) {
    all.push_back(rule("type-" + std::to_string(i) + ":{tenant}:*", "type-" + std::to_string(i)));
  }
  return all;
}

// Keys of a cache, the n-th as often as 1/n.
std::vector<std::string> zipf_keys() {
  constexpr std::size_t kDistinct = 50'000;
  constexpr std::size_t kDrawn = 1U << 16;
  std::mt19937_64 random(7);
  std::vector<std::string> distinct;
  std::vector<double> weights;
  for (std::size_t n = 1; n <= kDistinct; ++n) {
    weights.push_back(1 / static_cast<double>(n));
    distinct.push_back("type-" + std::to_string(random() % kTypes) + ":tenant-" +
                       std::to_string(random() % kTenants) + ":" + std::to_string(n));
  }
  std::discrete_distribution<std::size_t> choose(weights.begin(), weights.end());
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kDrawn; ++i) keys.push_back(distinct[choose(random)]);
  return keys;
}

void exchange(benchmark::State& state) {
  const auto keys = zipf_keys();
  lookups::Store store(rules(state.range(0)), {},
                       lookups::Clock::time_point(std::chrono::hours(1)));
  Tally tally(rules(state.range(0)), &store);
  ScriptedExchange scripted("GET", {});
  scripted->latency = 50'000;
  std::size_t at = 0;
  for (auto _ : state) {
    const resp::KeyUse use = hit(keys[at % keys.size()], 100 + at % 1000);
    ++at;
    scripted->keys = {&use, 1};
    tally.exchange(scripted.get());
  }
  tally.flush();
}
// With so many patterns; 0: they are proposed.
BENCHMARK(exchange)->Arg(0)->Arg(10)->Arg(100)->Arg(1000);

void propose(benchmark::State& state) {
  const auto keys = zipf_keys();
  Tally tally({}, nullptr);
  ScriptedExchange scripted("GET", {});
  for (const std::string& key : keys) {
    const resp::KeyUse use = hit(key);
    scripted->keys = {&use, 1};
    tally.exchange(scripted.get());
  }
  for (auto _ : state) {
    Report report;
    tally.report(report);
    benchmark::DoNotOptimize(report);
  }
}
// Keys of so many shapes that the tree of shapes is full.
void exchange_without_convention(benchmark::State& state) {
  std::mt19937_64 random(9);
  std::vector<std::string> keys(1U << 16);
  for (std::string& key : keys) {
    for (std::uint64_t segment = 0, segments = 1 + random() % 6; segment < segments; ++segment) {
      if (segment > 0) key += ':';
      for (int letter = 0; letter < 3; ++letter) key += static_cast<char>('a' + random() % 26);
    }
  }
  Tally tally({}, nullptr);
  ScriptedExchange scripted("GET", {});
  std::size_t at = 0;
  for (auto _ : state) {
    const resp::KeyUse use = hit(keys[at % keys.size()]);
    ++at;
    scripted->keys = {&use, 1};
    tally.exchange(scripted.get());
  }
}
BENCHMARK(exchange_without_convention);

BENCHMARK(propose)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hitwatch::tap::test
