// A Prometheus on a free port of the loopback that is sent samples instead of scraping them, and
// asked for what it makes of them.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/remote_write.h"
#include "tests/system/harness.h"

namespace hitwatch::bench {

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
