// Keyspace statistics on a real Redis with tenants of Zipf size: how often the 95 % intervals hold
// the truth, what a round costs the server as the keyspace grows, what other clients notice while
// it is sampled, and a whole scan beside `redis-cli --memkeys`.
//
//   bench_keyspace [KEYS [PAIRS]]   of the largest keyspace (2,000,000); of runs of redis-benchmark
//                                   with and without sampling (7)
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/measure.h"
#include "tests/keyspace/survey_driver.h"
#include "tests/keyspace/zipf_keys.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {
namespace {

using keyspace::Coverage;
using keyspace::Report;
using keyspace::SurveyDriver;
using keyspace::ZipfTruths;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::size_t kTenants = 1000;
constexpr std::size_t kSample = 10'000;
constexpr int kRounds = 20;
constexpr int kErrorRounds = 200;  // 20 would leave the standard error itself 7 % unsure

double seconds_since(steady_clock::time_point start) {
  return duration<double>(steady_clock::now() - start).count();
}

double median(std::vector<double> values) { return percentile(values, 0.5); }

// A full survey, unpaced, in this process.
struct Full {
  std::shared_ptr<const Report> report;
  double seconds;
};
Full survey_all(const test::RedisServer& server) {
  SurveyDriver driver(server.url());
  driver.options.full = true;
  const auto start = steady_clock::now();
  auto report = driver.run();
  return {std::move(report), seconds_since(start)};
}

// --- accuracy and the cost of a round
// -------------------------------------------------------------

// How far the keys of the tenants that have about one key in a hundred are off, as a standard error
// over the rounds; those that have somewhat more or fewer are brought to just one in a hundred by
// the law of the binomial distribution.
struct Errors {
  double squares = 0;
  double count = 0;
  double rms() const { return count > 0 ? std::sqrt(squares / count) : 0; }
  // Of rms() itself, as that of any standard deviation of so many.
  double rms_error() const { return count > 0 ? rms() / std::sqrt(2 * count) : 0; }
};

void add_tenants_of_one_percent(const Report& report, const ZipfTruths& truths, Errors& errors) {
  std::map<std::string, double> truly;
  double all = 0;
  for (const auto& [group, truth] : truths) {
    truly[group.second] += truth.keys;
    all += truth.keys;
  }
  std::map<std::string, double> estimated;
  for (const keyspace::Group& group : report.groups) estimated[group.tenant] += group.keys.value;
  for (const auto& [tenant, keys] : truly) {
    if (keys < 0.008 * all || keys > 0.012 * all) continue;
    const double odds = keys / (all - keys);
    const double off = (estimated[tenant] / keys - 1) * std::sqrt(odds * 99);
    errors.squares += off * off;
    ++errors.count;
  }
}

void measure_rounds(const test::RedisServer& server, std::size_t keys, const ZipfTruths& truths,
                    bool print_coverage) {
  const Full full = survey_all(server);
  std::map<std::string, Coverage> coverage;
  std::vector<double> cpu;
  std::vector<double> commands;
  double sampled = 0;
  for (int round = 0; round < kRounds; ++round) {
    SurveyDriver driver(server.url());
    driver.options.size = kSample;
    const double before = cpu_ms(server.pid());
    const auto report = driver.run();
    cpu.push_back(cpu_ms(server.pid()) - before);
    commands.push_back(report->server_seconds * 1e3);
    sampled += static_cast<double>(report->sampled);
    keyspace::add_coverage(*report, *full.report, truths, coverage);
  }
  fmt::print("{:>10} {:>10.0f} {:>16.1f} {:>16.1f}\n", keys, sampled / kRounds, median(cpu),
             median(commands));
  if (!print_coverage) return;
  fmt::print("\n95 % intervals that held the truth, {} rounds of {} of {} keys:\n", kRounds,
             kSample, keys);
  for (const auto& [figure, seen] : coverage) {
    fmt::print("  {:<13} {:5.1f} % of {:.0f}\n", figure, 100 * seen.share(), seen.all);
  }
  Errors errors;
  for (int round = 0; round < kErrorRounds; ++round) {
    SurveyDriver driver(server.url());
    driver.options.size = kSample;
    add_tenants_of_one_percent(*driver.run(), truths, errors);
  }
  fmt::print("  relative standard error of the keys of tenants with 1 %: {:.2f} % +/- {:.2f}\n",
             100 * errors.rms(), 100 * errors.rms_error());
}

// --- what others notice
// ---------------------------------------------------------------------------

struct Load {
  double requests_per_second;
  double p99_ms;
};

// redis-benchmark's own figures: "GET","181818.17","0.145",… with p99 in the seventh column.
Load run_load(const test::RedisServer& server) {
  const auto finished =
      test::run_to_end({"redis-benchmark", "-p", std::to_string(server.port()), "-t", "get", "-n",
                        "1000000", "-c", "50", "-r", "100000", "--csv"});
  std::istringstream lines(finished.output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("\"GET\"")) continue;
    std::vector<double> columns;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) {
      columns.push_back(std::atof(cell.substr(1).c_str()));
    }
    return {columns.at(1), columns.at(6)};
  }
  throw std::runtime_error("redis-benchmark said: " + finished.output);
}

