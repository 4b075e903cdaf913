#include "agent/net/resolver.h"

#include <fmt/core.h>
#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace hitwatch::net {
namespace {

namespace asio = boost::asio;

std::expected<Addresses, Error> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (failure != 0) {
    return std::unexpected(Error{Reason::kDns, fmt::format("the name {} does not resolve: {}", host,
                                                           gai_strerror(failure))});
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
    endpoint.port(port);
    addresses.push_back(endpoint);
  }
  if (addresses.empty()) {
    return std::unexpected(Error{Reason::kDns, fmt::format("the name {} has no address", host)});
  }
  return addresses;
}

}  // namespace

// What outlives the resolver while a lookup is under way.
struct Resolver::Shared {
  std::mutex mutex;
  bool closed = false;
  int running = 0;
};

Resolver::Resolver(asio::any_io_executor executor)
    : executor_(std::move(executor)), shared_(std::make_shared<Shared>()) {}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->closed = true;
}

void Resolver::resolve(const std::string& host, std::uint16_t port, ResolveHandler handler) {
  boost::system::error_code no_literal;
  const auto address = asio::ip::make_address(host, no_literal);
  if (!no_literal) {
    answer(shared_, executor_, std::move(handler), Addresses{{address, port}});
    return;
  }
  {
    const std::scoped_lock lock(shared_->mutex);
    if (shared_->running >= kMostLookups) {
      answer(shared_, executor_, std::move(handler),
             std::unexpected(
                 Error{Reason::kDns,
                       fmt::format("too many name lookups are under way to ask for {}", host)}));
      return;
    }
    ++shared_->running;
  }
  try {
    std::thread([host, port, handler, executor = executor_, shared = shared_] {
      auto result = look_up(host, port);
      const std::scoped_lock lock(shared->mutex);
      --shared->running;
      // Once closed, the executor's context may be gone.
      if (!shared->closed) answer(shared, executor, handler, std::move(result));
    }).detach();
  } catch (const std::system_error& error) {  // no thread to be had
    const std::scoped_lock lock(shared_->mutex);
    --shared_->running;
    answer(shared_, executor_, std::move(handler),
           std::unexpected(Error{
               Reason::kDns, fmt::format("cannot look up {}: {}", host, error.code().message())}));
  }
}

void Resolver::answer(const std::shared_ptr<Shared>& shared, const asio::any_io_executor& executor,
                      ResolveHandler handler, std::expected<Addresses, Error> result) {
  asio::post(executor,
             [shared, handler = std::move(handler), result = std::move(result)]() mutable {
               {
                 const std::scoped_lock lock(shared->mutex);
                 if (shared->closed) return;
               }
               handler(std::move(result));
             });
}

}  // namespace hitwatch::net
