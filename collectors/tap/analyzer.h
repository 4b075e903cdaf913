// From frames to figures: what the tap does with a packet, live or from a file.
#pragma once

#include <cstdint>
#include <vector>

#include "collectors/keys/matcher.h"
#include "collectors/lookups/store.h"
#include "collectors/tap/connections.h"
#include "collectors/tap/packets/frame.h"
#include "collectors/tap/packets/port_filter.h"
#include "collectors/tap/report.h"
#include "collectors/tap/tally.h"

namespace hitwatch::tap {

constexpr std::size_t kMaxConnections = 65'536;      // followed at once
constexpr std::size_t kMaxBufferBytes = 256U << 20;  // of what waits and what is outstanding

// Of one thread.
class Analyzer {
 public:
  // `store` may be null; else it must outlive this.
  Analyzer(packets::PortFilter filter, std::vector<keys::Rule> rules, lookups::Store* store);
  ~Analyzer();

  void take(const packets::Frame& frame, Origin origin);
  // Ends a batch: what the store should know it does then.
  void flush() { tally_.flush(); }
  // Other ports, share or patterns from now on.
  void configure(packets::PortFilter filter, std::vector<keys::Rule> rules);
  const packets::PortFilter& filter() const { return filter_; }

  // All but what the kernel dropped and what could not be opened.
  Counters counters() const;
  Report report() const;

 private:
  packets::PortFilter filter_;
  Tally tally_;
  packets::BufferPool pool_;
  resp::Surroundings surroundings_;
  Connections connections_;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t not_tcp_ = 0;
  packets::Time first_ = 0;
  packets::Time last_ = 0;
};

}  // namespace hitwatch::tap
