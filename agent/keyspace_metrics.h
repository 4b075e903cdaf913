// A report on the keys of a server as series: cache_keys, cache_size_bytes and their kin.
#pragma once

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

  // To be called once for each round, in their order.
  std::shared_ptr<const metrics::Snapshot> snapshot(const keyspace::Report& report);

 private:
  struct Ttls {
    std::vector<double> counts;
    double sum_seconds = 0;
  };

  const redis::Families& families_;
  metrics::SnapshotBuilder builder_;
  std::map<std::pair<int, std::string>, Ttls> ttls_;  // by database and type
};

}  // namespace hitwatch
