#include "collectors/redis/connection.h"

#include <fmt/core.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "agent/net/socket_error.h"

namespace hitwatch::redis {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

Connection::Connection(asio::any_io_executor executor, net::Resolver& resolver,
                       net::TlsContexts& tls_contexts, std::size_t longest_string)
    : executor_(std::move(executor)),
      resolver_(resolver),
      tls_contexts_(tls_contexts),
      socket_(executor_),
      reader_(longest_string) {}

void Connection::open(const net::RedisUrl& url, const net::TlsOptions& tls, Callbacks callbacks,
                      Terms terms) {
  url_ = url;
  tls_options_ = tls;
  terms_ = terms;
  callbacks_ = std::move(callbacks);
  if (url_.is_unix()) {
    asio::post(executor_, [self = shared_from_this()] {
      if (self->state_ == State::kClosed) return;
      try {
        self->endpoints_.emplace_back(
            asio::local::stream_protocol::endpoint(self->url_.socket_path));
        self->connect();
      } catch (const boost::system::system_error& error) {  // the path is too long for a socket
        self->fail(net::Reason::kUnreachable,
                   fmt::format("{}: {}", self->url_.socket_path, error.code().message()));
      }
    });
    return;
  }
  resolver_.resolve(url_.host, url_.port, [self = shared_from_this()](auto result) {
    if (self->state_ == State::kClosed) return;
    if (!result) {
      self->fail(result.error().reason, std::move(result.error().text));
      return;
    }
    self->steps_.resolved = std::chrono::steady_clock::now();
    for (const auto& address : *result) self->endpoints_.emplace_back(address);
    self->wait_for_slot();
  });
}

void Connection::wait_for_slot() {
  if (terms_.slots == nullptr) {
    connect();
    return;
  }
  state_ = State::kWaiting;
  slot_ = terms_.slots->take(terms_.lane, [self = weak_from_this()] {
    const auto connection = self.lock();
    if (connection && connection->state_ == State::kWaiting) connection->connect();
  });
}

// Tries the addresses in turn: a name such as "localhost" may have one that nobody listens on.
void Connection::connect() {
  state_ = State::kConnecting;
  error_code ignored;
  socket_.close(ignored);
  gave_up_ = false;
  steps_.attempted = std::chrono::steady_clock::now();
  const Endpoint endpoint = endpoints_.front();
  endpoints_.erase(endpoints_.begin());
  bound_attempt();
  socket_.async_connect(endpoint, [self = shared_from_this(), endpoint](const error_code& code) {
    if (self->state_ != State::kClosed) self->on_connected(code, endpoint);
  });
}

void Connection::bound_attempt() {
  attempt_timer_ = nullptr;
  if (terms_.attempt <= std::chrono::steady_clock::duration::zero() || endpoints_.empty()) return;
  attempt_timer_ = std::make_unique<asio::steady_timer>(executor_, terms_.attempt);
  attempt_timer_->async_wait([self = weak_from_this()](const error_code& code) {
    const auto connection = self.lock();
    if (code || !connection || connection->state_ != State::kConnecting) return;
    connection->gave_up_ = true;
    error_code ignored;
    connection->socket_.cancel(ignored);
  });
}

void Connection::on_connected(const error_code& code, const Endpoint& endpoint) {
  attempt_timer_ = nullptr;
  if (!code) {
    steps_.connected = std::chrono::steady_clock::now();
    endpoints_ = {};
    if (url_.tls) {
      handshake();
    } else {
      become_ready();
    }
    return;
  }
  if (gave_up_) {
    ++steps_.given_up;
    endpoints_.push_back(endpoint);
    if (steps_.given_up % static_cast<int>(endpoints_.size()) == 0) terms_.attempt *= 2;
  }
  if (!endpoints_.empty()) {
    connect();
  } else {
    fail(net::reason_of(code),
         fmt::format("cannot connect to {}: {}", url_.address(), code.message()));
  }
}

void Connection::handshake() {
  state_ = State::kHandshaking;
  auto context = tls_contexts_.get(tls_options_);
  if (!context) {
    fail(context.error().reason, std::move(context.error().text));
    return;
  }
  tls_context_ = *std::move(context);
  tls_.emplace(socket_, *tls_context_);
  net::expect_server(tls_->native_handle(), tls_options_, url_.host);
  tls_->async_handshake(
      asio::ssl::stream_base::client, [self = shared_from_this()](const error_code& code) {
        if (self->state_ == State::kClosed) return;
        if (!code) {
          self->become_ready();
          return;
        }
        self->fail(net::Reason::kTls,
                   net::describe_tls_failure(self->tls_->native_handle(),
                                             static_cast<unsigned long>(code.value())));
      });
}

void Connection::become_ready() {
  state_ = State::kReady;
  slot_ = nullptr;
  error_code ignored;
  socket_.non_blocking(true, ignored);
  steps_.ready = std::chrono::steady_clock::now();
  // The opened callback may close us.
  const auto self = shared_from_this();
  callbacks_.opened();
  if (state_ != State::kClosed) read();
}

std::string Connection::peer() const {
  if (url_.is_unix()) return url_.socket_path;
  const auto address = peer_address();
  return address ? address->to_string() : "";
}

std::optional<asio::ip::address> Connection::peer_address() const {
  error_code code;
  const Endpoint endpoint = socket_.remote_endpoint(code);
  asio::ip::tcp::endpoint address;
  if (code || url_.is_unix() || endpoint.size() > address.capacity()) return std::nullopt;
  std::memcpy(address.data(), endpoint.data(), endpoint.size());
  return address.address();
}

void Connection::send(std::string bytes) {
  if (state_ != State::kReady) return;
  resting_ = false;
  waiting_to_write_ += bytes;
  if (writing_.empty()) write();
}

void Connection::write() {
  writing_.swap(waiting_to_write_);
  waiting_to_write_.clear();
  const auto done = [self = shared_from_this()](const error_code& code, std::size_t) {
    self->writing_.clear();
    // A failed write is not news yet: the server may have said why before it closed, and the read
    // that is under way will tell.
    if (self->state_ == State::kClosed || code) return;
    if (!self->waiting_to_write_.empty()) self->write();
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(writing_), done);
  } else {
    asio::async_write(socket_, asio::buffer(writing_), done);
  }
}

