// A report on the keys of a server as series: cache_keys, cache_size_bytes and their kin.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/metrics/snapshot.h"
#include "collectors/keyspace/report.h"
#include "collectors/redis/families.h"

namespace hitwatch {

// Of one target: its series keep their text from round to round, and TTLs add up over all rounds,
// as a Prometheus histogram wants it. Not thread-safe.
class KeyspaceMetrics {
 public:
  explicit KeyspaceMetrics(const redis::Families& families);

  // To be called once for each round, in their order. The snapshot's `data_from` stays the epoch:
  // the age of a target's data is that of its poll.
  std::shared_ptr<const metrics::Snapshot> snapshot(const keyspace::Report& report);

  // Series that the last snapshot had to leave out, past a bound.
  std::uint64_t dropped() const { return builder_.dropped(); }

 private:
  struct Ttls {
    std::vector<double> counts;
    double sum_seconds = 0;
  };

  void count_ttls(const keyspace::Report& report);
  void add_ttls();

  const redis::Families& families_;
  metrics::SnapshotBuilder builder_;
  std::map<std::pair<int, std::string>, Ttls> ttls_;  // by database and type
};

}  // namespace hitwatch
