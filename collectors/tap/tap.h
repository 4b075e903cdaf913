// The wire tap: from packets to lookups, on a thread of its own.
//
//   PacketRing ──▶ read_frame ──▶ Connections ──▶ Reassembly ──▶ Conversation ──▶ Tally ──▶ Store
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "collectors/keys/matcher.h"
#include "collectors/lookups/store.h"
#include "collectors/tap/options.h"
#include "collectors/tap/packets/port_filter.h"
#include "collectors/tap/report.h"

namespace hitwatch::tap {

class Tap {
 public:
  // Opens a ring for each interface of each namespace, which needs CAP_NET_RAW (and CAP_SYS_ADMIN
  // to enter namespaces); nothing later needs them. An interface that is not there yet, or goes,
  // is taken when it comes; a namespace that cannot be entered is a fault. Fails with a sentence if
  // a ring cannot be made. `store` may be null; it and `log` must outlive this.
  static std::expected<std::unique_ptr<Tap>, std::string> open(const Options& options,
                                                               const packets::PortFilter& filter,
                                                               std::vector<keys::Rule> rules,
                                                               lookups::Store* store,
                                                               log::Log& log);
  // Ends the thread.
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // Begins to read, on its own thread.
  void start();

  // Any thread. Other ports, share or patterns from now on. Waits for the tap's thread, up to some
  // milliseconds.
  void configure(const packets::PortFilter& filter, std::vector<keys::Rule> rules);
  // Any thread: what was seen since the start. Waits likewise.
  Report report() const;
  // Any thread, at once: as it was some tens of milliseconds ago.
  Counters counters() const;

 private:
  class Impl;
  explicit Tap(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::tap
