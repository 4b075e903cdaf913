// What the wire tap costs: the server it looks at, by its own CPU time for a request, beside
// MONITOR and tcpdump in the same minutes; and itself, from the kernel's ring to the counters.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "collectors/lookups/store.h"
#include "collectors/tap/analyzer.h"
#include "collectors/tap/packets/packet_ring.h"
#include "tests/bench/measure.h"
#include "tests/packets/frames.h"
#include "tests/system/harness.h"

namespace {
std::atomic<std::uint64_t> allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace hitwatch::bench {
namespace {

using test::eventually;
using test::Hitwatch;
using test::Process;
using test::RedisServer;
using test::TempDir;

constexpr int kRounds = 7;
constexpr int kPatterns = 100;

// Key patterns for the traffic below, the one that matches in the middle of them.
std::string patterns_yaml() {
  std::string text = "keys:\n  patterns:\n";
  for (int i = 0; i < kPatterns; ++i) {
    const std::string type = i == kPatterns / 2 ? "key" : fmt::format("type{}", i);
    text += fmt::format("    - {{match: \"{}:{{tenant}}\"}}\n", type);
  }
  return text;
}

std::vector<keys::Rule> pattern_rules() {
  std::vector<keys::Rule> rules;
  for (int i = 0; i < kPatterns; ++i) {
    const std::string type = i == kPatterns / 2 ? "key" : fmt::format("type{}", i);
    rules.push_back({.pattern = *keys::Pattern::parse(type + ":{tenant}"), .type = type});
  }
  return rules;
}

// GETs by 20 connections, of keys of a thousand tenants, half of which are there.
void talk(const RedisServer& server, int pipeline, int requests) {
  const auto finished = test::run_to_end({"redis-benchmark", "-p", std::to_string(server.port()),
                                          "-q", "-c", "20", "-n", std::to_string(requests), "-P",
                                          std::to_string(pipeline), "-r", "1000", "-t", "get"});
  if (finished.code != 0) throw std::runtime_error(finished.output);
}

void fill(const RedisServer& server) {
  for (int i = 0; i < 1000; i += 2) {
    server.command({"SET", fmt::format("key:{:012}", i), "0123456789"});
  }
}

// --- what the server pays ---

// Somebody who looks on while the server works.
struct Onlooker {
  std::string name;
  std::function<std::unique_ptr<Process>(const RedisServer&)> start;
};

// The daemon as it watches that server; `tap` is what its section says.
std::unique_ptr<Process> start_daemon(const RedisServer& server, const TempDir& dir,
                                      const std::string& tap) {
  const std::string file =
      dir.write("hitwatch.yaml",
                fmt::format("targets: [{{url: \"{}\"}}]\napps: {{statsd: {{listen: []}}}}\n"
                            "storage: {{path: {}}}\ntap: {{{}}}\n{}  sample: {{enabled: false}}\n",
                            server.url(), dir.path("state"), tap, patterns_yaml()));
  auto process = std::make_unique<Process>(
      std::vector<std::string>{HITWATCH_BINARY, "run", "--config", file, "--web.listen-address",
                               fmt::format("127.0.0.1:{}", test::free_port())});
  const bool runs = eventually(
      [&] { return process->output().find("hitwatch is running") != std::string::npos; });
  if (!runs) throw std::runtime_error(process->output());
  usleep(500'000);
  return process;
}

std::unique_ptr<Process> start_program(std::vector<std::string> arguments) {
  auto process = std::make_unique<Process>(std::move(arguments));
  usleep(500'000);
  return process;
}

// Each is compared with the daemon without its tap, right before.
std::vector<Onlooker> onlookers(const TempDir& dir) {
  const auto daemon = [&dir](const std::string& tap) {
    return [&dir, tap](const RedisServer& server) { return start_daemon(server, dir, tap); };
  };
  return {
      {"hitwatch without its tap", daemon("enabled: false")},
      {"its tap, every connection", daemon("enabled: true")},
      {"its tap, 1/10", daemon("enabled: true, sample: 1/10")},
      {"tcpdump",
       [](const RedisServer& server) {
         return start_program(
             {"tcpdump", "-i", "lo", "-w", "/dev/null", "port", std::to_string(server.port())});
       }},
      {"MONITOR",
       [](const RedisServer& server) {
         return start_program(
             {"sh", "-c", fmt::format("exec redis-cli -p {} monitor > /dev/null", server.port())});
       }},
  };
}

double microseconds_a_request(const RedisServer& server, int pipeline, int requests) {
  const double before = cpu_ms(server.pid());
  talk(server, pipeline, requests);
  return (cpu_ms(server.pid()) - before) * 1000 / requests;
}

void bench_server(int pipeline, int requests) {
  const RedisServer server;
  fill(server);
  const TempDir dir;
  const auto looking = onlookers(dir);
  std::vector<std::vector<double>> costs(looking.size());
  std::vector<std::vector<double>> ratios(looking.size());
  microseconds_a_request(server, pipeline, requests);  // warm
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < looking.size(); ++i) {
      auto process = looking[0].start(server);
      const double alone = microseconds_a_request(server, pipeline, requests);
      process = looking[i].start(server);
      const double watched = microseconds_a_request(server, pipeline, requests);
      costs[i].push_back(watched);
      ratios[i].push_back(watched / alone);
    }
  }
  fmt::print("\nThe server's CPU time for a GET, pipeline {} ({} pairs, medians)\n\n", pipeline,
             kRounds);
  fmt::print("| who looks on | µs | against the first, right before | lowest | highest |\n");
  fmt::print("|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < looking.size(); ++i) {
    fmt::print("| {} | {:.3f} | {:+.1f} % | {:+.1f} % | {:+.1f} % |\n", looking[i].name,
               percentile(costs[i], 0.5), (percentile(ratios[i], 0.5) - 1) * 100,
               (*std::ranges::min_element(ratios[i]) - 1) * 100,
               (*std::ranges::max_element(ratios[i]) - 1) * 100);
  }
}

// --- what the tap itself pays ---

// CPU time of one thread of a process, by its name.
double thread_cpu_ms(pid_t process, const std::string& name) {
  for (const auto& task :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, comm);
    if (comm != name) continue;
    std::ifstream schedstat(task.path() / "schedstat");
    double nanoseconds = 0;
    schedstat >> nanoseconds;
    return nanoseconds / 1e6;
  }
  return 0;
}

double metric(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + " ");
  return at == text.npos ? 0 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

void bench_thread() {
  fmt::print(
      "\nThe tap's thread, live, at the fastest that redis-benchmark gets (20 connections, "
      "{} key patterns)\n\n",
      kPatterns);
  fmt::print(
      "| pipeline | commands | packets | dropped | ns of CPU a command |\n|---|---|---|---|---|\n");
  for (const auto& [pipeline, requests] : {std::pair{1, 300'000}, std::pair{16, 4'000'000}}) {
    const RedisServer server;
    fill(server);
    const TempDir dir;
    const std::string file = dir.write(
        "tap.yaml", fmt::format("targets: [{{url: \"{}\"}}]\napps: {{statsd: {{listen: []}}}}\n"
                                "storage: {{path: {}}}\ntap: {{enabled: true}}\n{}",
                                server.url(), dir.path("state"), patterns_yaml()));
    Hitwatch daemon({"run", "--config", file});
    talk(server, pipeline, requests / 10);
    usleep(500'000);
    const double before = thread_cpu_ms(daemon.process().pid(), "hitwatch-tap");
    const std::string earlier = daemon.metrics();
    talk(server, pipeline, requests);
    usleep(500'000);
    const double took = thread_cpu_ms(daemon.process().pid(), "hitwatch-tap") - before;
    const std::string later = daemon.metrics();
    const auto grown = [&](const std::string& name) {
      return metric(later, name) - metric(earlier, name);
    };
    fmt::print("| {} | {} | {:.0f} | {:.0f} | {:.0f} |\n", pipeline, requests,
               grown("hitwatch_tap_packets_total"), grown("hitwatch_tap_packets_dropped_total"),
               took * 1e6 / requests);
  }
}

// Frames of real traffic, played again and again through all that the tap does with them.
struct Kept {
  packets::Frame frame;
  std::string bytes;
};

std::vector<Kept> capture(const RedisServer& server, const packets::PortFilter& filter,
                          int pipeline, int requests) {
  auto ring = packets::PacketRing::open({.interface = "lo", .bytes = 512U << 20}, filter);
  if (!ring) throw std::runtime_error(ring.error());
  if (const auto bound = (*ring)->bind(); !bound) throw std::runtime_error(bound.error());
  talk(server, pipeline, requests);
  usleep(200'000);
  std::vector<Kept> kept;
  while (auto block = (*ring)->take()) {
    packets::Frame frame;
    while (block->next(frame)) kept.push_back({frame, std::string(frame.bytes)});
  }
  for (Kept& one : kept) one.frame.bytes = one.bytes;
  return kept;
}

void bench_decoder() {
  fmt::print(
      "\nFrom captured packets to counters, on one core ({} key patterns, 1,000 tenants)\n\n",
      kPatterns);
  fmt::print(
      "| pipeline | commands | ns a command | million a second | allocations a command "
      "|\n|---|---|---|---|---|\n");
  for (const int pipeline : {1, 16}) {
    const RedisServer server;
    fill(server);
    const packets::PortFilter filter{.ports = {static_cast<std::uint16_t>(server.port())}};
    constexpr int kRequests = 200'000;
    const std::vector<Kept> frames = capture(server, filter, pipeline, kRequests);
    lookups::Store store(pattern_rules(), {}, lookups::Clock::now());
    tap::Analyzer analyzer(filter, pattern_rules(), &store);
    const auto play = [&] {
      std::size_t batch = 0;
      for (const Kept& kept : frames) {
        analyzer.take(kept.frame, {});
        if (++batch % 1000 == 0) analyzer.flush();
      }
      analyzer.flush();
    };
    play();
    const std::uint64_t commands_before = analyzer.report().total.commands;
    const std::uint64_t allocations_before = allocations;
    const double before = cpu_ms(getpid());
    constexpr int kTimes = 10;
    for (int i = 0; i < kTimes; ++i) play();
    const double took = cpu_ms(getpid()) - before;
    const auto allocated = static_cast<double>(allocations - allocations_before);
    const auto commands = static_cast<double>(analyzer.report().total.commands - commands_before);
    fmt::print("| {} | {:.0f} | {:.0f} | {:.2f} | {:.5f} |\n", pipeline, commands,
               took * 1e6 / commands, commands / took / 1000, allocated / commands);
  }
}

// Connections that were followed from their SYN on and have said something, each of them with a
// request that is being answered.
void bench_memory() {
  constexpr std::uint32_t kConnections = 20'000;
  const packets::PortFilter filter{.ports = {6379}};
  tap::Analyzer analyzer(filter, pattern_rules(), nullptr);
  const long before = status_figure(getpid(), "VmRSS");
  const std::string get = "*2\r\n$3\r\nGET\r\n$21\r\nkey:tenant-0000000001\r\n";
  packets::Time time = 1;
  const auto say = [&](std::uint32_t connection, bool client, std::uint32_t sequence,
                       std::uint32_t acknowledgement, bool syn, std::string_view payload) {
    packets::Segment segment;
    const packets::Endpoint application{
        packets::test::ipv4_host(static_cast<std::uint8_t>(connection / 10'000)),
        static_cast<std::uint16_t>(10'000 + connection % 10'000)};
    const packets::Endpoint server{packets::test::ipv4_host(100), 6379};
    segment.source = client ? application : server;
    segment.destination = client ? server : application;
    segment.sequence = sequence;
    segment.acknowledgement = acknowledgement;
    segment.syn = syn;
    segment.ack = !syn || !client;
    segment.payload = payload;
    segment.payload_length = static_cast<std::uint32_t>(payload.size());
    segment.time = time += 1000;
    analyzer.take(packets::test::make_frame(segment).frame(), {});
  };
  for (std::uint32_t i = 0; i < kConnections; ++i) {
    say(i, true, 100, 0, true, "");
    say(i, false, 500, 101, true, "");
    say(i, true, 101, 501, false, get);
    say(i, false, 501, 101 + static_cast<std::uint32_t>(get.size()), false, "$-1\r\n");
    say(i, true, 101 + static_cast<std::uint32_t>(get.size()), 506, false, get);
  }
  const long after = status_figure(getpid(), "VmRSS");
  fmt::print(
      "\n{} connections, each with a request outstanding: {:.1f} MB, of which buffers {:.1f} "
      "MB; {} commands seen\n",
      analyzer.counters().connections, static_cast<double>(after - before) * 1024 / 1e6,
      static_cast<double>(analyzer.counters().buffer_bytes) / 1e6,
      analyzer.report().total.commands);
}

}  // namespace
}  // namespace hitwatch::bench

int main() {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  namespace bench = hitwatch::bench;
  bench::bench_memory();
  bench::bench_decoder();
  bench::bench_thread();
  bench::bench_server(1, 200'000);
  bench::bench_server(16, 2'000'000);
}
