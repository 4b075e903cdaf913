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

void Connection::open(const net::RedisUrl& url, const net::TlsOptions& tls, Callbacks callbacks) {
  url_ = url;
  tls_options_ = tls;
  callbacks_ = std::move(callbacks);
  if (url_.is_unix()) {
    asio::post(executor_, [self = shared_from_this()] {
      if (self->state_ == State::kClosed) return;
      try {
        self->connect({asio::local::stream_protocol::endpoint(self->url_.socket_path)}, 0);
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
    std::vector<Endpoint> endpoints;
    for (const auto& address : *result) endpoints.emplace_back(address);
    self->connect(std::move(endpoints), 0);
  });
}

// Tries the addresses in turn: a name such as "localhost" may have one that nobody listens on.
void Connection::connect(std::vector<Endpoint> endpoints, std::size_t index) {
  state_ = State::kConnecting;
  error_code ignored;
  socket_.close(ignored);
  const Endpoint endpoint = endpoints[index];
  socket_.async_connect(endpoint, [self = shared_from_this(), endpoints = std::move(endpoints),
                                   index](const error_code& code) mutable {
    if (self->state_ == State::kClosed) return;
    if (!code) {
      self->steps_.connected = std::chrono::steady_clock::now();
      if (self->url_.tls) {
        self->handshake();
      } else {
        self->become_ready();
      }
    } else if (index + 1 < endpoints.size()) {
      self->connect(std::move(endpoints), index + 1);
    } else {
      self->fail(net::reason_of(code),
                 fmt::format("cannot connect to {}: {}", self->url_.address(), code.message()));
    }
  });
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
  steps_.ready = std::chrono::steady_clock::now();
  // The opened callback may close us.
  const auto self = shared_from_this();
  callbacks_.opened();
  if (state_ != State::kClosed) read();
}

std::string Connection::peer() const {
  if (url_.is_unix()) return url_.socket_path;
  error_code code;
  const Endpoint endpoint = socket_.remote_endpoint(code);
  if (code) return {};
  asio::ip::tcp::endpoint address;
  if (endpoint.size() > address.capacity()) return {};
  std::memcpy(address.data(), endpoint.data(), endpoint.size());
  return address.address().to_string();
}

void Connection::send(std::string bytes) {
  if (state_ != State::kReady) return;
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
  const auto done = [self = shared_from_this()](const error_code& code, std::size_t bytes) {
    if (self->state_ == State::kClosed) return;
    if (code) {
      self->fail(net::reason_of(code),
                 code == asio::error::eof || code == asio::ssl::error::stream_truncated
                     ? "the server closed the connection"
                     : fmt::format("the connection was lost: {}", code.message()));
      return;
    }
    self->on_read(bytes);
  };
  if (tls_) {
    tls_->async_read_some(asio::buffer(buffer_), done);
  } else {
    socket_.async_read_some(asio::buffer(buffer_), done);
  }
}

void Connection::on_read(std::size_t bytes) {
  heard_ = true;
  reader_.feed({buffer_.data(), bytes});
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
  if (state_ != State::kClosed) read();
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
  error_code ignored;
  socket_.close(ignored);
  // Whoever is called back owns things that may own us. Callbacks under way must stay alive until
  // they return, so they are let go later.
  asio::post(executor_, [callbacks = std::move(callbacks_)] {});
}

}  // namespace hitwatch::redis