// One round after the other, at the default budget and without the pause between rounds.
class Sampling {
 public:
  explicit Sampling(const test::RedisServer& server)
      : thread_([this, url = server.url()] {
          SurveyDriver driver(url);
          driver.options.size = kSample;
          driver.options.budget = 0.01;
          driver.on_progress = [this](keyspace::Survey& survey) {
            if (stop_) survey.finish_now();
          };
          while (!stop_) {
            const auto report = driver.run();
            if (report->complete) ++rounds_;
          }
        }) {}
  ~Sampling() {
    stop_ = true;
    thread_.join();
  }
  Sampling(const Sampling&) = delete;
  Sampling& operator=(const Sampling&) = delete;

  int rounds() const { return rounds_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> rounds_ = 0;
  std::thread thread_;
};

void measure_disturbance(const test::RedisServer& server, int pairs) {
  std::vector<double> throughput;
  std::vector<double> p99;
  int rounds = 0;
  run_load(server);  // warm
  for (int pair = 0; pair < pairs; ++pair) {
    // The order changes, so that a drift of the machine does not count as ours.
    Load alone{};
    Load sampled{};
    const auto with = [&] {
      const Sampling sampling(server);
      sampled = run_load(server);
      rounds += sampling.rounds();
    };
    if (pair % 2 == 0) alone = run_load(server);
    with();
    if (pair % 2 != 0) alone = run_load(server);
    throughput.push_back(sampled.requests_per_second / alone.requests_per_second);
    p99.push_back(sampled.p99_ms / alone.p99_ms);
    fmt::print(
        "  {:>9.0f} requests/s alone, {:>9.0f} sampled; p99 {:.3f} ms alone, {:.3f} sampled\n",
        alone.requests_per_second, sampled.requests_per_second, alone.p99_ms, sampled.p99_ms);
  }
  fmt::print("  medians of {} pairs: throughput {:+.1f} %, p99 {:+.1f} %; {} whole rounds\n\n",
             pairs, 100 * (median(throughput) - 1), 100 * (median(p99) - 1), rounds);
}

// --- whole scans
// ----------------------------------------------------------------------------------

// The most memory that a program had, in MiB, by the kernel's account of ended children.
struct Run {
  double seconds;
  double mebibytes;
};
Run run_and_weigh(std::vector<std::string> arguments) {
  std::fflush(stdout);  // what waits there would be written by the child too
  const auto start = steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    execvp(pointers[0], pointers.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(fmt::format("{} failed", arguments[0]));
  }
  return {seconds_since(start), static_cast<double>(usage.ru_maxrss) / 1024};
}

void measure_scans(const test::RedisServer& server, std::size_t keys) {
  const Run ours = run_and_weigh({HITWATCH_BINARY, "keys", server.url(), "--full", "--yes",
                                  "--budget", "100%", "--json", "--pattern", "{type}:{tenant}:*"});
  const Run theirs = run_and_weigh({"redis-cli", "-p", std::to_string(server.port()), "--memkeys"});
  const auto count = static_cast<double>(keys);
  fmt::print("{:>10} {:>13.0f} keys/s {:>8.1f} MiB {:>13.0f} keys/s {:>8.1f} MiB {:>7.1f}\n", keys,
             count / ours.seconds, ours.mebibytes, count / theirs.seconds, theirs.mebibytes,
             theirs.seconds / ours.seconds);
}

int run(std::size_t most, int pairs) {
  std::vector<std::size_t> sizes{most / 100, most / 10, most};
  std::vector<std::unique_ptr<test::RedisServer>> servers;
  std::vector<ZipfTruths> truths;
  for (const std::size_t size : sizes) {
    servers.push_back(std::make_unique<test::RedisServer>());
    truths.push_back(keyspace::fill_with_zipf_keys(servers.back()->port(), size, kTenants, 7));
  }
  fmt::print("rounds of {} keys, unpaced, medians of {}\n{:>10} {:>10} {:>16} {:>16}\n", kSample,
             kRounds, "keys", "sampled", "server CPU ms", "round trips ms");
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    measure_rounds(*servers[i], sizes[i], truths[i], i + 1 == sizes.size());
  }
  fmt::print("\nwhole scans, unpaced\n{:>10} {:>34} {:>34} {:>7}\n", "keys", "hitwatch keys --full",
             "redis-cli --memkeys", "ratio");
  for (std::size_t i = 0; i < sizes.size(); ++i) measure_scans(*servers[i], sizes[i]);
  fmt::print(
      "\nredis-benchmark GET, 50 clients, beside rounds without a pause between them, budget "
      "1 %, {} keys\n",
      most);
  measure_disturbance(*servers.back(), pairs);
  return 0;
}

}  // namespace
}  // namespace hitwatch::bench

int main(int argc, char** argv) {
  try {
    const std::size_t keys = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2'000'000;
    const int pairs = argc > 2 ? std::atoi(argv[2]) : 7;
    return hitwatch::bench::run(std::max<std::size_t>(keys, 100'000), std::max(pairs, 1));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_keyspace: {}\n", error.what());
    return 1;
  }
}
