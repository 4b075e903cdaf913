// One client's connection: reads requests one after another, writes the responses.
//
//   handshake ─▶ reading ─▶ handling ─▶ writing ─▶ idle ─▶ reading …
//      (TLS)        └── malformed, too large ──▶ writing ─▶ lingering ─▶ closed
//
// Everything here runs on the server's thread. No timer belongs to a connection: the server looks
// at `overdue` from time to time. Requests sent ahead (pipelining) wait in the buffer, or in the
// kernel, until the response before them is written.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "agent/net/gzip.h"
#include "agent/web/server.h"

namespace hitwatch::web {

using Clock = std::chrono::steady_clock;
// With the executor's concrete type: an any_io_executor costs an allocation here and there.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                    boost::asio::io_context::executor_type>;

class Connection {
 public:
  enum class Phase : std::uint8_t {
    kHandshake,
    kReading,
    kHandling,
    kWriting,
    kIdle,
    kLingering,  // the last response is written; what the client still sends is thrown away
    kClosed,
  };

  // The server, as a connection sees it. Outlives every call.
  class Owner {
   public:
    // To be answered with `respond`, during the call or later.
    virtual void on_request(Connection& connection, Request& request) = 0;
    // Once, at the end. May destroy the connection when the current event is over.
    virtual void on_closed(Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  struct Settings {
    std::size_t max_body;
    std::function<std::size_t(const Request&)> max_body_of;  // of a head; may be empty
    std::chrono::milliseconds read_timeout;
    std::chrono::milliseconds write_timeout;
    std::chrono::milliseconds idle_timeout;
  };

  virtual ~Connection() = default;

  virtual void start() = 0;
  // Answers the request being handled; only in Phase::kHandling.
  virtual void respond(Response response) = 0;
  // After the current response the connection ends.
  virtual void end_keep_alive() = 0;
  virtual void close() = 0;

  std::uint64_t id() const { return id_; }
  // Counts the requests of this connection; a late answer to an earlier one is told by it.
  std::uint64_t serial() const { return serial_; }
  Phase phase() const { return phase_; }
  Clock::time_point since() const { return since_; }  // when the phase began
  bool overdue(Clock::time_point now) const;

 protected:
  Connection(std::uint64_t id, const Settings& settings) : id_(id), settings_(settings) {}
  void enter(Phase phase) {
    phase_ = phase;
    since_ = Clock::now();
  }

  std::uint64_t id_;
  const Settings& settings_;
  std::uint64_t serial_ = 0;
  Phase phase_ = Phase::kReading;
  Clock::time_point since_ = Clock::now();
};

// `tls` is null for plain HTTP. `gzip` compresses the smaller bodies; it, `owner` and `settings`
// outlive the connection's last event.
std::shared_ptr<Connection> make_connection(std::uint64_t id, Socket socket,
                                            const std::shared_ptr<SSL_CTX>& tls,
                                            Connection::Owner& owner,
                                            const Connection::Settings& settings, net::Gzip& gzip);

}  // namespace hitwatch::web
