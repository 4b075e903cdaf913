// Asks nodes of a cluster what they know of it, over connections that are kept as long as there are
// not too many. On the executor's thread.
//
// A node is asked CLUSTER NODES and, for the addresses that clients are to use, CLUSTER SHARDS, or
// CLUSTER SLOTS before Redis 7; which of the two says its INFO, once for each connection, so that
// no command is sent that adds to its errors. Addresses are asked for again when CLUSTER NODES has
// a node, address, role or flag that it did not have then, and after a minute: the answer is long.
// What a node refuses is not asked again over that connection: either answer alone makes a view.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/net/error.h"
#include "agent/net/resolver.h"
#include "agent/net/tls.h"
#include "collectors/redis/session.h"
#include "collectors/redis/target.h"
#include "collectors/topology/cluster_view.h"

namespace hitwatch::topology {

class ClusterAsker {
 public:
  static constexpr std::size_t kMostKept = 32;

  using Done = std::function<void(std::expected<ClusterView, net::Error>)>;

  // The references must outlive this.
  ClusterAsker(boost::asio::any_io_executor executor, net::Resolver& resolver,
               net::TlsContexts& tls_contexts, std::chrono::milliseconds timeout);
  ~ClusterAsker();
  ClusterAsker(const ClusterAsker&) = delete;
  ClusterAsker& operator=(const ClusterAsker&) = delete;

  // Of connections made from now on.
  void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
  // `done` is called once, never from within, unless this is closed before. A node that is being
  // asked is not asked again: is_asking() is to be looked at first.
  void ask(const redis::Target& target, Done done);
  bool is_asking(const redis::Target& target) const;
  // Ends everything; nobody is called any more.
  void close();

 private:
  struct Line;  // to a node
  std::shared_ptr<redis::Session> open(const redis::Target& target) const;
  void send(Line& line);
  void finish(Line& line, std::expected<ClusterView, net::Error> result);
  void drop_surplus();

  boost::asio::any_io_executor executor_;
  net::Resolver& resolver_;
  net::TlsContexts& tls_contexts_;
  std::chrono::milliseconds timeout_;
  std::map<std::string, std::unique_ptr<Line>> lines_;  // by address
  std::uint64_t asked_ = 0;
};

}  // namespace hitwatch::topology
