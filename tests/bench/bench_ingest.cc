// StatsD lines: what one costs in memory; how many arrive over UDP when each is a datagram and when
// 25 share one; the same lines sent to the StatsD server of the npm package `statsd`; and what the
// series of many tenants take.
//
//   bench_ingest [SECONDS [FOLDER]]   of each run over UDP (3), and of node_modules
//
// The sender is a process of its own that sends as fast as it can or at a given pace. On the
// loopback it is the sender's processor that puts a datagram into the receiver's queue, so that the
// receiver's figures are those of taking it out again, and of everything after.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "collectors/apps/statsd_counting.h"
#include "collectors/apps/statsd_server.h"
#include "collectors/lookups/store.h"
#include "tests/apps/reference_statsd.h"
#include "tests/bench/measure.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kPacked = 25;  // lines to a datagram
constexpr std::size_t kTenants = 1000;
constexpr std::size_t kManyTenants = 10'000;
constexpr std::size_t kPatterns = 100;
constexpr std::size_t kPool = 25'000;  // different lines, sent over and over
const std::vector<std::string> kTypes = {"catalog", "session", "quote", "booking", "permissions"};

// --- lines
// ----------------------------------------------------------------------------------------

// Seven of ten are hits, one is a miss, two are times.
std::string start_of_line(std::mt19937& random) {
  const unsigned roll = random() % 10;
  if (roll < 7) return "cache.hit:1|c|#";
  if (roll < 8) return "cache.miss:1|c|#";
  return fmt::format("cache.latency:{:.3f}|ms|#", 0.2 + static_cast<double>(random() % 4000) / 1e3);
}

std::string tags_of(std::mt19937& random) {
  return fmt::format("tenant:tenant-{:04},type:{},operation:get", random() % kTenants,
                     kTypes[random() % kTypes.size()]);
}

std::string key_of(std::mt19937& random) {
  return fmt::format("key:area{}:tenant-{:04}:item:{},operation:get", random() % kPatterns,
                     random() % kTenants, random() % 100'000);
}

template <typename Tags>
std::vector<std::string> make_lines(Tags tags) {
  std::mt19937 random(1);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kPool; ++i) lines.push_back(start_of_line(random) + tags(random));
  return lines;
}

// Without times, which the peer keeps until it flushes.
std::vector<std::string> make_counters() {
  std::mt19937 random(1);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < kPool; ++i) {
    lines.push_back((random() % 10 < 9 ? "cache.hit:1|c|#" : "cache.miss:1|c|#") + tags_of(random));
  }
  return lines;
}

std::vector<std::string> pack(const std::vector<std::string>& lines, std::size_t each) {
  std::vector<std::string> datagrams;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i % each == 0) datagrams.emplace_back();
    if (!datagrams.back().empty()) datagrams.back() += '\n';
    datagrams.back() += lines[i];
  }
  return datagrams;
}

std::vector<keys::Rule> area_rules() {
  std::vector<keys::Rule> rules;
  for (std::size_t i = 0; i < kPatterns; ++i) {
    auto pattern = keys::Pattern::parse(fmt::format("area{}:{{tenant}}:*", i));
    rules.push_back({.pattern = pattern.value(), .type = fmt::format("area{}", i)});
  }
  return rules;
}

// --- in memory
// ------------------------------------------------------------------------------------

// Nanoseconds of CPU time for each of the lines, the best of five rounds.
template <typename Work>
double nanoseconds_per_line(std::size_t lines, Work work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
  };
  work();  // warm
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    const double began = now();
    work();
    best = std::min(best, now() - began);
  }
  return best / static_cast<double>(lines);
}

