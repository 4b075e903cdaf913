// Fleets of 10 to 5,000 servers, polled every five seconds with rules and samples of keys off: what
// a poll costs, what the daemon takes, and whether polls come on time, also where a tenth of the
// servers hangs. `bench_fleet [SECONDS [TARGETS…]]`.
#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/bench/replay_server.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using std::chrono::seconds;
namespace asio = boost::asio;

constexpr seconds kInterval{5};

// A port whose queue is full: who connects there waits.
class FullPort {
 public:
  FullPort() {
    acceptor_.open(asio::ip::tcp::v4());
    acceptor_.bind({asio::ip::address_v4::any(), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      clients_.emplace_back(loop_).async_connect(
          {asio::ip::address_v4::loopback(), acceptor_.local_endpoint().port()},
          [](const auto&) {});
    }
    loop_.run_for(std::chrono::milliseconds(50));
  }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context loop_;
  asio::ip::tcp::acceptor acceptor_{loop_};
  std::vector<asio::ip::tcp::socket> clients_;
};

struct Fleet {
  int targets;
  bool with_hanging;  // one in ten: by turns one that does not accept and one that says nothing

  bool hangs(int number) const { return with_hanging && number % 10 == 5; }
};

std::string host(int number) {
  return fmt::format("127.{}.{}.{}", 1 + number / 62'500, number / 250 % 250, 1 + number % 250);
}
int number_of(std::uint32_t address) {
  return static_cast<int>(((address >> 16 & 255) - 1) * 62'500 + (address >> 8 & 255) * 250 +
                          (address & 255) - 1);
}

std::string target_list(const Fleet& fleet, int port, int full_port) {
  std::string list = "- targets:\n";
  for (int i = 0; i < fleet.targets; ++i) {
    const bool refuses_to_accept = fleet.hangs(i) && i / 10 % 2 == 0;
    list += fmt::format("    - '{}:{}'\n", host(i), refuses_to_accept ? full_port : port);
  }
  return list;
}

using Series = std::map<std::string, double>;

Series own_series(int port) {
  Series series;
  KeptConnection connection(port);
  std::string text;
  connection.get("/metrics?only=own", "", &text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == line.npos) continue;
    series[line.substr(0, space)] = std::strtod(line.c_str() + space, nullptr);
  }
  return series;
}

// The value below which `fraction` of a histogram's observations between two scrapes are.
double quantile(const Series& before, const Series& after, const std::string& name,
                double fraction) {
  std::map<double, double> counts;  // cumulative, by upper bound
  for (const auto& [series, value] : after) {
    const std::string head = name + "_bucket{le=\"";
    if (!series.starts_with(head)) continue;
    const auto former = before.find(series);
    counts[std::strtod(series.c_str() + head.size(), nullptr)] =
        value - (former == before.end() ? 0 : former->second);
  }
  if (counts.empty()) return 0;
  const double rank = fraction * counts.rbegin()->second;
  double lower = 0;
  double below = 0;
  for (const auto& [bound, count] : counts) {
    if (count >= rank) return lower + (bound - lower) * (rank - below) / (count - below);
    lower = bound;
    below = count;
  }
  return lower;
}

// What all measurements share: servers that know all answers after the first.
struct Servers {
  Servers(std::string info, const test::RedisServer& real)
      : replay(std::move(info), real.port(),
               [this](std::uint32_t address) { return hanging && number_of(address) % 10 == 5; }) {}

  std::atomic<bool> hanging = false;
  FullPort full;
  ReplayServer replay;
};

// A row of the table.
std::string measure(const Fleet& fleet, seconds time, Servers& servers) {
  servers.hanging = fleet.with_hanging;
  const test::TempDir folder;
  folder.write("targets.yaml", target_list(fleet, servers.replay.port(), servers.full.port()));
  const std::string config = folder.write(
      "hitwatch.yaml", fmt::format("targets: [{{file: targets.yaml}}]\n"
                                   "poll: {{interval: {}s}}\nkeys: {{sample: {{enabled: false}}}}\n"
                                   "rules: {{bundled: false}}\nweb: {{query_api: false}}\n"
                                   "apps: {{statsd: {{listen: []}}}}\nstorage: {{path: '{}'}}\n",
                                   kInterval.count(), folder.path("state")));
  const int port = test::free_port();
  test::Process daemon({HITWATCH_BINARY, "run", "--config", config, "--web.listen-address",
                        fmt::format("127.0.0.1:{}", port), "--log.level", "error"});
  const auto began = std::chrono::steady_clock::now();
  const bool ready = test::eventually(
      [&] {
        try {
          KeptConnection(port).get("/-/ready");
          return true;
        } catch (const std::exception&) {
          return false;
        }
      },
      seconds(60));
  const std::chrono::duration<double> start = std::chrono::steady_clock::now() - began;
  if (!ready) {
    return fmt::format("not ready: {}\n", daemon.output());
  }
  std::this_thread::sleep_for(2 * kInterval);
  const Series before = own_series(port);
  const double cpu = cpu_ms(daemon.pid());
  std::this_thread::sleep_for(time);
  const double used = cpu_ms(daemon.pid()) - cpu;
  const Series after = own_series(port);
  const std::string lateness = "hitwatch_poll_lateness_seconds";
  const double polls = after.at(lateness + "_count") - before.at(lateness + "_count");
  const double milliseconds = 1000.0 * static_cast<double>(time.count());
  return fmt::format("| {} | {} | {:.1f} | {:.2f} % | {:.3f} | {:.1f} | {:.1f} | {:.1f} |\n",
                     fleet.targets, fleet.with_hanging ? "10 %" : "none", start.count(),
                     100 * used / milliseconds, used / polls,
                     static_cast<double>(status_figure(daemon.pid(), "VmRSS")) / 1024,
                     1000 * quantile(before, after, lateness, 0.5),
                     1000 * quantile(before, after, lateness, 0.99));
}

void run(int argc, char** argv) {
  const seconds time(argc > 1 ? std::atoi(argv[1]) : 30);
  std::vector<int> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {10, 100, 1000, 5000};
  rlimit limits{};
  if (getrlimit(RLIMIT_NOFILE, &limits) == 0) {
    limits.rlim_cur = limits.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limits);
  }
  std::ifstream file(HITWATCH_INFO_FILE, std::ios::binary);
  const std::string info{std::istreambuf_iterator<char>(file), {}};
  const test::RedisServer real;
  Servers servers(info, real);
  measure({1, false}, seconds(1), servers);  // who learns its answers
  fmt::print(
      "| servers | hanging | ready after, s | CPU of a core | ms a poll | memory, MiB | late by, "
      "ms: "
      "median | p99 |\n|---|---|---|---|---|---|---|---|\n");
  for (const bool hanging : {false, true}) {
    for (const int targets : sizes) {
      if (hanging && targets < 100) continue;
      fmt::print("{}", measure({targets, hanging}, time, servers));
      std::fflush(stdout);
    }
  }
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  hitwatch::bench::run(argc, argv);
  return 0;
}
