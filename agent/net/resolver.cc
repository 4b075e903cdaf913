#include "agent/net/resolver.h"

#include <fmt/core.h>
#include <netdb.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "agent/net/dns_ttl.h"

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

// Names that no name server is asked for: those of this machine, and numbers of a kind that
// getaddrinfo() reads as addresses.
bool is_local(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost") ||
         (host.back() >= '0' && host.back() <= '9' &&
          host.find_first_not_of("0123456789.") == host.npos);
}

std::string take_first(std::deque<std::string>& queue) {
  std::string first = std::move(queue.front());
  queue.pop_front();
  return first;
}

}  // namespace

// What outlives the resolver while a lookup is under way.
struct Resolver::Shared : std::enable_shared_from_this<Shared> {
  struct Waiter {
    std::uint16_t port;
    std::shared_ptr<ResolveHandler> handler;  // empty once it was called
  };
  using Result = std::expected<Addresses, Error>;

  Shared(asio::any_io_executor the_executor, Source the_source, Notice the_notice)
      : executor(std::move(the_executor)),
        source(std::move(the_source)),
        notice(std::move(the_notice)) {}

  void begin_lookup(const std::string& host);
  void work();
  void finish(const std::string& host, const Result& result);
  void answer(const Waiter& waiter, Result result, bool stands_in = false);
  void stand_in_later(const std::string& host, const Waiter& waiter);
  void tell(const std::string& host, const Error* error);

  const asio::any_io_executor executor;  // not to be used once closed
  const Source source;
  const Notice notice;
  mutable std::mutex mutex;
  bool closed = false;
  int running = 0;                                     // threads
  std::map<std::string, std::vector<Waiter>> waiters;  // by host: those being looked up, and queued
  std::deque<std::string> queue;                       // hosts that no thread has taken yet
  std::deque<std::string> without_ttl;                 // hosts whose TTL is still to be asked for
  int asking_ttl = 0;                                  // threads
  AddressCache cache;
  Figures figures;
};

Resolver::Source Resolver::system() {
  return {.addresses = look_up, .ttl = [](const std::string& host) {
            return is_local(host) ? std::nullopt : ask_ttl(host);
          }};
}

Resolver::Resolver(asio::any_io_executor executor) : Resolver(std::move(executor), system()) {}

Resolver::Resolver(asio::any_io_executor executor, Source source, Notice notice)
    : shared_(std::make_shared<Shared>(std::move(executor), std::move(source), std::move(notice))) {
}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->closed = true;
  shared_->queue.clear();
  shared_->without_ttl.clear();
  shared_->waiters.clear();
}

void Resolver::resolve(const std::string& host, std::uint16_t port, ResolveHandler handler) {
  const Shared::Waiter waiter{port, std::make_shared<ResolveHandler>(std::move(handler))};
  boost::system::error_code no_literal;
  const auto address = asio::ip::make_address(host, no_literal);
  if (!no_literal) {
    shared_->answer(waiter, Addresses{{address, port}});
    return;
  }
  const std::scoped_lock lock(shared_->mutex);
  const auto now = AddressCache::Clock::now();
  if (const Addresses* usable = shared_->cache.usable(host, now)) {
    shared_->answer(waiter, *usable);
    return;
  }
  if (shared_->cache.last_good(host, now) != nullptr) shared_->stand_in_later(host, waiter);
  shared_->waiters[host].push_back(waiter);
  if (shared_->waiters[host].size() == 1) shared_->begin_lookup(host);
}

std::optional<bool> Resolver::still_has(const std::string& host, const asio::ip::address& address) {
  boost::system::error_code no_literal;
  asio::ip::make_address(host, no_literal);
  if (!no_literal) return std::nullopt;
  const std::scoped_lock lock(shared_->mutex);
  const auto now = AddressCache::Clock::now();
  if (shared_->cache.usable(host, now) == nullptr && !shared_->waiters.contains(host)) {
    shared_->waiters[host];  // nobody waits for it
    shared_->begin_lookup(host);
  }
  const Addresses* known = shared_->cache.last_good(host, now);
  if (known == nullptr) return std::nullopt;
  return std::ranges::any_of(*known, [&](const auto& one) { return one.address() == address; });
}

