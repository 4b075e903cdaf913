// Host names to addresses, without ever blocking the event loop.
//
// getaddrinfo() may take seconds when a name server is away, and Asio's own resolver answers one
// name at a time, so that one dead zone would hold up every other target. Here each lookup has a
// thread of its own, up to a bound; there are none between lookups, and literal addresses need
// none.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/error.h"

namespace hitwatch::net {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;
using ResolveHandler = std::function<void(std::expected<Addresses, Error>)>;

class Resolver {
 public:
  static constexpr int kMostLookups = 64;

  // Handlers run on `executor`, whose context must outlive the resolver.
  explicit Resolver(boost::asio::any_io_executor executor);
  // Lookups under way end by themselves, later; their handlers are not called.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `handler` with at least one address, or Reason::kDns. The caller bounds the time by
  // ignoring a late answer. Who asks for a host that is being looked up shares that lookup; with
  // kMostLookups under way further ones wait for their turn.
  void resolve(const std::string& host, std::uint16_t port, ResolveHandler handler);

 private:
  struct Shared;
  static void work(const std::shared_ptr<Shared>& shared);
  static void finish(const std::shared_ptr<Shared>& shared, const std::string& host,
                     const std::expected<Addresses, Error>& result);
  static void answer(const std::shared_ptr<Shared>& shared, ResolveHandler handler,
                     std::expected<Addresses, Error> result);

  std::shared_ptr<Shared> shared_;
};

}  // namespace hitwatch::net