void Connection::read() {
  if (!tls_) {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& code) {
      if (self->state_ == State::kClosed) return;
      if (code) {
        self->on_read(code, {});
      } else {
        self->read_plain();
      }
    });
    return;
  }
  if (tls_buffer_ == nullptr) tls_buffer_ = std::make_unique<Buffer>();
  tls_->async_read_some(asio::buffer(*tls_buffer_),
                        [self = shared_from_this()](const error_code& code, std::size_t bytes) {
                          if (self->state_ != State::kClosed)
                            self->on_read(code, {self->tls_buffer_->data(), bytes});
                        });
}

void Connection::read_plain() {
  Buffer buffer;
  error_code code;
  const std::size_t bytes = socket_.read_some(asio::buffer(buffer), code);
  if (code == asio::error::would_block) {
    read();
  } else {
    on_read(code, {buffer.data(), bytes});
  }
}

void Connection::on_read(const error_code& code, std::string_view bytes) {
  if (code) {
    fail(net::reason_of(code),
         code == asio::error::eof || code == asio::ssl::error::stream_truncated
             ? "the server closed the connection"
             : fmt::format("the connection was lost: {}", code.message()));
    return;
  }
  heard_ = true;
  reader_.feed(bytes);
  const auto self = shared_from_this();
  if (callbacks_.heard) callbacks_.heard();
  while (state_ != State::kClosed) {
    auto reply = reader_.next();
    if (!reply) {
      fail(reply.error().reason, std::move(reply.error().text));
      return;
    }
    if (!*reply) break;
    callbacks_.reply(std::move(**reply));
  }
  if (state_ == State::kClosed) return;
  if (resting_) give_back();
  read();
}

void Connection::give_back() {
  resting_ = false;
  reader_.rest();
  if (writing_.empty()) writing_ = std::string();
  if (waiting_to_write_.empty()) waiting_to_write_ = std::string();
}

void Connection::fail(net::Reason reason, std::string text) {
  const auto self = shared_from_this();
  const auto closed = std::move(callbacks_.closed);
  close();
  if (closed) closed({reason, std::move(text)});
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  slot_ = nullptr;
  attempt_timer_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
  // Whoever is called back owns things that may own us. Callbacks under way must stay alive until
  // they return, so they are let go later.
  asio::post(executor_, [callbacks = std::move(callbacks_)] {});
}

}  // namespace hitwatch::redis
