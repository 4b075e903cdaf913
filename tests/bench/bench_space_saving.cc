// What it costs to count a name among the heaviest: names that come again, and a flood of new ones.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "collectors/lookups/space_saving.h"

namespace {

constexpr std::size_t kPlaces = 1000;

// Keys of a cache, the n-th as often as 1/n.
std::vector<std::string> zipf_keys(std::size_t distinct) {
  std::vector<double> weights;
  for (std::size_t n = 1; n <= distinct; ++n) weights.push_back(1 / static_cast<double>(n));
  std::discrete_distribution<std::size_t> choose(weights.begin(), weights.end());
  std::mt19937_64 random(7);
  std::vector<std::string> keys;
  constexpr std::size_t kDrawn = 1U << 16;
  for (std::size_t i = 0; i < kDrawn; ++i) {
    keys.push_back("catalog:tenant-7:product:" + std::to_string(choose(random)));
  }
  return keys;
}

void add(benchmark::State& state) {
  const auto keys = zipf_keys(static_cast<std::size_t>(state.range(0)));
  hitwatch::lookups::SpaceSaving sketch(kPlaces);
  std::size_t at = 0;
  for (auto _ : state) sketch.add(keys[at++ % keys.size()], 1);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(add)->Arg(500)->Arg(5'000)->Arg(50'000);

}  // namespace
