// How fast 100,000 series are written: our writer, and the serializer of prometheus-cpp, whose
// registry has to be collected first. Items per second are series.
#include <benchmark/benchmark.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <string>

#include "agent/metrics/exposition.h"

namespace hitwatch::metrics {
namespace {

constexpr int kTenants = 1000;
constexpr int kTypes = 100;
constexpr const char* kHelp = "Keys in the cache.";

// Calls visit(tenant, type, value) for every series.
template <typename Visit>
void for_each_series(Visit visit) {
  for (int tenant = 0; tenant < kTenants; ++tenant) {
    for (int type = 0; type < kTypes; ++type) {
      visit("tenant-" + std::to_string(tenant), "type-" + std::to_string(type),
            tenant * 1000.0 + type);
    }
  }
}

void count_series(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * kTenants * kTypes);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void our_writer(benchmark::State& state, Format format) {
  FamilyRegistry registry;
  const Family* family = registry.get("cache_keys", Type::kGauge, kHelp);
  SnapshotBuilder builder;
  builder.begin();
  for_each_series([&](const std::string& tenant, const std::string& type, double value) {
    builder.add(family, value, {{"tenant", tenant}, {"type", type}});
  });
  const auto snapshot = builder.finish();
  const TargetSamples target{snapshot.get(), "", ""};
  std::string out;
  for (auto _ : state) {
    out.clear();
    write_targets(out, format, {&target, 1}, nullptr, std::chrono::steady_clock::now());
    write_end(out, format);
    benchmark::DoNotOptimize(out.data());
  }
  count_series(state, out.size());
}
BENCHMARK_CAPTURE(our_writer, text, Format::kText)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(our_writer, open_metrics, Format::kOpenMetrics)->Unit(benchmark::kMillisecond);

void prometheus_cpp(benchmark::State& state) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildGauge().Name("cache_keys").Help(kHelp).Register(registry);
  for_each_series([&](const std::string& tenant, const std::string& type, double value) {
    family.Add({{"tenant", tenant}, {"type", type}}).Set(value);
  });
  std::string out;
  for (auto _ : state) {
    out = prometheus::TextSerializer().Serialize(registry.Collect());
    benchmark::DoNotOptimize(out.data());
  }
  count_series(state, out.size());
}
BENCHMARK(prometheus_cpp)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hitwatch::metrics
