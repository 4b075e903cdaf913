// A Prometheus on a free port of the loopback that is sent samples instead of scraping them, and
// asked for what it makes of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/metrics/labels.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {

// A body for its remote-write receiver (https://prometheus.io/docs/specs/prw/remote_write_spec/,
// version 1.0): a WriteRequest as protobuf.
class WriteRequest {
 public:
  void clear() { body_.clear(); }
  bool empty() const { return body_.empty(); }
  // Labels are sorted by name. A series' samples are put between the two.
  void begin_series(const metrics::Labels& labels);
  void sample(std::int64_t time, double value);
  void end_series();
  // In Snappy's block format, without compressing anything.
  std::string packed() const;

 private:
  std::string body_;
  std::string series_;
};

class Prometheus {
 public:
  Prometheus();

  // From now on it evaluates the rule files that match, every 15 seconds.
  void load_rules(const std::string& pattern);
  // Throws std::runtime_error if they are not all taken.
  void write(const WriteRequest& request);

  // The values of an instant query, by the value of one label; of a scalar or a single series
  // without that label: by "".
  std::map<std::string, double> query(const std::string& expr, const std::string& label);
  // The last duration of each rule group, in seconds, by its name.
  std::map<std::string, double> group_seconds();
  // The values of its own series without labels.
  double own(const std::string& series);
  pid_t pid() const { return process_->pid(); }

 private:
  std::string request(const std::string& head, std::string_view body);
  std::string get(const std::string& path);

  test::TempDir dir_;
  int port_;
  std::unique_ptr<test::Process> process_;
};

}  // namespace hitwatch::bench
