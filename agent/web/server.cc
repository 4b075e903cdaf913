#include "agent/web/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "agent/net/listen_address.h"
#include "agent/web/auth.h"
#include "agent/web/connection.h"
#include "agent/web/watched_config.h"

namespace hitwatch::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// The pause after accepting has failed for want of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

std::expected<std::vector<tcp::endpoint>, std::string> endpoints_of(
    asio::io_context& loop, const net::ListenAddress& address) {
  if (address.host.empty()) {
    return std::vector{tcp::endpoint(asio::ip::address_v6::any(), address.port),
                       tcp::endpoint(asio::ip::address_v4::any(), address.port)};
  }
  error_code error;
  tcp::resolver resolver(loop);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error) {
    return std::unexpected(fmt::format("cannot listen on '{}': the name does not resolve ({})",
                                       address.host, error.message()));
  }
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  return endpoints;
}

error_code bind_and_listen(Acceptor& acceptor, const tcp::endpoint& endpoint, bool dual_stack) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(!dual_stack), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

std::string describe_bind_failure(std::string_view address, const error_code& error) {
  std::string_view advice;
  if (error == asio::error::address_in_use) {
    advice = "; another program listens there: stop it or choose another port";
  } else if (error == asio::error::access_denied) {
    advice = "; ports below 1024 need the right CAP_NET_BIND_SERVICE";
  } else if (error == boost::system::errc::address_not_available) {
    advice = "; no interface of this machine has the address";
  }
  return fmt::format("cannot listen on {}: {}{}", address, error.message(), advice);
}

}  // namespace

class Server::Impl final : public Connection::Owner {
 public:
  explicit Impl(Options options, Handler handler, WatchedConfig config);
  ~Impl();

  std::expected<void, std::string> listen();
  void run_thread();
  Counters counters() const;
  std::uint16_t port() const { return port_; }
  void post(std::function<void()> work);

  void on_request(Connection& connection, Request& request) override;
  void on_closed(Connection& connection) override;

 private:
  // The way back for answers given on other threads or after the server's end.
  struct Gate {
    std::mutex mutex;
    Impl* server;  // null once the thread has ended
    std::thread::id thread;
  };
  class PendingReply;

  void accept();
  void on_accept(error_code error, Socket socket);
  bool make_room();
  void refresh_config();
  void dispatch(Connection& connection, const Request& request);
  void on_verdict(std::uint64_t id, std::uint64_t serial, Verdict verdict, Request& request);
  void settle(Connection& connection, Verdict verdict, Request& request);
  void answer(std::uint64_t id, std::uint64_t serial, Response response);
  void answer(Connection& connection, Response response);
  void schedule_sweep();
  void sweep();
  void drop(Connection& connection);
  void log(std::string text) const;
  void run();
  void run_posted(const std::function<void()>& work) const;

  Options options_;
  Handler handler_;
  WatchedConfig config_;
  Connection::Settings settings_;
  std::chrono::milliseconds sweep_interval_;

  asio::io_context loop_{1};
  Acceptor acceptor_{loop_.get_executor()};
  asio::steady_timer accept_pause_{loop_};
  asio::steady_timer sweep_timer_{loop_};
  bool sweep_scheduled_ = false;
  std::uint16_t port_ = 0;
  net::Gzip gzip_;
  Clock::time_point config_checked_ = Clock::now();
  std::uint64_t next_id_ = 1;

  struct Entry {
    std::shared_ptr<Connection> connection;
    std::shared_ptr<const ActiveConfig> made_under;
  };
  std::unordered_map<std::uint64_t, Entry> connections_;

  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> connections_open_{0};
  std::atomic<std::uint64_t> connections_dropped_{0};

  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::thread thread_;
  Authenticator authenticator_;  // ends first: its thread calls back
};

// What a Reply holds. The first use counts; the end without any is a use as well.
class Server::Impl::PendingReply {
 public:
  PendingReply(std::shared_ptr<Gate> gate, std::uint64_t id, std::uint64_t serial)
      : gate_(std::move(gate)), id_(id), serial_(serial) {}
  ~PendingReply() { fail(); }
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;

