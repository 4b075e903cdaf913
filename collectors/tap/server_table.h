// What the tap sees of each server.
#pragma once

#include <vector>

#include "collectors/tap/report.h"
#include "collectors/tap/resp/exchange.h"

namespace hitwatch::tap {

// Of at most kMaxServers; those that come later take the place of one that was
// silent for an hour, or are left out. Allocates only for new ones.
class ServerTable {
 public:
  ServerTable() { servers_.reserve(kMaxServers); }

  // An exchange with a server, and what figures_of() makes of it.
  void count(const resp::Exchange& exchange, const Figures& figures);
  const std::vector<ServerFigures>& all() const { return servers_; }

 private:
  ServerFigures* of(const resp::Peer& peer, packets::Time now);

  std::vector<ServerFigures> servers_;
  ServerFigures* latest_ = nullptr;  // as a rule the next exchange is of the same
};

}  // namespace hitwatch::tap
