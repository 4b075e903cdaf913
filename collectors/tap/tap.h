// The wire tap: from packets to lookups, on a thread of its own.
//
//   PacketRing / CaptureFile → read_frame → Connections → Reassembly → Conversation → Tally
//                                                                                    ↘ Store
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "collectors/keys/matcher.h"
#include "collectors/lookups/store.h"
#include "collectors/tap/options.h"
#include "collectors/tap/report.h"

namespace hitwatch::tap {

// Not the decoder's bounds but the tap's: connections that are followed at once.
constexpr std::size_t kMaxConnections = 65'536;
constexpr std::size_t kMaxBufferBytes = 256U << 20;  // of what waits and what is outstanding

class Tap {
 public:
  // Opens a ring for each interface of each namespace. What cannot be opened is told in `faults`
  // of the report and tried again later where that may help (an interface that is not there yet);
  // fails with a sentence if nothing could be opened. `store` (may be null) and `log` must outlive
  // this.
  static std::expected<std::unique_ptr<Tap>, std::string> open(const Options& options,
                                                               std::vector<keys::Rule> rules,
                                                               lookups::Store* store,
                                                               log::Log& log);
  // Ends the thread.
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // Begins to read, on its own thread.
  void start();

  // Any thread: other ports, share or patterns from now on.
  void configure(const packets::PortFilter& filter, std::vector<keys::Rule> rules);
  // Any thread: what was seen since the start. Waits for the tap's thread, some milliseconds.
  Report report() const;
  // Any thread: only what is cheap: counters.
  Counters counters() const;

 private:
  class Impl;
  explicit Tap(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::tap
