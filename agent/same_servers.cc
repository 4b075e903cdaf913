#include "agent/same_servers.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

namespace hitwatch {
namespace {

// "IP|port", in one spelling; "" for what is no IP address.
std::string ip_key(const std::string& host, int port) {
  namespace ip = boost::asio::ip;
  boost::system::error_code failed;
  ip::address address = ip::make_address(host, failed);
  if (failed) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address.to_string() + '|' + std::to_string(port);
}

std::string announced_at(const redis::Target& found) {
  return found.url.is_unix() ? std::string() : ip_key(found.url.host, found.url.port);
}

}  // namespace

bool SameServers::polled(const redis::Target& target, const redis::TargetState& state) {
  const std::scoped_lock lock(mutex_);
  const std::string name = target.name();
  const auto known = servers_.find(name);
  if (known == servers_.end() || known->second.address != target.url.address()) return false;
  Server& server = known->second;
  const Server before = std::exchange(server, heard(server, target, state));
  const bool moved = before.leads_to != server.leads_to;
  const bool restarted = before.run_id != server.run_id;
  if (before.polled && !moved && !restarted) return false;
  if (restarted) forget_first(name, before);
  tell_if_twice(name, server);
  const std::string place = server.found ? announced_at(target) : server.leads_to;
  auto& said = server.found ? said_by_found_ : said_by_named_;
  const auto& said_by_others = server.found ? said_by_named_ : said_by_found_;
  if (!server.run_id.empty()) said.insert(server.run_id);
  if (!place.empty()) said.insert(place);
  if (!server.is_at.empty()) return moved || server.by_run;
  return said_by_others.contains(server.run_id) || said_by_others.contains(place);
}

SameServers::Server SameServers::heard(Server server, const redis::Target& target,
                                       const redis::TargetState& state) {
  server.polled = true;
  if (!state.up) return server;
  server.run_id = state.run_id;
  server.leads_to = target.url.is_unix() ? std::string() : ip_key(state.peer, target.url.port);
  server.own_port = state.replication == nullptr ? 0 : state.replication->tcp_port;
  return server;
}

void SameServers::forget_first(const std::string& name, const Server& server) {
  const auto first = first_.find({server.found, server.run_id});
  if (first != first_.end() && first->second == name) first_.erase(first);
}

void SameServers::tell_if_twice(const std::string& name, const Server& server) {
  if (server.run_id.empty()) return;
  const auto [first, is_new] = first_.try_emplace({server.found, server.run_id}, name);
  if (is_new || told_.size() >= kMostTold) return;
  const auto other = servers_.find(first->second);
  if (other == servers_.end() || other->second.run_id != server.run_id) {
    first->second = name;
    return;
  }
  if (other->second.address == server.address) return;
  if (!told_.insert(std::minmax(name, other->first)).second) return;
  log_.warn("two targets are the same server",
            {{"target", name}, {"other", other->first}, {"run_id", server.run_id}});
}

std::vector<const redis::Target*> SameServers::match(std::span<const redis::Target> named,
                                                     std::span<const redis::Target* const> found) {
  const std::scoped_lock lock(mutex_);
  std::unordered_map<std::string, Server> next;
  for (const redis::Target& target : named) know(target, false, next);
  for (const redis::Target* target : found) know(*target, true, next);
  servers_ = std::move(next);
  std::erase_if(first_, [&](const auto& entry) { return !servers_.contains(entry.second); });

  said_by_named_.clear();
  said_by_found_.clear();
  for (const auto& [name, server] : servers_) {
    auto& said = server.found ? said_by_found_ : said_by_named_;
    said.insert(server.run_id);
    said.insert(server.found ? std::string() : server.leads_to);
  }
  for (const redis::Target* target : found) said_by_found_.insert(announced_at(*target));
  said_by_named_.erase("");
  said_by_found_.erase("");

  const Found indexed = index(found);
  std::vector<const redis::Target*> matched;
  matched.reserve(named.size());
  for (const redis::Target& target : named) {
    Server& server = servers_.at(target.name());
    const redis::Target* other =
        target.place.at.empty() ? find(target.name(), server, indexed) : nullptr;
    note(target.name(), server, other);
    matched.push_back(server.is_at.empty() ? nullptr : other);
  }
  return matched;
}

// A name may be that of one of each kind: the named one has it.
void SameServers::know(const redis::Target& target, bool found,
                       std::unordered_map<std::string, Server>& next) {
  const std::string name = target.name();
  const std::string address = target.url.address();
  const auto known = servers_.find(name);
  const bool stays =
      known != servers_.end() && known->second.address == address && known->second.found == found;
  Server server;
  if (stays) server = known->second;
  server.address = address;
  server.found = found;
  next.try_emplace(name, std::move(server));
}

const SameServers::Server* SameServers::server_of(const redis::Target& found) const {
  const auto known = servers_.find(found.name());
  return known != servers_.end() && known->second.found ? &known->second : nullptr;
}

SameServers::Found SameServers::index(std::span<const redis::Target* const> found) const {
  Found indexed;
  for (const redis::Target* target : found) {
    indexed.addresses.insert(target->url.address());
    if (!target->place.failed.empty()) continue;
    if (const std::string at = announced_at(*target); !at.empty()) indexed.at.emplace(at, target);
    const Server* server = server_of(*target);
    if (server == nullptr || server->run_id.empty()) continue;
    const auto [first, is_new] = indexed.by_run.emplace(server->run_id, target);
    if (!is_new) first->second = nullptr;
  }
  return indexed;
}

const redis::Target* SameServers::find(const std::string& name, Server& server,
                                       const Found& found) {
  const auto at = found.at.find(server.leads_to);
  if (at != found.at.end()) {
    const Server* other = server_of(*at->second);
    const bool known = !server.by_run && server.is_at == at->second->url.address();
    const bool fits = other != nullptr && other->polled &&
                      (other->run_id.empty() || other->run_id == server.run_id);
    if (known || fits) {
      server.by_run = false;
      return at->second;
    }
  }
  return server.wanders ? nullptr : find_by_run(name, server, found);
}

const redis::Target* SameServers::find_by_run(const std::string& name, Server& server,
                                              const Found& found) {
  const auto same = found.by_run.find(server.run_id);
  if (same == found.by_run.end() || same->second == nullptr) return nullptr;
  if (server_of(*same->second)->own_port != server.own_port) return nullptr;
  const std::string address = same->second->url.address();
  if (server.was_at != address && found.addresses.contains(server.was_at)) {
    server.wanders = true;
    log_.warn("a target leads now to one, now to another server, which count twice",
              {{"target", name}, {"former", server.was_at}, {"other", address}});
    return nullptr;
  }
  server.was_at = address;
  server.by_run = true;
  return same->second;
}

void SameServers::note(const std::string& name, Server& server, const redis::Target* now) {
  const std::string address = now == nullptr ? std::string() : now->url.address();
  if (address == server.is_at) return;
  server.is_at = address;
  if (now == nullptr) return;
  log_.info("a target is a server that was found at another address, it is watched once",
            {{"target", name}, {"found", now->name()}});
}

}  // namespace hitwatch
