// Spans to a receiver: what 100,000 a second cost, in processor time and memory, with a receiver
// that takes them and with one that hangs.
//
//   bench_trace [SECONDS [NAME]]   of each run (10); 0: only the other half, which is OTLP metrics
//                                  coming in, and of that only the lines that NAME is part of
//
// A thread makes spans as the slow log gives them, and records them at that pace; the exporter
// sends them to a process of its own that reads requests and answers. What the receiver costs, and
// what making spans costs, is not counted. Then what encoding alone takes, and what it takes with
// the messages that protobuf's compiler makes; metrics in the other direction (bench_otlp_in.h);
// and what recording polls costs (poll_cost.h).
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "agent/trace/exporter.h"
#include "agent/trace/tracer.h"
#include "tests/bench/bench_otlp_in.h"
#include "tests/bench/measure.h"
#include "tests/bench/otlp_receiver.h"
#include "tests/bench/poll_cost.h"
#include "tests/trace/plain_encoding.h"

namespace hitwatch::bench {
namespace {

using std::chrono::steady_clock;

constexpr int kPace = 100'000;       // spans in a second
constexpr int kTicks = 200;          // in a second
constexpr std::size_t kPool = 4096;  // different texts

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// --- spans ---

class SlowLog {
 public:
  SlowLog() {
    for (std::size_t i = 0; i < kPool; ++i) {
      tenants_.push_back(fmt::format("tenant-{:04}", random_() % 1000));
      queries_.push_back(fmt::format(
          "EVALSHA {:08x}{:08x}{:08x}{:08x}{:08x} 1 catalog:{}:item:{} {}", random_(), random_(),
          random_(), random_(), random_(), tenants_.back(), random_() % 100'000, random_() % 1000));
      clients_.push_back(fmt::format("10.0.{}.{}", random_() % 256, random_() % 256));
    }
  }

  trace::Span next() {
    const std::size_t i = random_() % kPool;
    trace::Span span{.context = {trace::new_trace_id(), trace::new_span_id(), true},
                     .name = "EVALSHA",
                     .kind = trace::Kind::kClient,
                     .start = trace::Time(
                         std::chrono::nanoseconds(1'790'000'000'000'000'000 + 10'000 * ++made_)),
                     .end = {}};
    const auto took = std::chrono::microseconds(10'000 + random_() % 50'000);
    span.end = span.start + took;
    span.attributes.reserve(12);
    span.attributes.push_back({"db.system.name", "redis"});
    span.attributes.push_back({"db.operation.name", "EVALSHA"});
    span.attributes.push_back({"db.query.text", queries_[i]});
    span.attributes.push_back({"server.address", "cache-3.eu-central-1.example"});
    span.attributes.push_back({"server.port", std::int64_t{6379}});
    span.attributes.push_back({"network.peer.address", clients_[i]});
    span.attributes.push_back({"network.peer.port", static_cast<std::int64_t>(random_() % 65'536)});
    span.attributes.push_back({"hitwatch.tenant", tenants_[i]});
    span.attributes.push_back({"hitwatch.type", "catalog"});
    span.attributes.push_back({"hitwatch.client_name", "catalog-service"});
    span.attributes.push_back({"hitwatch.slowlog.id", made_});
    span.attributes.push_back({"hitwatch.slowlog.microseconds", took.count()});
    span.settled = [this] { ++settled_; };
    return span;
  }
  std::int64_t made() const { return made_; }

 private:
  std::mt19937 random_{1};
  std::vector<std::string> tenants_, queries_, clients_;
  std::int64_t made_ = 0;
  std::int64_t settled_ = 0;
};

// --- a run ---

struct Run {
  std::string name;
  trace::Protocol protocol = trace::Protocol::kProtobuf;
  bool gzip = true;
  ReceiverWay way = ReceiverWay::kAnswers;
};

struct Cost {
  double making = 0, recording = 0, sending = 0;  // seconds of processor time
};

// Records at the pace, and waits until all has been sent if the receiver answers.
Cost record_spans(SlowLog& log, trace::Tracer& tracer, double seconds,
                  const std::function<bool()>& is_done) {
  const double all_before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  const double own_before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  Cost cost;
  const auto began = steady_clock::now();
  const int ticks = static_cast<int>(seconds * kTicks);
  std::vector<trace::Span> spans;
  for (int tick = 0; tick < ticks; ++tick) {
    std::this_thread::sleep_until(began + tick * std::chrono::microseconds(1'000'000 / kTicks));
    const double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < kPace / kTicks; ++i) spans.push_back(log.next());
    const double made = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (trace::Span& span : spans) tracer.record(std::move(span));
    cost.making += made - start;
    cost.recording += seconds_of(CLOCK_THREAD_CPUTIME_ID) - made;
    spans.clear();
  }
  const auto end = steady_clock::now() + std::chrono::seconds(5);
  while (!is_done() && steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  cost.sending = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - all_before -
                 (seconds_of(CLOCK_THREAD_CPUTIME_ID) - own_before);
  return cost;
}

double figure(const trace::Exporter& exporter, const std::string& name) {
  double sum = 0;
  for (const auto& family : exporter.metrics()) {
    if (family.name != name) continue;
    for (const auto& metric : family.metric) sum += metric.counter.value + metric.gauge.value;
  }
  return sum;
}

void run(const Run& run, double seconds) {
  OtlpReceiver receiver(run.way);
  SlowLog slow_log;
  log::Log log(log::Level::kError, log::Format::kLogfmt);
  trace::SpanQueue queue;
  trace::Tracer tracer(queue);
  trace::Exporter exporter(queue, log);
  trace::Settings settings;
  settings.endpoint = fmt::format("http://127.0.0.1:{}/v1/traces", receiver.port());
  settings.protocol = run.protocol;
  settings.gzip = run.gzip;
  tracer.configure(settings);
  exporter.configure(settings);
  const long rss_before = status_figure(getpid(), "VmRSS");
  exporter.start();
  const Cost cost = record_spans(slow_log, tracer, seconds, [&] {
    return run.way == ReceiverWay::kHangs || figure(exporter, "hitwatch_spans_queued") == 0;
  });
  const double exported = figure(exporter, "hitwatch_spans_exported_total");
  const double dropped = figure(exporter, "hitwatch_spans_dropped_total");
  const long peak = status_figure(getpid(), "VmHWM");
  const auto per_second = [&](double used) { return used / seconds; };
  fmt::print(
      "| {} | {:.0f} | {:.0f} | {:.3f} | {:.3f} | **{:.3f}** | {:.3f} | {:.1f} | {:.1f} | {} |\n",
      run.name, exported, dropped, per_second(cost.recording), per_second(cost.sending),
      per_second(cost.recording + cost.sending), per_second(cost.making),
      static_cast<double>(rss_before) / 1024, static_cast<double>(peak) / 1024, receiver.summary());
  std::fflush(stdout);
  receiver.end();
}

// In a process of its own: memory that one run has used is not that of the next.
void run_apart(const Run& one, double seconds) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    run(one, seconds);
    std::_Exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) fmt::print("| {} | failed |\n", one.name);
}

// --- encoding alone ---

// Nanoseconds of processor time for a span, the best of some rounds.
double encoding_time(std::size_t spans, const std::function<std::size_t()>& encode) {
  double best = 1e9;
  for (int round = 0; round < 20; ++round) {
    const double before = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    if (encode() == 0) throw std::runtime_error("nothing was encoded");
    best = std::min(best, seconds_of(CLOCK_THREAD_CPUTIME_ID) - before);
  }
  return best * 1e9 / static_cast<double>(spans);
}

void bench_encoding() {
  using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
  SlowLog slow_log;
  std::vector<trace::Span> spans(4096);
  std::ranges::generate(spans, [&] { return slow_log.next(); });
  const trace::Resource resource = {{"service.name", "caches"}};
  trace::OtlpEncoder encoder;
  net::Gzip gzip;
  const auto ours = [&](trace::Protocol protocol) {
    return encoding_time(spans.size(),
                         [&] { return encoder.encode(protocol, resource, spans).size(); });
  };
  google::protobuf::Arena arena;
  std::string body;
  const double messages = encoding_time(spans.size(), [&] {
    arena.Reset();
    auto* request = google::protobuf::Arena::CreateMessage<ExportTraceServiceRequest>(&arena);
    trace::fill_request(*request, resource, spans);
    request->SerializeToString(&body);
    return body.size();
  });
  fmt::print("\n## Encoding alone, ns of processor time for a span\n\n| | |\n|---|---|\n");
  fmt::print("| protobuf | {:.0f} |\n", ours(trace::Protocol::kProtobuf));
  fmt::print("| protobuf-lite's messages on an arena | {:.0f} |\n", messages);
  fmt::print("| JSON | {:.0f} |\n", ours(trace::Protocol::kJson));
  fmt::print("| gzip of protobuf | {:.0f} |\n\n",
             encoding_time(spans.size(), [&] { return gzip.compress(body).size(); }));
}

void bench_export(double seconds) {
  fmt::print("## {} spans a second for {:.0f} s, 12 attributes each\n\n", kPace, seconds);
  fmt::print(
      "| | exported | dropped | recording, cores | sending, cores | both | (making the spans) | "
      "RSS "
      "before, MiB | peak | requests, bytes |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Run& one : std::vector<Run>{
           {.name = "protobuf, gzip"},
           {.name = "protobuf", .gzip = false},
           {.name = "JSON, gzip", .protocol = trace::Protocol::kJson},
           {.name = "protobuf, gzip, the receiver hangs", .way = ReceiverWay::kHangs}}) {
    run_apart(one, seconds);
  }
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 10;
  if (seconds > 0) {
    hitwatch::bench::bench_export(seconds);
    hitwatch::bench::bench_encoding();
    hitwatch::bench::bench_polls();
  }
  hitwatch::bench::bench_otlp_in(argc > 2 ? argv[2] : "");
}
