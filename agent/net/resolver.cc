#include "agent/net/resolver.h"

#include <fmt/core.h>
#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace hitwatch::net {
namespace {

namespace asio = boost::asio;

std::expected<Addresses, Error> look_up(const std::string& host) {
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
  struct Waiter {
    std::uint16_t port;
    ResolveHandler handler;
  };

  explicit Shared(asio::any_io_executor the_executor) : executor(std::move(the_executor)) {}

  const asio::any_io_executor executor;  // not to be used once closed
  std::mutex mutex;
  bool closed = false;
  int running = 0;                                     // threads
  std::map<std::string, std::vector<Waiter>> waiters;  // by host: those being looked up, and queued
  std::deque<std::string> queue;                       // hosts that no thread has taken yet
};

Resolver::Resolver(asio::any_io_executor executor)
    : shared_(std::make_shared<Shared>(std::move(executor))) {}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->closed = true;
  shared_->queue.clear();
  shared_->waiters.clear();
}

void Resolver::resolve(const std::string& host, std::uint16_t port, ResolveHandler handler) {
  boost::system::error_code no_literal;
  const auto address = asio::ip::make_address(host, no_literal);
  if (!no_literal) {
    answer(shared_, std::move(handler), Addresses{{address, port}});
    return;
  }
  const std::scoped_lock lock(shared_->mutex);
  auto& waiters = shared_->waiters[host];
  waiters.push_back({port, std::move(handler)});
  if (waiters.size() > 1) return;  // joins the lookup that is under way
  shared_->queue.push_back(host);
  if (shared_->running >= kMostLookups) return;
  try {
    std::thread([shared = shared_] { work(shared); }).detach();
    ++shared_->running;
  } catch (const std::system_error& error) {
    if (shared_->running > 0) return;  // a thread that there is will come to it
    finish(shared_, host,
           std::unexpected(Error{
               Reason::kDns, fmt::format("cannot look up {}: {}", host, error.code().message())}));
    shared_->queue.clear();
  }
}

// A lookup thread: takes hosts from the queue until there are none.
void Resolver::work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->queue.empty()) {
    const std::string host = std::move(shared->queue.front());
    shared->queue.pop_front();
    lock.unlock();
    auto result = look_up(host);
    lock.lock();
    if (!shared->closed) finish(shared, host, result);
  }
  --shared->running;
}

// Answers all who wait for `host`; with the mutex held.
void Resolver::finish(const std::shared_ptr<Shared>& shared, const std::string& host,
                      const std::expected<Addresses, Error>& result) {
  auto waiting = shared->waiters.extract(host);
  if (waiting.empty()) return;
  for (Shared::Waiter& waiter : waiting.mapped()) {
    auto own = result;
    if (own) {
      for (auto& endpoint : *own) endpoint.port(waiter.port);
    }
    answer(shared, std::move(waiter.handler), std::move(own));
  }
}

void Resolver::answer(const std::shared_ptr<Shared>& shared, ResolveHandler handler,
                      std::expected<Addresses, Error> result) {
  asio::post(shared->executor,
             [shared, handler = std::move(handler), result = std::move(result)]() mutable {
               {
                 const std::scoped_lock lock(shared->mutex);
                 if (shared->closed) return;
               }
               handler(std::move(result));
             });
}

}  // namespace hitwatch::net
