// Debian's prometheus-redis-exporter, which the daemon is measured beside.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/system/harness.h"

namespace hitwatch::bench {

class RedisExporter {
 public:
  // Watches the server at `address`; answers once it is made. Throws std::runtime_error with its
  // output if it does not.
  explicit RedisExporter(const std::string& address);

  int port() const { return port_; }
  pid_t pid() const { return process_.pid(); }

 private:
  int port_;
  test::Process process_;
};

}  // namespace hitwatch::bench