  void fail() {
    if (!used_.load(std::memory_order_relaxed)) {
      use({.status = 500, .body = "Internal error: no answer was made.\n"});
    }
  }

  void use(Response response) {
    if (used_.exchange(true)) return;
    std::unique_lock lock(gate_->mutex);
    Impl* server = gate_->server;
    if (server == nullptr) return;
    if (gate_->thread == std::this_thread::get_id()) {
      lock.unlock();  // the thread is here, so it does not end meanwhile
      return server->answer(id_, serial_, std::move(response));
    }
    asio::post(server->loop_,
               [server, id = id_, serial = serial_, late = std::move(response)]() mutable {
                 server->answer(id, serial, std::move(late));
               });
  }

 private:
  std::shared_ptr<Gate> gate_;
  std::uint64_t id_;
  std::uint64_t serial_;
  std::atomic<bool> used_{false};
};

Server::Impl::Impl(Options options, Handler handler, WatchedConfig config)
    : options_(std::move(options)),
      handler_(std::move(handler)),
      config_(std::move(config)),
      settings_{options_.max_body, options_.max_body_of, options_.read_timeout,
                options_.write_timeout, options_.idle_timeout},
      sweep_interval_(std::clamp(
          std::min({options_.read_timeout, options_.write_timeout, options_.idle_timeout}) / 4,
          std::chrono::milliseconds(1), std::chrono::milliseconds(1000))) {
  gate_->server = this;
}

std::expected<void, std::string> Server::Impl::listen() {
  const auto address = net::parse_listen_address(options_.listen_address);
  if (!address) {
    return std::unexpected(
        fmt::format("listen address '{}' is {}", options_.listen_address, address.error()));
  }
  const auto endpoints = endpoints_of(loop_, *address);
  if (!endpoints) return std::unexpected(endpoints.error());
  error_code error = asio::error::host_not_found;
  for (const tcp::endpoint& endpoint : *endpoints) {
    error = bind_and_listen(acceptor_, endpoint, address->host.empty());
    if (!error) break;
    // Only a machine without IPv6 goes on to IPv4 for "every interface".
    if (address->host.empty() && error == asio::error::address_in_use) break;
  }
  if (error) return std::unexpected(describe_bind_failure(options_.listen_address, error));
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Server::Impl::run_thread() {
  accept();
  thread_ = std::thread([this] { run(); });
}

void Server::Impl::run() {
  {
    const std::lock_guard lock(gate_->mutex);
    gate_->thread = std::this_thread::get_id();
  }
  while (true) {
    try {
      loop_.run();
      break;
    } catch (const std::exception& error) {
      log(fmt::format("web server: {}", error.what()));
    }
  }
  while (!connections_.empty()) {
    const std::shared_ptr<Connection> connection = connections_.begin()->second.connection;
    connection->close();
  }
  const std::lock_guard lock(gate_->mutex);
  gate_->server = nullptr;
}

Server::Impl::~Impl() {
  if (thread_.joinable()) {
    asio::post(loop_, [this] { loop_.stop(); });
    thread_.join();
  }
  const std::lock_guard lock(gate_->mutex);
  gate_->server = nullptr;
}

void Server::Impl::accept() {
  acceptor_.async_accept(
      [this](error_code error, Socket socket) { on_accept(error, std::move(socket)); });
}

void Server::Impl::on_accept(error_code error, Socket socket) {
  if (error == asio::error::operation_aborted) return;
  if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
      error == boost::system::errc::too_many_files_open_in_system) {
    // The connection stays in the kernel's queue; at once again would spin.
    make_room();
    accept_pause_.expires_after(kAcceptPause);
    return accept_pause_.async_wait([this](error_code cancelled) {
      if (!cancelled) accept();
    });
  }
  if (!error) {
    if (connections_.size() >= options_.max_connections && !make_room()) {
      connections_dropped_.fetch_add(1, std::memory_order_relaxed);
      error_code ignored;
      socket.close(ignored);
    } else {
      refresh_config();
      const std::uint64_t id = next_id_++;
      auto connection =
          make_connection(id, std::move(socket), config_.active()->tls, *this, settings_, gzip_);
      connections_.emplace(id, Entry{connection, config_.active()});
      connections_open_.store(connections_.size(), std::memory_order_relaxed);
      connection->start();
      schedule_sweep();
    }
  }
  accept();
}