double count_in_memory(const std::vector<std::string>& lines, std::vector<keys::Rule> rules) {
  const auto datagrams = pack(lines, kPacked);
  lookups::Store store(std::move(rules), {}, steady_clock::now());
  apps::StatsdNames names{{}};
  apps::StatsdCounting counting;
  const double figure = nanoseconds_per_line(lines.size(), [&] {
    for (const std::string& datagram : datagrams) {
      auto recorder = store.record();
      counting.take_lines(datagram, names, recorder);
    }
  });
  for (const std::uint64_t rejected : counting.tally().rejected) {
    if (rejected != 0) throw std::runtime_error("a line of the benchmark was rejected");
  }
  return figure;
}

// Takes what the store would and keeps none of it.
struct NoRecorder {
  void count(const lookups::Subject& subject, lookups::Source, lookups::Outcome, double weight) {
    sum += weight + static_cast<double>(subject.tenant.size());
  }
  void time(const lookups::Subject& subject, lookups::Source, double seconds, double weight) {
    sum += seconds * weight + static_cast<double>(subject.tenant.size());
  }
  double sum = 0;
};

double read_in_memory(const std::vector<std::string>& lines) {
  const auto datagrams = pack(lines, kPacked);
  apps::StatsdNames names{{}};
  apps::StatsdCounting counting;
  NoRecorder recorder;
  const double figure = nanoseconds_per_line(lines.size(), [&] {
    for (const std::string& datagram : datagrams) counting.take_lines(datagram, names, recorder);
  });
  if (recorder.sum == 0) throw std::runtime_error("nothing was read");
  return figure;
}

double reference_in_memory(const std::vector<std::string>& lines) {
  std::size_t read = 0;
  const double figure = nanoseconds_per_line(lines.size(), [&] {
    for (const std::string& line : lines) read += apps::reference::read(line) ? 1 : 0;
  });
  if (read == 0) throw std::runtime_error("nothing was read");
  return figure;
}

double bench_memory_of_lines() {
  const auto with_tags = make_lines(tags_of);
  const auto with_keys = make_lines(key_of);
  const double tags = count_in_memory(with_tags, {});
  const double of_reading = read_in_memory(with_tags);
  fmt::print("## In memory, one thread, {} tenants, 5 types\n\n", kTenants);
  fmt::print("| ns of CPU per line, packed {} to a datagram | |\n|---|---|\n", kPacked);
  fmt::print("| read, classified, counted: tenant and type in tags | {:.0f} |\n", tags);
  fmt::print("| read, classified, counted: key, {} patterns | {:.0f} |\n", kPatterns,
             count_in_memory(with_keys, area_rules()));
  fmt::print("| of this, reading alone: tags | {:.0f} |\n", of_reading);
  fmt::print("| of this, reading alone: key | {:.0f} |\n", read_in_memory(with_keys));
  fmt::print("| the reference reader of the tests, reading alone: tags | {:.0f} |\n",
             reference_in_memory(with_tags));
  return tags;
}

// --- a sender
// -------------------------------------------------------------------------------------

struct Pace {
  double datagrams_per_second = 0;  // 0: as fast as it goes
  double seconds = 3;
};

int connected_udp(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect a UDP socket");
  }
  return socket;
}

// Datagrams ready for sendmmsg, as often as needed.
std::vector<mmsghdr> messages_of(std::vector<std::string>& datagrams, std::vector<iovec>& pieces) {
  pieces.clear();
  for (std::string& datagram : datagrams) pieces.push_back({datagram.data(), datagram.size()});
  std::vector<mmsghdr> messages(datagrams.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  return messages;
}

// Sends for the time given; how many datagrams that were.
std::uint64_t send_all(int socket, std::vector<mmsghdr>& messages, Pace pace) {
  constexpr std::size_t kBatch = 64;
  const auto began = steady_clock::now();
  std::uint64_t sent = 0;
  std::size_t next = 0;
  while (true) {
    const double passed = duration<double>(steady_clock::now() - began).count();
    if (passed > pace.seconds) return sent;
    if (pace.datagrams_per_second > 0 &&
        static_cast<double>(sent) > passed * pace.datagrams_per_second) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      continue;
    }
    const auto batch = static_cast<unsigned>(std::min(kBatch, messages.size() - next));
    const int done = sendmmsg(socket, messages.data() + next, batch, 0);
    if (done <= 0) continue;  // the peer is not there yet, or no memory for now
    sent += static_cast<std::uint64_t>(done);
    next = (next + static_cast<std::size_t>(done)) % messages.size();
  }
}

