#include "agent/metrics/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>

namespace hitwatch::metrics {
namespace {

std::map<std::string, double> values(ProcessMetrics& process,
                                     std::chrono::steady_clock::time_point now) {
  std::map<std::string, double> found;
  for (const auto& family : process.collect(now)) {
    const auto& metric = family.metric.at(0);
    found[family.name] =
        family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  return found;
}

TEST(ProcessMetrics, TellWhatLinuxTells) {
  ProcessMetrics process;
  const auto found = values(process, std::chrono::steady_clock::now());
  EXPECT_EQ(found.size(), 9U);
  EXPECT_GT(found.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(found.at("process_virtual_memory_bytes"), found.at("process_resident_memory_bytes"));
  EXPECT_GE(found.at("process_open_fds"), 3);
  EXPECT_LE(found.at("process_start_time_seconds"), static_cast<double>(time(nullptr)) + 1);
  EXPECT_GT(found.at("process_start_time_seconds"), static_cast<double>(time(nullptr)) - 3600);
}

TEST(ProcessMetrics, AreReadAnewAfterASecond) {
  ProcessMetrics process;
  const auto now = std::chrono::steady_clock::now();
  const double before = values(process, now).at("process_open_fds");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(values(process, now).at("process_open_fds"), before);
  EXPECT_EQ(values(process, now + std::chrono::seconds(1)).at("process_open_fds"), before + 2);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace hitwatch::metrics
