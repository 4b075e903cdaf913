#include "collectors/tap/server_table.h"

#include <algorithm>
#include <chrono>

namespace hitwatch::tap {
namespace {

constexpr packets::Time kForgotten = std::chrono::nanoseconds(std::chrono::hours(1)).count();

}  // namespace

void ServerTable::count(const resp::Exchange& exchange, const Figures& figures) {
  ServerFigures* const server = of(*exchange.peer, exchange.time);
  if (server == nullptr) return;
  if (server->recent.is_over(exchange.time)) server->recent.close(exchange.time, server->totals());
  (exchange.peer->is_ours ? server->own : server->figures) += figures;
  if (exchange.executed) ++server->executed;
  if (exchange.has_unseen_lookups || exchange.without_reply) ++server->scripts;
  if (exchange.peer->is_ours && exchange.name == "INFO") {
    server->asked = {exchange.time, server->asked[0]};
  }
  server->last = std::max(server->last, exchange.time);
}

ServerFigures* ServerTable::of(const resp::Peer& peer, packets::Time now) {
  const auto is_it = [&peer](const ServerFigures& known) {
    return known.server == peer.server && known.network_namespace == peer.network_namespace;
  };
  if (latest_ != nullptr && is_it(*latest_)) return latest_;
  const auto found = std::ranges::find_if(servers_, is_it);
  if (found != servers_.end()) return latest_ = &*found;
  ServerFigures fresh{.server = peer.server, .network_namespace = peer.network_namespace};
  if (servers_.size() < kMaxServers) return latest_ = &servers_.emplace_back(fresh);
  // Addresses of containers come and go.
  const auto oldest = std::ranges::min_element(servers_, {}, &ServerFigures::last);
  if (now - oldest->last < kForgotten) return nullptr;
  *oldest = fresh;
  return latest_ = &*oldest;
}

}  // namespace hitwatch::tap
