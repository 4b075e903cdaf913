// Tells hitwatch of lookups: StatsD lines over UDP, as many in a datagram as fit.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hitwatch::demo {

enum class Result { kHit, kMiss, kError };

class LookupReport {
 public:
  // Without a port nothing is sent.
  explicit LookupReport(std::optional<int> port);
  ~LookupReport();
  LookupReport(const LookupReport&) = delete;
  LookupReport& operator=(const LookupReport&) = delete;

  // A tenant of "" is left out.
  void add(std::string_view tenant, std::string_view type, Result result,
           std::chrono::duration<double, std::milli> latency);
  // Sends what was added since. What cannot be sent is lost, as with any StatsD client.
  void send();

 private:
  int socket_ = -1;
  std::string lines_;
};

}  // namespace hitwatch::demo
