// What is counted of keys that belong together: of a pattern, or of a shape.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/tap/report.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap {

struct GroupFigures {
  Figures figures;
  Latencies latencies{};
  std::vector<std::string> examples;
  std::uint64_t latest = 0;  // number of the exchange that was counted last

  // Use of a key by the exchange of that number, which counts as a command once.
  void count(const resp::KeyUse& use, std::uint64_t exchange);
  // Adds what was counted of other keys.
  void merge(const GroupFigures& other);

 private:
  void keep_example(std::string_view key);
};

// Of all but the keys' bytes.
Figures figures_of(const resp::KeyUse& use);
// Of a whole exchange.
Figures figures_of(const resp::Exchange& exchange);
// Whether the reply is an error that concerns the application.
bool is_error(const resp::Exchange& exchange);
// Counts a latency in nanoseconds.
void count_latency(Latencies& latencies, packets::Time latency);

}  // namespace hitwatch::tap
