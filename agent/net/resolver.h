// Host names to addresses, without ever blocking the event loop.
//
// getaddrinfo() may take seconds when a name server is away, and Asio's own resolver answers one
// name at a time, so that one dead zone would hold up every other target. Here each lookup has a
// short-lived thread; there are none between lookups, and literal addresses need none.
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
  // ignoring a late answer. With kMostLookups under way the next is refused with Reason::kDns.
  void resolve(const std::string& host, std::uint16_t port, ResolveHandler handler);

 private:
  struct Shared;
  static void answer(const std::shared_ptr<Shared>& shared,
                     const boost::asio::any_io_executor& executor, ResolveHandler handler,
                     std::expected<Addresses, Error> result);

  boost::asio::any_io_executor executor_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace hitwatch::net
