// OTLP metrics in: what a point costs from the bytes of a body to the counted lookup, on one core.
//
// Bodies are as a Collector sends them: 8192 points each, with a resource of six attributes and
// four attributes a point. Each round is a later export of the same streams, so nothing is dropped
// as seen before. What gzip costs comes on top: it is told per point, too.
#include "tests/bench/bench_otlp_in.h"

#include <fmt/format.h>
#include <google/protobuf/arena.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "agent/web/decompress.h"
#include "collectors/apps/otlp_intake.h"
#include "collectors/apps/otlp_json.h"
#include "collectors/lookups/store.h"
#include "tests/apps/otlp_dump.h"
#include "tests/apps/otlp_messages.h"
#include "tests/system/gzip.h"

namespace hitwatch::bench {
namespace {

using apps::otlp_time;
using apps::OtlpRequest;
using apps::to_otlp_json;
namespace proto = opentelemetry::proto::metrics::v1;

constexpr std::size_t kBatch = 8192;  // points in a body
constexpr int kRounds = 25;
constexpr int kWarmUp = 5;  // of these; streams are new in the first

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

enum class Kind { kSums, kHistograms, kExponentials };

struct Load {
  const char* name;
  Kind kind;
  bool is_cumulative;
  std::size_t streams;
  bool is_json = false;
};

template <typename Point>
void describe(Point& point, std::size_t stream, bool is_cumulative, int round) {
  static const std::vector<std::string> types{"catalog", "session", "quote", "booking", "user"};
  apps::set_attributes(point, {{"tenant", fmt::format("tenant-{:04}", stream / 10 % 1000)},
                               {"type", types[stream / 2 % 5]},
                               {"cache.result", stream % 2 == 0 ? "hit" : "miss"},
                               {"shard", fmt::format("{:03}", stream / 10'000)}});
  point.set_start_time_unix_nano(otlp_time(is_cumulative ? 1 : 10.0 * (round + 1)));
  point.set_time_unix_nano(otlp_time(10.0 * (round + 2)));
}

void fill(proto::NumberDataPoint& point, std::size_t stream, const Load& load, int round) {
  describe(point, stream, load.is_cumulative, round);
  point.set_as_int(load.is_cumulative ? 17 * (round + 1) : 17);
}

// The bounds that OpenTelemetry recommends for durations in seconds.
void fill(proto::HistogramDataPoint& point, std::size_t stream, const Load& load, int round) {
  describe(point, stream, load.is_cumulative, round);
  const auto factor = static_cast<std::uint64_t>(load.is_cumulative ? round + 1 : 1);
  std::uint64_t count = 0;
  for (const double bound :
       {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0}) {
    point.add_explicit_bounds(bound);
  }
  for (std::uint64_t i = 0; i < 15; ++i) {
    const std::uint64_t each = i < 6 ? (20 - i * 3) * factor : 0;
    point.add_bucket_counts(each);
    count += each;
  }
  point.set_count(count);
  point.set_sum(0.01 * static_cast<double>(count));
}

void fill(proto::ExponentialHistogramDataPoint& point, std::size_t stream, const Load& load,
          int round) {
  describe(point, stream, load.is_cumulative, round);
  const auto factor = static_cast<std::uint64_t>(load.is_cumulative ? round + 1 : 1);
  std::uint64_t count = 0;
  point.set_scale(4);
  point.mutable_positive()->set_offset(-150);
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::uint64_t each = (i % 7) * factor;
    point.mutable_positive()->add_bucket_counts(each);
    count += each;
  }
  point.set_count(count);
  point.set_sum(0.01 * static_cast<double>(count));
}

template <typename Data>
void fill_batch(Data& data, std::size_t first, std::size_t count, const Load& load, int round) {
  data.set_aggregation_temporality(load.is_cumulative ? proto::AGGREGATION_TEMPORALITY_CUMULATIVE
                                                      : proto::AGGREGATION_TEMPORALITY_DELTA);
  for (std::size_t i = 0; i < count; ++i) fill(*data.add_data_points(), first + i, load, round);
}

OtlpRequest make_batch(std::size_t first, std::size_t count, const Load& load, int round) {
  apps::OtlpBuilder builder;
  builder.resource({{"service.name", "shop"},
                    {"service.namespace", "web"},
                    {"service.instance.id", "627cc493-f310-47de-96bd-71410b7dec09"},
                    {"telemetry.sdk.language", "nodejs"},
                    {"telemetry.sdk.version", "1.30.1"},
                    {"host.name", "shop-7d4b9c6f5-x2x8q"}});
  if (load.kind == Kind::kSums) {
    auto& sum = *builder.metric("cache.requests").mutable_sum();
    sum.set_is_monotonic(true);
    fill_batch(sum, first, count, load, round);
  } else if (load.kind == Kind::kHistograms) {
    fill_batch(*builder.metric("cache.latency", "s").mutable_histogram(), first, count, load,
               round);
  } else {
    fill_batch(*builder.metric("cache.latency", "s").mutable_exponential_histogram(), first, count,
               load, round);
  }
  return builder.request();
}

std::vector<std::string> make_round(const Load& load, int round) {
  std::vector<std::string> bodies;
  for (std::size_t first = 0; first < load.streams; first += kBatch) {
    const OtlpRequest request =
        make_batch(first, std::min(kBatch, load.streams - first), load, round);
    bodies.push_back(load.is_json ? apps::to_otlp_json(request) : request.SerializeAsString());
  }
  return bodies;
}

// Nanoseconds for a point of the bodies, the best of five.
template <typename Work>
double nanoseconds_per_point(const std::vector<std::string>& bodies, std::size_t points,
                             Work work) {
  double best = std::numeric_limits<double>::max();
  for (int i = 0; i < 5; ++i) {
    const double begin = thread_seconds();
    for (const std::string& body : bodies) work(body);
    best = std::min(best, thread_seconds() - begin);
  }
  return best * 1e9 / static_cast<double>(points);
}

class Reading final : public apps::OtlpSink {
 public:
  void take_producer(const apps::OtlpProducer&) override {}
  apps::OtlpWanted take_metric(const apps::OtlpMetric&) override {
    return apps::OtlpWanted::kPoints;
  }
  void take_point(const apps::OtlpMetric&, const apps::OtlpPoint&) override {}
};

void measure(const Load& load) {
  lookups::Store store({}, {}, lookups::Clock::now());
  apps::OtlpIntake intake(store, otlp_time(0));
  double seconds = 0;
  std::size_t points = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto bodies = make_round(load, round);
    const double begin = thread_seconds();
    for (const std::string& body : bodies) {
      if (load.is_json) {
        intake.take(apps::otlp_from_json(body).value_or(""), otlp_time(5000));
      } else {
        intake.take(body, otlp_time(5000));
      }
    }
    if (round < kWarmUp) continue;
    seconds += thread_seconds() - begin;
    points += load.streams;
  }
  const auto& counters = intake.counters();
  std::uint64_t refused = counters.ignored;
  for (const std::uint64_t each : counters.refused) refused += each;

  const auto bodies = make_round(load, kRounds);
  std::size_t bytes = 0;
  for (const std::string& body : bodies) bytes += body.size();
  std::vector<std::string> packed;
  for (const std::string& body : bodies) packed.push_back(test::gzip(body));
  const double unpacking = nanoseconds_per_point(packed, load.streams, [](const std::string& body) {
    return web::gunzip(body, 64U << 20).value_or("").size();
  });
  const double each = seconds * 1e9 / static_cast<double>(points);
  std::string reading = "-";
  std::string peer = "-";
  if (!load.is_json) {
    apps::OtlpRequestReader reader;
    Reading sink;
    reading = fmt::format("{:.0f}",
                          nanoseconds_per_point(bodies, load.streams, [&](const std::string& body) {
                            return reader.read(body, sink);
                          }));
    peer = fmt::format(
        "{:.0f}", nanoseconds_per_point(bodies, load.streams, [](const std::string& body) {
          google::protobuf::Arena arena;
          auto* request = google::protobuf::Arena::CreateMessage<OtlpRequest>(&arena);
          return request->ParseFromString(body);
        }));
  }
  fmt::print("| {} | {} | {:.0f} | {:.0f} | {:.2f} | {} | {} | {:.0f} | {} |\n", load.name,
             load.streams, static_cast<double>(bytes) / static_cast<double>(load.streams), each,
             1e3 / each, reading, peer, unpacking, refused);
}

}  // namespace

void bench_otlp_in(std::string_view name) {
  fmt::print("\nOTLP metrics in, one core, bodies of {} points\n\n", kBatch);
  fmt::print(
      "| points | streams | bytes each | ns each | million/s | ns of it for reading once | ns to "
      "parse with protobuf-lite, arena | ns for gunzip, on top | not counted |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  for (const Load& load : std::vector<Load>{
           {"sums, delta", Kind::kSums, false, 10'000},
           {"sums, cumulative", Kind::kSums, true, 10'000},
           {"sums, cumulative, many streams", Kind::kSums, true, 80'000},
           {"histograms of 15 buckets, delta", Kind::kHistograms, false, 10'000},
           {"histograms of 15 buckets, cumulative", Kind::kHistograms, true, 10'000},
           {"exponential histograms of 60 buckets, delta", Kind::kExponentials, false, 10'000},
           {"exponential histograms of 60 buckets, cumulative", Kind::kExponentials, true, 10'000},
           {"sums, delta, JSON", Kind::kSums, false, 10'000, true}}) {
    if (std::string_view(load.name).contains(name)) measure(load);
  }
}

}  // namespace hitwatch::bench
