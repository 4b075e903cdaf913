#include "agent/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

namespace hitwatch::metrics {
namespace {

using prometheus::MetricFamily;

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Fields of /proc/self/stat by their number in proc(5), from 3 on: the name before may hold blanks.
class Stat {
 public:
  Stat() {
    const std::string text = read_file("/proc/self/stat");
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
    for (std::string field; fields >> field;) fields_.push_back(field);
  }
  double operator[](std::size_t number) const {
    double value = 0;
    if (number - 3 < fields_.size()) {
      const std::string& field = fields_[number - 3];
      std::from_chars(field.data(), field.data() + field.size(), value);
    }
    return value;
  }

 private:
  std::vector<std::string> fields_;
};

double boot_time() {
  std::istringstream lines(read_file("/proc/stat"));
  for (std::string word; lines >> word;) {
    double seconds = 0;
    if (word == "btime" && lines >> seconds) return seconds;
  }
  return 0;
}

double open_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  if (failed) return 0;
  // One of them is the iterator's own.
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

double limit(__rlimit_resource resource) {
  rlimit limits{};
  if (getrlimit(resource, &limits) != 0) return 0;
  return limits.rlim_cur == RLIM_INFINITY ? static_cast<double>(~0ULL)
                                          : static_cast<double>(limits.rlim_cur);
}

// /proc/self/net/netstat has a line of names and a line of values per group.
double network_octets(std::string_view wanted) {
  std::istringstream text(read_file("/proc/self/net/netstat"));
  std::string names;
  std::string values;
  while (std::getline(text, names) && std::getline(text, values)) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_words(names);
    std::istringstream value_words(values);
    std::string name;
    std::string value;
    while (name_words >> name && value_words >> value) {
      double octets = 0;
      if (name != wanted) continue;
      std::from_chars(value.data(), value.data() + value.size(), octets);
      return octets;
    }
  }
  return 0;
}

// What the figures are made from.
struct ProcessFiles {
  Stat stat;
  double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));  // a second
  double page = static_cast<double>(sysconf(_SC_PAGESIZE));
};

double start_time(const ProcessFiles& files) {
  static const double started = boot_time();
  return started + files.stat[22] / files.ticks;
}

constexpr FigureRow<ProcessFiles> kProcessRows[] = {
    {{"process_cpu_seconds_total", Type::kCounter, "CPU time used by the daemon, user and system."},
     [](const ProcessFiles& files) { return (files.stat[14] + files.stat[15]) / files.ticks; }},
    {{"process_max_fds", Type::kGauge, "File descriptors the daemon may have open."},
     [](const ProcessFiles&) { return limit(RLIMIT_NOFILE); }},
    {{"process_network_receive_bytes_total", Type::kCounter,
      "Bytes received over IP in the daemon's network namespace."},
     [](const ProcessFiles&) { return network_octets("InOctets"); }},
    {{"process_network_transmit_bytes_total", Type::kCounter,
      "Bytes sent over IP in the daemon's network namespace."},
     [](const ProcessFiles&) { return network_octets("OutOctets"); }},
    {{"process_open_fds", Type::kGauge, "File descriptors the daemon has open."},
     [](const ProcessFiles&) { return open_descriptors(); }},
    {{"process_resident_memory_bytes", Type::kGauge, "Memory the daemon has in RAM."},
     [](const ProcessFiles& files) { return files.stat[24] * files.page; }},
    {{"process_start_time_seconds", Type::kGauge, "When the daemon started, as Unix time."},
     [](const ProcessFiles& files) { return start_time(files); }},
    {{"process_virtual_memory_bytes", Type::kGauge, "Address space the daemon uses."},
     [](const ProcessFiles& files) { return files.stat[23]; }},
    {{"process_virtual_memory_max_bytes", Type::kGauge, "Address space the daemon may use."},
     [](const ProcessFiles&) { return limit(RLIMIT_AS); }},
};

}  // namespace

std::vector<MetricFamily> ProcessMetrics::collect(std::chrono::steady_clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (families_.empty() || now - read_at_ >= std::chrono::seconds(1)) {
    families_.clear();
    add_figures(families_, kProcessRows, ProcessFiles());
    read_at_ = now;
  }
  return families_;
}

std::vector<Description> process_descriptions() {
  std::vector<Description> all;
  describe(all, kProcessRows);
  return all;
}

}  // namespace hitwatch::metrics
