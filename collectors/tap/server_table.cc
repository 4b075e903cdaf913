#include "collectors/tap/server_table.h"

#include <algorithm>

namespace hitwatch::tap {

void ServerTable::count(const resp::Exchange& exchange, const Figures& figures) {
  ServerFigures* const server = of(*exchange.peer);
  if (server == nullptr) return;
  (exchange.peer->is_ours ? server->own : server->figures) += figures;
  if (exchange.executed) ++server->executed;
  if (exchange.has_unseen_lookups || exchange.without_reply) ++server->scripts;
  server->last = std::max(server->last, exchange.time);
}

ServerFigures* ServerTable::of(const resp::Peer& peer) {
  const auto is_it = [&peer](const ServerFigures& known) {
    return known.server == peer.server && known.network_namespace == peer.network_namespace;
  };
  if (latest_ != nullptr && is_it(*latest_)) return latest_;
  const auto found = std::ranges::find_if(servers_, is_it);
  if (found != servers_.end()) return latest_ = &*found;
  if (servers_.size() == kMaxServers) return nullptr;
  servers_.push_back({.server = peer.server, .network_namespace = peer.network_namespace});
  return latest_ = &servers_.back();
}

}  // namespace hitwatch::tap
