// Host names to addresses, without ever blocking the event loop.
//
// getaddrinfo() may take seconds when a name server is away, and Asio's own resolver answers one
// name at a time, so that one dead zone would hold up every other target. Here each lookup has a
// thread of its own, up to a bound; there are none between lookups, and literal addresses need
// none.
//
// What was found is kept as long as DNS says it holds (address_cache.h has the bounds). Where a
// later lookup fails, or has not ended after kPatience, the last good addresses are answered.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/address_cache.h"
#include "agent/net/error.h"

namespace hitwatch::net {

using ResolveHandler = std::function<void(std::expected<Addresses, Error>)>;

class Resolver {
 public:
  static constexpr int kMostLookups = 64;
  static constexpr std::chrono::milliseconds kPatience{1000};

  // Who is asked; both block, and are called by several threads at a time.
  struct Source {
    // At least one, with any port.
    std::function<std::expected<Addresses, Error>(const std::string& host)> addresses;
    std::function<std::optional<std::chrono::seconds>(const std::string& host)> ttl;
  };
  // getaddrinfo(), and DNS for the TTL.
  static Source system();

  // A name that had addresses no longer resolves, or does again (then `error` is null). On the
  // executor.
  using Notice = std::function<void(const std::string& host, const Error* error)>;

  // Handlers run on `executor`, whose context must outlive the resolver.
  explicit Resolver(boost::asio::any_io_executor executor);
  Resolver(boost::asio::any_io_executor executor, Source source, Notice notice = {});
  // Lookups under way end by themselves, later; their handlers are not called.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls `handler` with at least one address, or Reason::kDns. The caller bounds the time by
  // ignoring a late answer. Who asks for a host that is being looked up shares that lookup; with
  // kMostLookups under way further ones wait for their turn.
  void resolve(const std::string& host, std::uint16_t port, ResolveHandler handler);

  // Whether `address` is among those that the name was last found to have, as far as is known:
  // nothing for a literal address and a name that was not looked up. Where these are not fresh, a
  // lookup begins, for the next who asks.
  std::optional<bool> still_has(const std::string& host, const boost::asio::ip::address& address);

  struct Figures {
    std::uint64_t lookups = 0;
    std::uint64_t failed = 0;
    std::uint64_t last_good = 0;  // answers that the last good addresses stood in for
  };
  // Any thread.
  Figures figures() const;

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
};

}  // namespace hitwatch::net