// Sends from a process of its own.
class Sender {
 public:
  Sender(std::vector<std::string> datagrams, std::uint16_t port, Pace pace) {
    std::vector<iovec> pieces;
    auto messages = messages_of(datagrams, pieces);
    const int socket = connected_udp(port);
    if (pipe(pipe_) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ < 0) throw std::runtime_error("no process");
    if (process_ == 0) {
      const std::uint64_t sent = send_all(socket, messages, pace);
      _exit(write(pipe_[1], &sent, sizeof sent) == sizeof sent ? 0 : 1);
    }
    close(socket);
    close(pipe_[1]);
  }
  ~Sender() {
    close(pipe_[0]);
    waitpid(process_, nullptr, 0);
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // How many datagrams were sent; waits for the end.
  std::uint64_t sent() const {
    std::uint64_t count = 0;
    if (read(pipe_[0], &count, sizeof count) != sizeof count) {
      throw std::runtime_error("the sender failed");
    }
    return count;
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t process_ = -1;
};

// --- receivers
// ------------------------------------------------------------------------------------

struct Outcome {
  double lines_sent = 0;
  double lines_received = 0;
  double datagrams_dropped = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of the receiver

  double lines_per_second() const { return lines_received / seconds; }
  double lines_per_cpu_second() const { return lines_received / cpu_seconds; }
};

// CPU time of the thread of that name in this process, in seconds.
double thread_cpu_seconds(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm"), comm);
    if (comm != name) continue;
    double nanoseconds = 0;
    std::ifstream(task.path() / "schedstat") >> nanoseconds;
    return nanoseconds / 1e9;
  }
  throw std::runtime_error("no thread " + name);
}

Outcome run_ours(const std::vector<std::string>& lines, std::size_t packed, Pace pace) {
  lookups::Store store({}, {}, steady_clock::now());
  log::Log log(log::Level::kError, log::Format::kLogfmt);
  apps::StatsdOptions options;
  options.listen = {
      {.transport = apps::StatsdAddress::Transport::kUdp, .host = "127.0.0.1", .text = "udp"}};
  options.listen_by_default = false;
  const auto server = apps::StatsdServer::start(options, store, log);
  if (!server) throw std::runtime_error(server.error());
  const std::uint16_t port = (*server)->ports().front();
  std::jthread ticks([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      store.tick(steady_clock::now());
      std::this_thread::sleep_for(milliseconds(200));
    }
  });
  const auto began = steady_clock::now();
  const double cpu = thread_cpu_seconds("hitwatch-statsd");
  const auto sent = static_cast<double>(Sender(pack(lines, packed), port, pace).sent());
  Outcome outcome;
  outcome.lines_sent = sent * static_cast<double>(packed);
  const auto received = [&] { return static_cast<double>((*server)->counters().datagrams); };
  for (double before = -1; before != received();) {  // until nothing more comes
    before = received();
    outcome.seconds = duration<double>(steady_clock::now() - began).count();
    outcome.cpu_seconds = thread_cpu_seconds("hitwatch-statsd") - cpu;
    std::this_thread::sleep_for(milliseconds(50));
  }
  outcome.lines_received = static_cast<double>((*server)->counters().lines);
  outcome.datagrams_dropped = sent - received();
  return outcome;
}

