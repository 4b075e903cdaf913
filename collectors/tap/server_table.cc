#include "collectors/tap/server_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace hitwatch::tap {
namespace {

// What INFO's total_commands_processed counts: commands that ran, however they ended.
bool was_executed(const resp::Exchange& exchange) {
  return exchange.error == resp::ReplyError::kNone || exchange.error == resp::ReplyError::kFailed;
}

}  // namespace

void ServerTable::count(const resp::Exchange& exchange, const Figures& figures) {
  ServerFigures* const server = of(exchange.peer->server);
  if (server == nullptr) return;
  (exchange.peer->is_ours ? server->own : server->figures) += figures;
  if (was_executed(exchange)) ++server->executed;
  if (exchange.has_unseen_lookups || exchange.without_reply) ++server->scripts;
  server->last = std::max(server->last, exchange.time);
}

ServerFigures* ServerTable::of(const packets::Endpoint& server) {
  if (latest_ != nullptr && latest_->server == server) return latest_;
  constexpr std::size_t kAddress = sizeof server.address.bytes;
  std::array<char, kAddress + sizeof server.port> name{};
  std::memcpy(name.data(), server.address.bytes.data(), kAddress);
  std::memcpy(name.data() + kAddress, &server.port, sizeof server.port);
  const std::string_view bytes(name.data(), name.size());
  if (const auto number = names_.find(bytes)) return latest_ = &servers_[*number];
  if (servers_.size() == kMaxServers) return nullptr;
  names_.add(bytes);
  return latest_ = &servers_.emplace_back(ServerFigures{.server = server});
}

}  // namespace hitwatch::tap