// Ends the connection idle longest, or else the one that has taken longest to send its request or
// to take its response: an honest client needs milliseconds for that, so those that dawdle cannot
// keep others out.
bool Server::Impl::make_room() {
  Connection* victim = nullptr;
  const auto rank = [](const Connection& connection) {
    switch (connection.phase()) {
      case Connection::Phase::kLingering:
        return 4;
      case Connection::Phase::kIdle:
        return 3;
      case Connection::Phase::kReading:
      case Connection::Phase::kHandshake:
        return 2;
      case Connection::Phase::kWriting:
        return 1;
      default:
        return 0;
    }
  };
  for (const auto& [id, entry] : connections_) {
    Connection& connection = *entry.connection;
    const int own = rank(connection);
    if (own == 0) continue;
    const int best = victim == nullptr ? 0 : rank(*victim);
    if (own > best || (own == best && connection.since() < victim->since())) victim = &connection;
  }
  if (victim == nullptr) return false;
  drop(*victim);
  return true;
}

void Server::Impl::drop(Connection& connection) {
  // The end of a connection whose last response was taken is nothing to count.
  if (connection.phase() != Connection::Phase::kLingering) {
    connections_dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  connection.close();
}

void Server::Impl::on_closed(Connection& connection) {
  connections_.erase(connection.id());
  connections_open_.store(connections_.size(), std::memory_order_relaxed);
}

void Server::Impl::refresh_config() {
  const Clock::time_point now = Clock::now();
  if (now - config_checked_ < options_.web_config_check) return;
  config_checked_ = now;
  const auto refreshed = config_.refresh();
  if (!refreshed) {
    for (const yaml::Fault& fault : refreshed.error()) {
      log(fmt::format("the changed web configuration is not used, the former one stays: {}",
                      yaml::to_string(fault)));
    }
  } else if (*refreshed) {
    log(fmt::format("read the changed web configuration {}", options_.web_config_file));
  }
}

void Server::Impl::on_request(Connection& connection, Request& request) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  refresh_config();
  const auto entry = connections_.find(connection.id());
  // Made under another certificate or without client certificates: the next request of this
  // client comes by a new connection.
  if (entry->second.made_under != config_.active()) connection.end_keep_alive();

  const auto& users = config_.active()->users;
  if (users->empty()) return dispatch(connection, request);
  if (options_.admits && options_.admits(request)) return dispatch(connection, request);
  // Only a password that has to be checked by the other thread makes a copy of the request.
  auto waiting = std::make_shared<Request>();
  const auto verdict = authenticator_.check(
      request.header("Authorization"), users,
      [gate = gate_, id = connection.id(), serial = connection.serial(), waiting](Verdict late) {
        const std::lock_guard lock(gate->mutex);
        Impl* server = gate->server;
        if (server == nullptr) return;
        asio::post(server->loop_, [server, id, serial, late, waiting] {
          server->on_verdict(id, serial, late, *waiting);
        });
      });
  if (verdict) return settle(connection, *verdict, request);
  // `on_verdict` runs on this thread, so not before the copy is made.
  *waiting = request;
}

void Server::Impl::on_verdict(std::uint64_t id, std::uint64_t serial, Verdict verdict,
                              Request& request) {
  const auto entry = connections_.find(id);
  if (entry == connections_.end() || entry->second.connection->serial() != serial) return;
  const std::shared_ptr<Connection> connection = entry->second.connection;
  settle(*connection, verdict, request);
}

