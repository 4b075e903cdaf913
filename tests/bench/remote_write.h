// Samples as Prometheus' remote-write receiver takes them
// (https://prometheus.io/docs/specs/prw/remote_write_spec/, version 1.0): protobuf, in Snappy's
// block format.
#pragma once

#include <cstdint>
#include <string>

#include "agent/metrics/labels.h"

namespace hitwatch::bench {

class WriteRequest {
 public:
  void clear() { body_.clear(); }
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

}  // namespace hitwatch::bench
