// Which server is to be asked about the keys of a target: the target, or one of its replicas, where
// looking at keys slows nobody down. And which targets hold the keys of another one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/redis/session.h"
#include "collectors/redis/target.h"

namespace hitwatch {

// What INFO says of a server's place among others.
struct Replication {
  struct Replica {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Replica&) const = default;
  };

  bool sentinel = false;  // a Sentinel: has no keys
  bool loading = false;
  bool replica = false;
  bool link_up = false;  // of a replica: to its master
  std::string id;        // master_replid: equal where servers hold the same keys; "" unknown
  std::vector<Replica> replicas;  // those that a master announces as online
};

Replication read_replication(std::string_view info);

// Asks a server by INFO, on a connection of its own, which closes when what is returned is
// released. `done` is called once, not from within. A server that refuses INFO is one of which
// nothing is known.
std::shared_ptr<redis::Session> ask_replication(
    const boost::asio::any_io_executor& executor, net::Resolver& resolver,
    net::TlsContexts& tls_contexts, const redis::Target& target, redis::Session::Options options,
    std::function<void(std::expected<Replication, net::Error>)> done);

// Another configured target, and what it last said; null if nothing is known.
struct Peer {
  const redis::Target* target = nullptr;
  const Replication* replication = nullptr;
  bool reachable = false;
};

// Whether the keys of a server that says `own` are counted with those of a master among `peers`.
bool is_counted_with_master(const Replication& own, std::span<const Peer> peers);

struct Source {
  redis::Target target;
  std::string instance;  // for the ledger of our lookups
};

// Where to look for the keys of `master`, best first: replicas that are targets themselves, then
// those that it announces.
//
// What a server announces is its word only, and it may be a hostile one. The master's user and
// password go to an announced address if that has the master's host, or if its certificate is
// verified by authorities that the configuration names for the master. Those of the system's
// authorities sign for everybody. Without user and password, any announced address may be asked.
struct ReplicaSources {
  std::vector<Source> usable;
  std::vector<std::string> untold;  // addresses that may not be told the user and password
};
ReplicaSources replica_sources(const redis::Target& master, const Replication& replication,
                               std::span<const Peer> peers);

}  // namespace hitwatch