void Server::Impl::settle(Connection& connection, Verdict verdict, Request& request) {
  switch (verdict) {
    case Verdict::kAccepted:
      request.user = parse_basic_authorization(request.header("Authorization"))->user;
      return dispatch(connection, request);
    case Verdict::kRejected:
      return answer(connection,
                    {.status = 401,
                     .body = "A user name and password of basic_auth_users are needed.\n",
                     .headers = {{"WWW-Authenticate",
                                  "Basic realm=\"hitwatch\", "
                                  "charset=\"UTF-8\""}}});
    case Verdict::kBusy:
      return answer(connection, {.status = 503,
                                 .body = "Too many passwords are being checked.\n",
                                 .headers = {{"Retry-After", "5"}}});
  }
}

void Server::Impl::dispatch(Connection& connection, const Request& request) {
  const auto pending = std::make_shared<PendingReply>(gate_, connection.id(), connection.serial());
  try {
    handler_(request, [pending](Response response) { pending->use(std::move(response)); });
  } catch (const std::exception& error) {
    // The text may hold what is not the client's business.
    log(fmt::format("the handler of {} {} failed: {}", request.method, request.path, error.what()));
    pending->fail();
  } catch (...) {
    log(fmt::format("the handler of {} {} failed", request.method, request.path));
    pending->fail();
  }
}

void Server::Impl::answer(std::uint64_t id, std::uint64_t serial, Response response) {
  const auto entry = connections_.find(id);
  if (entry == connections_.end()) return;
  const std::shared_ptr<Connection> connection = entry->second.connection;
  if (connection->serial() != serial) return;
  answer(*connection, std::move(response));
}

void Server::Impl::answer(Connection& connection, Response response) {
  if (connection.phase() != Connection::Phase::kHandling) return;
  const auto& headers = config_.active()->headers;
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  connection.respond(std::move(response));
}

// The one timer for all deadlines; it runs only while there are connections.
void Server::Impl::schedule_sweep() {
  if (sweep_scheduled_) return;
  sweep_scheduled_ = true;
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](error_code error) {
    sweep_scheduled_ = false;
    if (!error) sweep();
  });
}

void Server::Impl::sweep() {
  const Clock::time_point now = Clock::now();
  std::vector<std::shared_ptr<Connection>> overdue;
  for (const auto& [id, entry] : connections_) {
    if (entry.connection->overdue(now)) overdue.push_back(entry.connection);
  }
  for (const auto& connection : overdue) drop(*connection);
  if (!connections_.empty()) schedule_sweep();
}

Counters Server::Impl::counters() const {
  return {requests_.load(std::memory_order_relaxed),
          connections_open_.load(std::memory_order_relaxed),
          connections_dropped_.load(std::memory_order_relaxed), authenticator_.password_checks()};
}

void Server::Impl::log(std::string text) const {
  if (options_.log) options_.log(std::move(text));
}

void Server::Impl::post(std::function<void()> work) {
  asio::post(loop_, [this, work = std::move(work)] { run_posted(work); });
}

void Server::Impl::run_posted(const std::function<void()>& work) const {
  try {
    work();
  } catch (const std::exception& error) {
    log(fmt::format("work on the web server's thread failed: {}", error.what()));
  }
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::expected<std::unique_ptr<Server>, std::string> Server::start(Options options,
                                                                  Handler handler) {
  try {
    auto config = WatchedConfig::open(options.web_config_file);
    if (!config) return std::unexpected(yaml::to_string(config.error()));
    auto impl = std::make_unique<Impl>(std::move(options), std::move(handler), std::move(*config));
    if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
    impl->run_thread();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  } catch (const std::exception& error) {
    return std::unexpected(fmt::format("cannot start the web server: {}", error.what()));
  }
}

std::uint16_t Server::port() const { return impl_->port(); }
Counters Server::counters() const { return impl_->counters(); }
void Server::post(std::function<void()> work) { impl_->post(std::move(work)); }

}  // namespace hitwatch::web
