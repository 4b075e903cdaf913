// What a process costs, and a scraper that costs next to nothing itself.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hitwatch::bench {

// CPU time of a process since its start, in milliseconds: user and system, all threads, those that
// have ended included.
double cpu_ms(pid_t process);

// A figure of /proc/PID/status by its name: `VmRSS` in KiB, `Threads`.
long status_figure(pid_t process, std::string_view name);

// Microseconds that a server has spent in commands, by what it answers to INFO commandstats.
double usec_in_commands(const std::string& commandstats);

// One kept HTTP/1.1 connection to a port of the loopback.
class KeptConnection {
 public:
  explicit KeptConnection(int port);
  ~KeptConnection();
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

  struct Answer {
    double milliseconds;  // from the first byte sent to the last one received
    std::size_t bytes;    // of the body, as transferred
  };
  // Throws std::runtime_error if the status is not 200 or the connection ends.
  // `body`, if given, takes the body; the answer must have a length then.
  Answer get(const std::string& path, const std::string& header_lines = "",
             std::string* body = nullptr);

 private:
  void receive_some();
  std::size_t receive_chunks(std::size_t at);

  int socket_ = -1;
  std::string received_;
};

// The value below which `fraction` of the values are; reorders them. There must be some.
double percentile(std::vector<double>& values, double fraction);

}  // namespace hitwatch::bench
