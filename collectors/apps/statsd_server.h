// Receives StatsD over UDP, Unix datagrams and TCP on a thread of its own, and counts what arrives.
//
// Datagrams are taken in batches straight from the kernel, so that one thread keeps up with what
// the loopback delivers, and Redis' polls are not held up. A fault in a line disturbs no other
// line.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "agent/log/log.h"
#include "collectors/apps/options.h"
#include "collectors/apps/statsd_line.h"
#include "collectors/lookups/store.h"

namespace hitwatch::apps {

// What has happened so far.
struct StatsdCounters {
  std::uint64_t datagrams = 0;
  std::uint64_t datagrams_dropped = 0;  // by the kernel, for lack of room (SO_RXQ_OVFL)
  std::uint64_t lines = 0;              // all, those below included
  std::uint64_t lines_ignored = 0;      // names that mean nothing here, events, service checks
  std::array<std::uint64_t, kRejections> rejected{};  // by Rejection
  std::uint64_t tcp_connections = 0;                  // open now
  std::uint64_t tcp_connections_dropped = 0;          // by a limit or a timeout
};

class StatsdServer {
 public:
  static constexpr std::size_t kMostTcpConnections = 256;
  static constexpr int kReceiveBuffer = 16 << 20;  // bytes asked of the kernel for each socket

  // Binds all addresses and starts the thread. Fails with a sentence that names the address at
  // fault; addresses of the default are left out with a log line instead. `store` and `log` must
  // outlive this.
  static std::expected<std::unique_ptr<StatsdServer>, std::string> start(
      const StatsdOptions& options, lookups::Store& store, log::Log& log);
  // Ends the thread and removes the sockets' files.
  ~StatsdServer();
  StatsdServer(const StatsdServer&) = delete;
  StatsdServer& operator=(const StatsdServer&) = delete;

  // Any thread: other meanings of names from now on.
  void set_mapping(const std::vector<StatsdMeaning>& mapping);
  StatsdCounters counters() const;
  // The ports listened on, in the order of the addresses; 0 for a Unix socket or one left out.
  std::vector<std::uint16_t> ports() const;

 private:
  class Impl;
  explicit StatsdServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hitwatch::apps
