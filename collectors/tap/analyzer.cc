#include "collectors/tap/analyzer.h"

#include <algorithm>
#include <utility>

namespace hitwatch::tap {
namespace {

constexpr std::uint64_t kFramesBetweenSweeps = 1U << 14;

}  // namespace

Analyzer::Analyzer(packets::PortFilter filter, std::vector<keys::Rule> rules, lookups::Store* store)
    : filter_(std::move(filter)),
      tally_(std::move(rules), store),
      pool_(kMaxBufferBytes),
      surroundings_{.sink = tally_, .pool = pool_},
      connections_(kMaxConnections, surroundings_) {}

Analyzer::~Analyzer() = default;

void Analyzer::take(const packets::Frame& frame, Origin origin) {
  ++frames_;
  bytes_ += frame.wire_length;
  if (first_ == 0) first_ = frame.time;
  last_ = std::max(last_, frame.time);
  // Not by the latest time that was seen: clocks are set back, too.
  if (frames_ % kFramesBetweenSweeps == 0) connections_.forget_silent(frame.time);
  const auto segment = packets::read_frame(frame);
  if (!segment) {
    ++not_tcp_;
    return;
  }
  if (segment->interface != 0) origin.interface = segment->interface;
  // A ring still holds packets of the filter before this one; a file holds what it will.
  if (!filter_.admits(*segment)) return;
  if (segment->payload.size() < segment->payload_length) ++cut_;
  connections_.take(*segment, origin, filter_);
}

void Analyzer::configure(packets::PortFilter filter, std::vector<keys::Rule> rules) {
  filter_ = std::move(filter);
  connections_.keep_only(filter_);
  tally_.configure(std::move(rules));
}

Counters Analyzer::counters() const {
  Counters counters;
  counters.packets = frames_;
  counters.bytes = bytes_;
  counters.cut = cut_;
  counters.not_tcp = not_tcp_;
  counters.connections = connections_.counters().now;
  counters.connections_seen = connections_.counters().seen;
  counters.connections_evicted = connections_.counters().evicted;
  counters.repeated_elsewhere = connections_.counters().elsewhere;
  counters.buffer_bytes = pool_.bytes();
  counters.doubts = surroundings_.doubts;
  counters.servers = tally_.servers();
  return counters;
}

Report Analyzer::report() const {
  Report report;
  tally_.report(report);
  report.counters = counters();
  report.first = first_;
  report.last = last_;
  return report;
}

}  // namespace hitwatch::tap