// The server of the npm package, without a backend and with an interval in which it never flushes.
class PeerServer {
 public:
  explicit PeerServer(const std::string& modules)
      : port_(test::free_port()),
        management_(test::free_port()),
        process_({"node", modules + "/statsd/stats.js",
                  dir_.write("config.js", fmt::format("{{address: '127.0.0.1', port: {}, "
                                                      "mgmt_address: '127.0.0.1', mgmt_port: {}, "
                                                      "backends: [], flushInterval: 3600000}}",
                                                      port_, management_))}) {
    const bool up = test::eventually([this] { return !ask("health").empty(); });
    if (!up) throw std::runtime_error("the peer did not start: " + process_.output());
  }

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  pid_t pid() const { return process_.pid(); }
  double counter(const std::string& name) {
    const std::string answer = ask("counters");
    const auto at = answer.find(name);
    if (at == std::string::npos) return 0;
    return std::strtod(answer.c_str() + answer.find(':', at) + 1, nullptr);
  }

 private:
  // The answer of the management port, up to its END; "" if there is none.
  std::string ask(const std::string& command) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(management_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    if (connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      test::send_all(socket, command + "\n");
      while (answer.find(command == "health" ? "\n" : "END") == std::string::npos) {
        const std::string more = test::receive(socket);
        if (more.empty()) break;
        answer += more;
      }
    }
    close(socket);
    return answer;
  }

  test::TempDir dir_;
  int port_;
  int management_;
  test::Process process_;
};

Outcome run_peer(const std::string& modules, const std::vector<std::string>& lines,
                 std::size_t packed, Pace pace) {
  PeerServer peer(modules);
  const auto began = steady_clock::now();
  const double cpu = cpu_ms(peer.pid());
  const auto sent = static_cast<double>(Sender(pack(lines, packed), peer.port(), pace).sent());
  Outcome outcome;
  outcome.lines_sent = sent * static_cast<double>(packed);
  outcome.seconds = duration<double>(steady_clock::now() - began).count();
  for (double before = -1; before != outcome.cpu_seconds;) {  // until it rests
    before = outcome.cpu_seconds;
    std::this_thread::sleep_for(milliseconds(100));
    outcome.cpu_seconds = (cpu_ms(peer.pid()) - cpu) / 1e3;
    if (outcome.cpu_seconds - before < 0.005) break;
  }
  outcome.lines_received = peer.counter("statsd.metrics_received");
  outcome.datagrams_dropped = sent - peer.counter("statsd.packets_received");
  return outcome;
}

// --- tables
// ---------------------------------------------------------------------------------------

void print_outcome(const std::string& what, const Outcome& outcome) {
  fmt::print("| {} | {:.0f} | {:.0f} | {:.0f} | {:.2f} | {:.0f} |\n", what,
             outcome.lines_sent / outcome.seconds, outcome.lines_per_second(),
             outcome.datagrams_dropped, outcome.cpu_seconds, outcome.lines_per_cpu_second());
}

