// How fast INFO becomes a snapshot: the daemon's way, and a plain one that only splits the text
// into a map of names and numbers. Bytes per second are of INFO text.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "collectors/redis/collect.h"
#include "collectors/redis/info.h"

namespace hitwatch::redis {
namespace {

// What Redis 7.0.15 said to INFO.
const std::string& info_text() {
  static const std::string text = [] {
    std::ifstream file(HITWATCH_INFO_FILE, std::ios::binary);
    std::string read{std::istreambuf_iterator<char>(file), {}};
    if (read.empty()) std::abort();
    return read;
  }();
  return text;
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * info_text().size()));
}

// From the reply to the finished snapshot, as in every poll of an unchanged server.
void info_to_snapshot(benchmark::State& state) {
  metrics::FamilyRegistry registry;
  const Families families(registry, "redis");
  metrics::SnapshotBuilder builder;
  const CollectOptions options;
  ServerFacts server;
  Remembered remembered;
  const Request request = info_request(options);
  const Reply reply{
      .kind = Reply::Kind::kString, .integer = 0, .text = info_text(), .elements = {}};
  std::size_t samples = 0;
  for (auto _ : state) {
    builder.begin();
    Collection collection{
        builder, families, options, server, remembered, std::chrono::system_clock::now(), {}};
    request.read(reply, collection);
    const auto snapshot = builder.finish();
    samples = snapshot->samples.size();
    benchmark::DoNotOptimize(snapshot.get());
  }
  count_bytes(state);
  state.counters["samples"] = static_cast<double>(samples);
}
BENCHMARK(info_to_snapshot);

// The lines alone, without samples.
void info_lines(benchmark::State& state) {
  for (auto _ : state) {
    InfoLines lines(info_text());
    std::size_t found = 0;
    for (InfoLine line; lines.next(line);) found += line.value.size();
    benchmark::DoNotOptimize(found);
  }
  count_bytes(state);
}
BENCHMARK(info_lines);

void plain_map(benchmark::State& state) {
  for (auto _ : state) {
    std::map<std::string, std::string> fields;
    std::map<std::string, double> numbers;
    std::istringstream lines(info_text());
    for (std::string line; std::getline(lines, line);) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || line.front() == '#') continue;
      const std::string name = line.substr(0, colon);
      fields[name] = line.substr(colon + 1);
      std::istringstream value(fields[name]);
      if (double number = 0; value >> number) numbers[name] = number;
    }
    benchmark::DoNotOptimize(fields);
    benchmark::DoNotOptimize(numbers);
  }
  count_bytes(state);
}
BENCHMARK(plain_map);

}  // namespace
}  // namespace hitwatch::redis
