#include "tests/bench/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "rules/window/point.h"

namespace hitwatch::bench {
namespace {

// SplitMix64, by Sebastiano Vigna.
std::uint64_t scramble(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15ULL;
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  number = (number ^ (number >> 27U)) * 0x94d049bb133111ebULL;
  return number ^ (number >> 31U);
}

// From 0 to 1, the same for the same two.
double chance(std::uint64_t seed, std::uint64_t place) {
  return static_cast<double>(scramble(seed ^ scramble(place)) >> 11U) * 0x1p-53;
}

// The same in every process.
std::uint64_t seed_of(std::string_view text) {
  std::uint64_t seed = 0;
  for (const char letter : text) seed = scramble(seed ^ static_cast<unsigned char>(letter));
  return seed;
}

std::string_view text_of(const metrics::Labels& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &metrics::Label::name);
  return found == labels.end() ? std::string_view() : found->value;
}

// `name{a="b",…}`; values of this benchmark have no escapes.
metrics::Labels read_labels(std::string_view series) {
  const std::size_t brace = std::min(series.find('{'), series.size());
  metrics::Labels labels = {{"__name__", std::string(series.substr(0, brace))}};
  series.remove_prefix(brace);
  while (series.size() > 1) {
    series.remove_prefix(1);  // { or ,
    const std::size_t equals = series.find("=\"");
    if (equals == series.npos) break;
    const std::size_t end = series.find('"', equals + 2);
    if (end == series.npos) break;
    labels.push_back({std::string(series.substr(0, equals)),
                      std::string(series.substr(equals + 2, end - equals - 2))});
    series.remove_prefix(end + 1);
  }
  return labels;
}

bool is_bucket(const metrics::Labels& labels) { return !text_of(labels, "le").empty(); }

// What buckets and the count of one histogram have in common.
std::string family_of(const metrics::Labels& labels) {
  std::string family;
  for (const metrics::Label& label : labels) {
    if (label.name == "le") continue;
    std::string_view value = label.value;
    if (label.name == "__name__" && value.ends_with("_bucket")) value.remove_suffix(7);
    if (label.name == "__name__" && value.ends_with("_count")) value.remove_suffix(6);
    family += fmt::format("{}={};", label.name, value);
  }
  return family;
}

// Flags, limits and identities: gauges that stay as they are.
bool stays(std::string_view name) {
  constexpr auto kParts = std::to_array<std::string_view>(
      {"_config_", "_info", "_status", "_id", "_max_", "maxclients", "start_time", "_hz", "_up",
       "_threads", "_timestamp", "_threshold", "_successful", "_targets"});
  return std::ranges::any_of(kParts, [&](std::string_view part) { return name.contains(part); });
}

struct Extra {
  std::string_view series;
  double base;
};
// What a single server without an application does not say.
constexpr auto kExtras = std::to_array<Extra>({
    {R"(redis_connected_slave_lag_seconds{slave_ip="10.0.0.2",slave_port="6379",slave_state="online"})",
     1},
    {R"(redis_connected_slave_offset_bytes{slave_ip="10.0.0.2",slave_port="6379",slave_state="online"})",
     90'000},
    {R"(redis_errors_total{err="ERR"})", 40},
    {R"(redis_errors_total{err="WRONGTYPE"})", 12},
    {R"(redis_errors_total{err="NOSCRIPT"})", 6},
    {R"(redis_latency_spike_last{event_name="command"})", 1'700'000'000},
    {R"(redis_latency_spike_duration_seconds{event_name="command"})", 0.02},
    {R"(cache_keys_unclassified{db="db0"})", 20},
});
constexpr auto kTypes = std::to_array<std::string_view>({"session", "page"});
constexpr auto kOfType = std::to_array<Extra>({
    {R"(cache_hits_total{{layer="redis",source="statsd",tenant="TENANT",type="{0}"}})", 90'000},
    {R"(cache_misses_total{{layer="redis",source="statsd",tenant="TENANT",type="{0}"}})", 4'000},
    {R"(cache_errors_total{{layer="redis",operation="get",source="statsd",tenant="TENANT",type="{0}"}})",
     30},
    {R"(cache_keys{{db="db0",layer="redis",tenant="TENANT",type="{0}"}})", 50'000},
    {R"(cache_keys_without_ttl{{db="db0",layer="redis",tenant="TENANT",type="{0}"}})", 900},
    {R"(cache_size_bytes{{db="db0",layer="redis",tenant="TENANT",type="{0}"}})", 9'000'000},
    {R"(cache_keys_without_tenant{{db="db0",type="{0}"}})", 3},
    {R"(cache_estimate_error_ratio{{db="db0",layer="redis",metric="keys_without_ttl",tenant="TENANT",type="{0}"}})",
     0.1},
});
struct Bucket {
  std::string_view le;
  double share;
};
constexpr auto kBuckets = std::to_array<Bucket>({{"0.0001", 0.02},
                                                 {"0.00015", 0.1},
                                                 {"0.00025", 0.3},
                                                 {"0.0004", 0.5},
                                                 {"0.0006", 0.7},
                                                 {"0.001", 0.86},
                                                 {"0.0015", 0.93},
                                                 {"0.0025", 0.96},
                                                 {"0.004", 0.975},
                                                 {"0.006", 0.985},
                                                 {"0.01", 0.994},
                                                 {"0.015", 0.996},
                                                 {"0.025", 0.998},
                                                 {"0.05", 0.999},
                                                 {"0.1", 0.9995},
                                                 {"0.25", 0.9998},
                                                 {"0.5", 0.9999},
                                                 {"1", 1},
                                                 {"+Inf", 1}});

constexpr std::size_t kTargetsOfTenant = 2;  // share one
constexpr std::uint64_t kDownOneIn = 100;
constexpr std::uint64_t kColdOneIn = 50;  // targets that miss a lot

}  // namespace

Fleet::Fleet(std::string_view exposition, const Shape& shape) : shape_(shape) {
  read(exposition);
  add_lookups();
  cut();
  add_thresholds();
}

void Fleet::read(std::string_view exposition) {
  std::map<std::string, double, std::less<>> counts;  // of histograms
  std::set<std::string, std::less<>> counters;
  while (!exposition.empty()) {
    const std::size_t end = std::min(exposition.find('\n'), exposition.size());
    const std::string_view text = exposition.substr(0, end);
    exposition.remove_prefix(std::min(end + 1, exposition.size()));
    if (text.starts_with("# TYPE ") && text.ends_with(" counter")) {
      counters.emplace(text.substr(7, text.size() - 7 - 8));
    }
    const std::size_t blank = text.rfind(' ');
    if (text.empty() || text.front() == '#' || blank == text.npos) continue;
    Line line{.labels = read_labels(text.substr(0, blank))};
    line.base = std::strtod(std::string(text.substr(blank + 1)).c_str(), nullptr);
    const std::string& name = line.labels.front().value;
    line.whole = std::trunc(line.base) == line.base;
    const std::string family = family_of(line.labels);
    line.seed = seed_of(family);
    const bool counts_up = counters.contains(name) || is_bucket(line.labels) ||
                           name.ends_with("_count") || name.ends_with("_sum");
    if (counts_up && line.base != 0) {
      line.kind = Kind::kCounter;
      line.growth = line.base * (0.005 + 0.01 * chance(line.seed, 1));
      if (line.whole) line.growth = std::max(line.growth, 0.2);
    } else if (!counts_up && line.base != 0 && line.base != 1 && !stays(name)) {
      line.kind = Kind::kGauge;
    }
    if (text_of(line.labels, "le") == "+Inf") counts[family] = line.base;
    if (name.starts_with("hitwatch_")) {
      of_daemon_.push_back(std::move(line));
    } else if (name.starts_with("redis_") || name.starts_with("cache_")) {
      of_target_.push_back(std::move(line));
    }
  }
  for (std::vector<Line>* lines : {&of_target_, &of_daemon_}) {
    for (Line& line : *lines) {
      if (!is_bucket(line.labels)) continue;
      const double count = counts[family_of(line.labels)];
      line.share = count > 0 ? line.base / count : 0;
      line.base = count;
      line.growth = count * (0.005 + 0.01 * chance(line.seed, 1));
      line.kind = count > 0 ? Kind::kCounter : Kind::kConstant;
    }
  }
}

void Fleet::add_lookups() {
  const auto add = [&](std::string_view series, double base) -> Line& {
    Line line{.labels = read_labels(series), .base = base};
    line.seed = seed_of(series);
    const bool counter = line.labels.front().value.ends_with("_total");
    line.kind = counter ? Kind::kCounter : Kind::kGauge;
    line.whole = counter || base >= 1;
    line.growth = base / 300;
    of_target_.push_back(std::move(line));
    return of_target_.back();
  };
  for (const Extra& extra : kExtras) add(extra.series, extra.base);
  for (const std::string_view type : kTypes) {
    for (const Extra& extra : kOfType)
      add(fmt::format(fmt::runtime(extra.series), type), extra.base);
  }
  for (const Bucket& bucket : kBuckets) {
    Line& line = add(fmt::format(R"(cache_latency_seconds_bucket{{layer="redis",le="{}",)"
                                 R"(operation="get",source="statsd",tenant="TENANT",type="page"}})",
                                 bucket.le),
                     94'000);
    line.kind = Kind::kCounter;
    line.share = bucket.share;
    line.seed = seed_of("cache_latency_seconds");
  }
  // Of lookups of a server that nobody but a benchmark uses there is not much to say.
  for (Line& line : of_target_) {
    const std::string& name = line.labels.front().value;
    if (!name.starts_with("redis_keyspace_")) continue;
    const bool hits = name.contains("hits");
    line.kind = Kind::kCounter;
    line.base = hits ? 90'000 : 4'000;
    line.growth = hits ? 300 : 15;
  }
}

// Of the lines that belong to single commands, those of `get` come first.
void Fleet::cut() {
  const auto rank = [](const Line& line) {
    const std::string_view command = text_of(line.labels, "cmd");
    return command.empty() || command == "get" ? 0 : 1;
  };
  std::ranges::stable_sort(of_target_, {}, rank);
  if (of_target_.size() > kSeriesOfTarget) of_target_.resize(kSeriesOfTarget);
  for (std::size_t i = 0; of_target_.size() < kSeriesOfTarget; ++i) {
    Line line = of_target_[i];
    line.labels.front().value += "_again";
    of_target_.push_back(std::move(line));
  }
}

// Some targets and tenants with thresholds of their own, beside those of the exposition.
void Fleet::add_thresholds() {
  const auto add = [&](std::string series, double value) {
    of_daemon_.push_back({.labels = read_labels(series), .base = value});
  };
  for (std::size_t target = 0; target < shape_.targets; target += 20) {
    add(fmt::format(
            R"(hitwatch_threshold{{threshold="clients_ratio",instance="redis-{:05}:6379"}})",
            target),
        0.8);
  }
  for (std::size_t tenant = 0; tenant < shape_.targets / kTargetsOfTenant; tenant += 25) {
    add(fmt::format(
            R"(hitwatch_threshold{{threshold="hit_ratio",type="page",tenant="shop-{:04}"}})",
            tenant),
        0.97);
  }
}

std::size_t Fleet::all_series() const {
  return shape_.targets * of_target_.size() + of_daemon_.size();
}

metrics::Labels Fleet::labels(std::size_t source, std::size_t series) const {
  const bool daemon = source == shape_.targets;
  metrics::Labels labels = lines(source)[series].labels;
  const auto add = [&](const char* name, std::string value) {
    const bool known = std::ranges::find(labels, name, &metrics::Label::name) != labels.end();
    if (!known) labels.push_back({name, std::move(value)});
  };
  for (metrics::Label& label : labels) {
    if (label.value == "TENANT") label.value = fmt::format("shop-{:04}", source / kTargetsOfTenant);
  }
  // A threshold says which instance it is for, if any.
  if (!daemon) add("instance", fmt::format("redis-{:05}:6379", source));
  if (daemon && labels.front().value != "hitwatch_threshold") add("instance", "hitwatch:9121");
  add("job", daemon ? "hitwatch" : "redis");
  std::erase_if(labels, [](const metrics::Label& label) { return label.value.empty(); });
  std::ranges::sort(labels, {}, &metrics::Label::name);
  return labels;
}

std::int64_t Fleet::begin(std::size_t poll) const {
  return shape_.start + static_cast<std::int64_t>(poll) * kInterval;
}

std::int64_t Fleet::time(std::size_t source, std::size_t poll) const {
  const auto jitter = static_cast<std::int64_t>(chance(source, poll) * 7);
  const auto slot =
      static_cast<std::int64_t>(source) * (kInterval - 10) / static_cast<std::int64_t>(sources());
  return begin(poll) + slot + jitter;
}

bool Fleet::is_down(std::size_t source, std::size_t poll) const {
  return poll >= shape_.outage && source < shape_.targets && source % kDownOneIn == 7;
}

std::optional<double> Fleet::value(std::size_t source, std::size_t series, std::size_t poll) const {
  const Line& line = lines(source)[series];
  const std::string& name = line.labels.front().value;
  if (is_down(source, poll)) {
    if (name == "redis_up") return 0;
    if (poll > shape_.outage) return std::nullopt;
    return window::stale_marker();
  }
  const auto place = static_cast<std::uint64_t>(poll);
  const std::uint64_t seed = scramble(line.seed ^ source);
  switch (line.kind) {
    case Kind::kConstant:
      return line.base;
    case Kind::kGauge: {
      // Stays for some polls, then changes.
      const std::uint64_t stretch = place / (1 + seed % 5);
      const double value = line.base * (0.97 + 0.06 * chance(seed, stretch));
      return line.whole ? std::round(value) : std::round(value * 1e6) / 1e6;
    }
    case Kind::kCounter: {
      double growth = line.growth * (0.5 + chance(seed, 0));
      if (source % kColdOneIn == 3 && name.contains("misses")) growth *= 10;
      const double count =
          line.base + growth * (static_cast<double>(poll) + 0.9 * chance(seed, place + 1));
      const double value = line.share * count;
      return line.whole ? std::floor(value) : std::floor(value * 1e6) / 1e6;
    }
  }
  return std::nullopt;
}

}  // namespace hitwatch::bench
