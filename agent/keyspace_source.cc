#include "agent/keyspace_source.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "collectors/redis/info.h"

namespace hitwatch {
namespace {

using redis::InfoLine;

// slave0:ip=10.0.0.2,port=6379,state=online,offset=870,lag=1
std::optional<Replication::Replica> read_announced(const InfoLine& line) {
  if (!line.field.starts_with("slave") || !redis::all_digits(line.field.substr(5))) return {};
  const auto [ip, port, state] = redis::pair_values(line.value, {"ip", "port", "state"});
  Replication::Replica replica{std::string(ip), 0};
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), replica.port);
  if (error != std::errc() || end != port.data() + port.size()) return {};
  if (state != "online" || ip.empty() || replica.port == 0) return {};
  return replica;
}

bool has_credentials(const redis::Target& target) {
  return !target.username.empty() || !target.password.empty();
}

bool holds_same_keys(const Replication& a, const Replication& b) {
  return !a.id.empty() && a.id == b.id;
}

bool is_usable_replica(const Peer& peer, const Replication& of_master) {
  return peer.reachable && peer.replication != nullptr && peer.replication->replica &&
         peer.replication->link_up && !peer.replication->loading &&
         holds_same_keys(*peer.replication, of_master);
}

// Whether the user and password of `master` may be sent to an address that it announces.
bool may_be_told(const redis::Target& master, const Replication::Replica& replica) {
  const bool verified =
      master.url.tls && !master.tls.insecure_skip_verify && !master.tls.ca_file.empty();
  return verified || (!master.url.is_unix() && master.url.host == replica.host);
}

redis::Target announced_target(const redis::Target& master, const Replication::Replica& replica) {
  redis::Target target;
  target.url.tls = master.url.tls;
  target.url.host = replica.host;
  target.url.port = replica.port;
  target.tls = master.tls;
  target.username = master.username;
  target.password = master.password;
  target.password_lookups = master.password_lookups;
  return target;
}

void add_announced(const redis::Target& master, const Replication::Replica& replica,
                   std::span<const Peer> peers, ReplicaSources& sources) {
  net::RedisUrl url;
  url.host = replica.host;
  url.port = replica.port;
  const auto peer = std::ranges::find_if(peers, [&](const Peer& candidate) {
    return candidate.target->url.address() == url.address();
  });
  if (peer != peers.end()) {
    // What it said itself has been judged already.
    if (peer->replication == nullptr) {
      sources.usable.push_back({*peer->target, peer->target->name()});
    }
  } else if (has_credentials(master) && !may_be_told(master, replica)) {
    sources.untold.push_back(url.address());
  } else {
    sources.usable.push_back({announced_target(master, replica), url.address()});
  }
}

}  // namespace

Replication read_replication(std::string_view info) {
  Replication read;
  redis::InfoLines lines(info);
  for (InfoLine line; lines.next(line);) {
    if (line.field == "redis_mode") read.sentinel = line.value == "sentinel";
    if (line.field == "loading") read.loading = line.value != "0";
    if (line.field == "role") read.replica = line.value == "slave";
    if (line.field == "master_link_status") read.link_up = line.value == "up";
    if (line.field == "master_replid" && line.value.find_first_not_of('0') != line.value.npos) {
      read.id = line.value;
    }
    if (auto replica = read_announced(line)) read.replicas.push_back(*std::move(replica));
  }
  return read;
}

std::shared_ptr<redis::Session> ask_replication(
    const boost::asio::any_io_executor& executor, net::Resolver& resolver,
    net::TlsContexts& tls_contexts, const redis::Target& target, redis::Session::Options options,
    std::function<void(std::expected<Replication, net::Error>)> done) {
  auto session = std::make_shared<redis::Session>(executor, resolver, tls_contexts, target,
                                                  std::move(options));
  session->ask(redis::Batch().add({"INFO"}),
               [done = std::move(done)](std::expected<redis::Session::Answer, net::Error> answer) {
                 if (!answer) {
                   done(std::unexpected(std::move(answer.error())));
                   return;
                 }
                 const redis::Reply& reply = answer->replies.front();
                 if (reply.is_error() && !redis::is_refusal(reply.text)) {
                   done(std::unexpected(net::Error{redis::classify_error(reply.text), reply.text}));
                   return;
                 }
                 done(read_replication(reply.string()));
               });
  return session;
}

bool is_counted_with_master(const Replication& own, std::span<const Peer> peers) {
  return own.replica && std::ranges::any_of(peers, [&](const Peer& peer) {
           return peer.replication != nullptr && !peer.replication->replica &&
                  holds_same_keys(*peer.replication, own);
         });
}

ReplicaSources replica_sources(const redis::Target& master, const Replication& replication,
                               std::span<const Peer> peers) {
  ReplicaSources sources;
  if (replication.replica) return sources;
  for (const Peer& peer : peers) {
    if (is_usable_replica(peer, replication)) {
      sources.usable.push_back({*peer.target, peer.target->name()});
    }
  }
  for (const Replication::Replica& replica : replication.replicas) {
    add_announced(master, replica, peers, sources);
  }
  return sources;
}

}  // namespace hitwatch