void bench_udp(double seconds, const std::string& modules) {
  const auto lines = make_counters();
  fmt::print("\n## Over UDP on the loopback, {} s each\n\n", seconds);
  fmt::print(
      "| | lines/s sent | lines/s received | datagrams dropped | receiver's CPU s | lines per CPU "
      "s "
      "|\n|---|---|---|---|---|---|\n");
  print_outcome("a line a datagram, 300,000/s",
                run_ours(lines, 1, {.datagrams_per_second = 300'000, .seconds = seconds}));
  const Outcome single = run_ours(lines, 1, {.seconds = seconds});
  print_outcome("a line a datagram, all the sender can", single);
  print_outcome("25 lines a datagram, 5,000,000/s",
                run_ours(lines, kPacked, {.datagrams_per_second = 200'000, .seconds = seconds}));
  const Outcome packed = run_ours(lines, kPacked, {.seconds = seconds});
  print_outcome("25 lines a datagram, all the sender can", packed);
  if (!std::filesystem::exists(modules + "/statsd/stats.js")) {
    fmt::print("\nThe peer is left out: no package statsd in {}.\n", modules);
    return;
  }
  const Outcome peer_single = run_peer(modules, lines, 1, {.seconds = seconds});
  print_outcome("npm statsd: a line a datagram, all the sender can", peer_single);
  const Outcome peer_packed = run_peer(modules, lines, kPacked, {.seconds = seconds});
  print_outcome("npm statsd: 25 lines a datagram, all the sender can", peer_packed);
  fmt::print("\nLines per CPU second, as a multiple of the peer's: {:.1f} singly, {:.1f} packed.\n",
             single.lines_per_cpu_second() / peer_single.lines_per_cpu_second(),
             packed.lines_per_cpu_second() / peer_packed.lines_per_cpu_second());
}

// A lookup and a time a second in each series, for `minutes` of a made-up clock.
void play(lookups::Store& store, steady_clock::time_point& now, int minutes) {
  constexpr int kSecondsPerMinute = 60;
  std::mt19937 random(3);
  std::lognormal_distribution<double> latency(std::log(0.0006), 0.7);
  for (int second = 0; second < minutes * kSecondsPerMinute; ++second) {
    {
      auto recorder = store.record();
      for (std::size_t i = 0; i < kManyTenants * kTypes.size(); ++i) {
        const std::string tenant = fmt::format("tenant-{:05}", random() % kManyTenants);
        const lookups::Subject subject{.tenant = tenant, .type = kTypes[random() % kTypes.size()]};
        const bool hit = random() % 5 > 0;
        recorder.count(subject, lookups::Source::kStatsd,
                       hit ? lookups::Outcome::kHit : lookups::Outcome::kMiss);
        recorder.time(subject, lookups::Source::kStatsd, latency(random));
      }
    }
    store.tick(now += std::chrono::seconds(1));
  }
}

template <typename Work>
double milliseconds_of(Work work) {
  const auto began = steady_clock::now();
  work();
  return duration<double, std::milli>(steady_clock::now() - began).count();
}

void bench_memory_of_series() {
  constexpr int kMinutes = 20;
  constexpr double kKibPerMib = 1024;
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);  // as the daemon does
  const long before = status_figure(getpid(), "VmRSS");
  const auto grown = [before] {
    return static_cast<double>(status_figure(getpid(), "VmRSS") - before) / kKibPerMib;
  };
  steady_clock::time_point now = steady_clock::now();
  lookups::Store store({}, {.tenants = kManyTenants, .latency_tenants = 100}, now);
  fmt::print("\n## {} tenants x {} types\n\n| | |\n|---|---|\n", kManyTenants, kTypes.size());
  play(store, now, 1);
  fmt::print("| MiB after a minute of a lookup a second in each | {:.1f} |\n", grown());
  play(store, now, kMinutes);
  fmt::print("| MiB after {} minutes more | {:.1f} |\n", kMinutes, grown());
  std::string exposition;
  const double writing = milliseconds_of(
      [&] { store.write(exposition, metrics::Format::kText, lookups::Buckets::kClassic); });
  fmt::print("| ms to write the exposition, {:.1f} MB | {:.1f} |\n",
             static_cast<double>(exposition.size()) / 1e6, writing);
  const double asking = milliseconds_of([&] { static_cast<void>(store.recent({}, now)); });
  fmt::print("| ms to find the 100 with most misses in the last minutes | {:.1f} |\n", asking);
}

int run(int argc, char** argv) {
  const double seconds = argc > 1 ? std::strtod(argv[1], nullptr) : 3;
  const std::string modules = argc > 2 ? argv[2] : HITWATCH_NODE_MODULES;
  bench_memory_of_series();  // first, while the process is small
  bench_memory_of_lines();
  bench_udp(seconds, modules);
  return 0;
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  try {
    return hitwatch::bench::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_ingest: {}\n", error.what());
    return 1;
  }
}