Resolver::Figures Resolver::figures() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->figures;
}

// With the mutex held, like all of the following but work().
void Resolver::Shared::begin_lookup(const std::string& host) {
  queue.push_back(host);
  if (running >= kMostLookups) return;
  try {
    std::thread([self = shared_from_this()] { self->work(); }).detach();
    ++running;
  } catch (const std::system_error& error) {
    if (running > 0) return;  // a thread that there is will come to it
    finish(host, std::unexpected(Error{Reason::kDns, fmt::format("cannot look up {}: {}", host,
                                                                 error.code().message())}));
    queue.clear();
  }
}

// A lookup thread: takes hosts from the queues until there are none. Addresses, which are waited
// for, go first, and always have some of the threads.
void Resolver::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    if (!queue.empty()) {
      const std::string host = take_first(queue);
      lock.unlock();
      const Result result = source.addresses(host);
      lock.lock();
      if (closed) break;
      finish(host, result);
      if (result) without_ttl.push_back(host);
    } else if (!without_ttl.empty() && asking_ttl < kMostLookups / 2) {
      const std::string host = take_first(without_ttl);
      ++asking_ttl;
      lock.unlock();
      const auto ttl = source.ttl(host);
      lock.lock();
      --asking_ttl;
      if (ttl) cache.holds_for(host, *ttl);
    } else {
      break;
    }
  }
  --running;
}

// Answers all who wait for `host`.
void Resolver::Shared::finish(const std::string& host, const Result& result) {
  const auto now = AddressCache::Clock::now();
  ++figures.lookups;
  const Addresses* last_good = nullptr;
  if (result) {
    if (cache.found(host, *result, now)) tell(host, nullptr);
  } else {
    ++figures.failed;
    last_good = cache.last_good(host, now);
    if (last_good != nullptr && cache.failed(host, now)) tell(host, &result.error());
  }
  auto waiting = waiters.extract(host);
  if (waiting.empty()) return;
  for (const Waiter& waiter : waiting.mapped()) {
    if (last_good != nullptr) {
      answer(waiter, *last_good, true);
    } else {
      answer(waiter, result);
    }
  }
}

void Resolver::Shared::answer(const Waiter& waiter, Result result, bool stands_in) {
  if (result) {
    for (auto& endpoint : *result) endpoint.port(waiter.port);
  }
  asio::post(executor, [self = shared_from_this(), handler = waiter.handler,
                        result = std::move(result), stands_in]() mutable {
    const auto call = std::exchange(*handler, nullptr);
    {
      const std::scoped_lock lock(self->mutex);
      if (self->closed || !call) return;
      if (stands_in) ++self->figures.last_good;
    }
    call(std::move(result));
  });
}

void Resolver::Shared::stand_in_later(const std::string& host, const Waiter& waiter) {
  const auto timer = std::make_shared<asio::steady_timer>(executor, kPatience);
  timer->async_wait([self = weak_from_this(), timer, host, waiter](const auto& code) {
    const auto shared = self.lock();
    if (code || !shared || !*waiter.handler) return;
    const std::scoped_lock lock(shared->mutex);
    const Addresses* known = shared->cache.last_good(host, AddressCache::Clock::now());
    if (shared->closed || known == nullptr) return;
    shared->answer(waiter, *known, true);
  });
}

void Resolver::Shared::tell(const std::string& host, const Error* error) {
  if (!notice) return;
  asio::post(executor, [self = shared_from_this(), host,
                        error = error != nullptr ? std::optional(*error) : std::nullopt] {
    {
      const std::scoped_lock lock(self->mutex);
      if (self->closed) return;
    }
    self->notice(host, error ? &*error : nullptr);
  });
}

}  // namespace hitwatch::net
